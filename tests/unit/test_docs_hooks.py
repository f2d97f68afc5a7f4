"""What is put into the pages of the documentation when they are built."""

import re
from pathlib import Path

import pytest

from frugalnet import catalogue

HOOKS = Path(__file__).parents[2] / "docs" / "hooks"


@pytest.fixture
def markers(monkeypatch):
    monkeypatch.syspath_prepend(HOOKS)
    return pytest.importorskip("markers", exc_type=ImportError, reason="MkDocs is not installed")


@pytest.mark.parametrize(
    "marker",
    [
        "<!-- found: nothing -->",
        "<!-- found -->",
        "<!-- note: to self -->",
        "<!-- found: findings cifar100 -->",
        "<!-- found: figure not_there -->",
    ],
)
def test_marker_that_means_nothing_is_refused(markers, marker):
    with pytest.raises((ValueError, TypeError), match="expected"):
        markers.replaced(f"# Title\n\n{marker}\n")


def test_markers_of_code_that_a_test_runs_stay(markers):
    text = "<!-- file: src/frugalnet/networks/narrow.py -->\n```python\n```\n"
    assert markers.replaced(text) == text


def test_findings_and_tables_are_those_of_the_reference_results(markers):
    text = markers.replaced("<!-- found: findings mnist -->\n\n<!-- found: tables -->\n")
    assert text.startswith("- ")
    assert "](#" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    heads = [row for row in rows if row.startswith("| method | parameters |")]
    sizes = [rows[rows.index(heads[0]) + 2], rows[rows.index(heads[0], rows.index(heads[0]) + 1) + 2]]
    assert [row.split(" | ")[:2] for row in sizes] == [["| baseline", "483,482"], ["| baseline", "11,739"]]
    assert "sizes: measured" in text


def test_figure_stands_with_its_caption(markers):
    text = markers.replaced("<!-- found: figure three_sizes -->\n")
    assert "](found/three_sizes.svg)" in text
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
