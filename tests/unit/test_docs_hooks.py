"""What is put into the pages of the documentation when they are built."""

import re
from pathlib import Path

import pytest

from frugalnet import catalogue
from frugalnet.config.recipe import SHORT, Recipe
from frugalnet.config.techniques import FACTORS

HOOKS = Path(__file__).parents[2] / "docs" / "hooks"


@pytest.fixture
def markers(monkeypatch):
    monkeypatch.syspath_prepend(HOOKS)
    return pytest.importorskip("markers", exc_type=ImportError, reason="MkDocs is not installed")


@pytest.mark.parametrize(
    "marker",
    [
        "<!-- found: nothing -->",
        "<!-- found: limits sweep -->",
        "<!-- found -->",
        "<!-- note: to self -->",
        "<!-- found: findings compression cifar100 -->",
        "<!-- found: figure compression not_there -->",
        "<!-- made: settings precision -->",
        "<!-- made: settings epochs -->",
        "<!-- made: settings colour -->",
    ],
)
def test_marker_that_means_nothing_is_refused(markers, marker):
    with pytest.raises((ValueError, TypeError), match="expected"):
        markers.replaced(f"# Title\n\n{marker}\n")


def test_markers_of_code_that_a_test_runs_stay(markers):
    text = "<!-- file: src/frugalnet/networks/narrow.py -->\n```python\n```\n"
    assert markers.replaced(text) == text


def test_findings_and_tables_are_those_of_the_reference_results(markers):
    text = markers.replaced("<!-- found: findings compression mnist -->\n\n<!-- found: tables compression -->\n")
    assert text.startswith("- ")
    assert "](#" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    heads = [row for row in rows if row.startswith("| method | parameters |")]
    sizes = [rows[rows.index(heads[0]) + 2], rows[rows.index(heads[0], rows.index(heads[0]) + 1) + 2]]
    assert [row.split(" | ")[:2] for row in sizes] == [["| baseline", "483,482"], ["| baseline", "11,739"]]
    assert "sizes: measured" in text


def test_figure_stands_with_its_caption(markers):
    text = markers.replaced("<!-- found: figure compression three_sizes -->\n")
    assert "](found/compression/three_sizes.svg)" in text
    assert text.rstrip().endswith("{: .caption }")


def test_drawing_has_each_layer_of_the_contracts_in_their_order(markers):
    measured, read = markers.layers.contracts()
    for svg in re.findall(r"<svg.*?</svg>", markers.replaced("<!-- made: layers -->\n"), re.DOTALL):
        drawn = [f"frugalnet.{name}" for name in re.findall(r'class="room"[^>]*>([^<]+)<', svg)]
        assert sorted(drawn) == sorted({module for layer in measured + read for module in layer})
        for layers in (measured, read):
            inside = [module for layer in layers for module in layer]
            assert [module for module in drawn if module in inside] == inside
    assert "commands" in drawn[1]


def test_methods_stand_below_those_that_they_start_from(markers):
    lines = markers.replaced("<!-- made: methods -->\n").splitlines()
    assert len(lines) == len(catalogue.METHODS)
    at = lines.index("- `baseline`: baseline")
    assert "    - `pruning`: pruning" in lines[at:]
    assert lines[lines.index("    - `pruning`: pruning") + 1].startswith("        - `scratch`")


def table(markers, marker):
    """Return the rows of a table that a marker makes, each as its cells."""
    lines = markers.replaced(f"<!-- made: {marker} -->\n").splitlines()
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def test_every_key_of_a_recipe_has_one_line_with_what_it_takes(markers):
    rows = {key.strip("`"): rest for key, *rest in table(markers, "recipes")}
    assert rows.keys() == {*Recipe.model_fields, *SHORT}
    assert all(len(rest) == 3 and rest[2].endswith(".") for rest in rows.values())
    assert rows["label_smoothing"][:2] == ["`0`", "number from 0 below 1"]
    assert rows["augmentation"][:2] == ["`none`", "`none`, `random`, `mixup`, `cutmix`, a list of them, mapping"]
    assert rows["early_stopping"][:2] == ["`null`", "`null`, whole number from 1 to 100,000, mapping"]
    assert rows["internal"][1] == "`none`, `jit`, `quantization_aware`, `post_training_quantization`"


def test_settings_have_their_names_defaults_and_bounds(markers):
    rows = table(markers, "settings augmentation")
    assert rows[0][:2] == ["`random`", "`crop`"]
    assert rows[0][3:] == ["`4`", "whole number from 0 to 1,000"]
    assert ["`flip`", "`true`", "true or false"] in [[row[1], *row[3:]] for row in rows]
    (patience,) = [row for row in table(markers, "settings early_stopping") if row[0] == "`patience`"]
    assert patience[2:] == ["must be set", "whole number from 1 to 100,000"]


def test_setting_that_several_names_share_has_one_line(markers):
    names = [row[0] for row in table(markers, "settings optimizer") if row[1] == "`clipnorm`"]
    assert names == ["`adam`, `adamw`, `sgd`, `rmsprop`"]


def test_every_factor_has_one_line_with_its_levels(markers):
    rows = table(markers, "factors")
    assert [row[0].split()[0].strip("`") for row in rows] == list(FACTORS)
    assert rows[0][1:] == ["pre-processing", "`unit`", "`standard`", "`none`, `standard`, `robust`, `min_max`"]
    assert ["`momentum` (`optimizer.momentum`)", "model", "`0`", "`0.9`", "`0`, `0.5`, `0.9`, `0.99`"] in rows


def test_page_on_recipes_has_the_settings_of_every_key_and_says_its_name():
    text = (HOOKS.parent / "recipes.md").read_text()
    parts = [part for part in catalogue.RECIPE_PARTS.values() if part.key and part.key.startswith("recipe.")]
    for part in parts:
        key = part.key.removeprefix("recipe.")
        assert f"`{key}" in text, f"docs/recipes.md does not tell of {key}"
        if part.settings or any(level.settings for level in part.levels.values()):
            assert f"<!-- made: settings {key} -->" in text
