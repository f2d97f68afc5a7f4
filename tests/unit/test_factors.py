"""Columns of what a study varies: in the short form of the configuration, and only for parts that a run uses."""

import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import MEANINGS
from frugalnet.analysis.factors import FACTORS, factors
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.config.recipe import Recipe
from tests.unit.conftest import REFERENCES, made_record

BEFORE = ["epochs", "batch_size", "optimizer", "learning_rate", "scaling", "steps_per_execution"]
"""Keys of a recipe whose column every table has."""


def trained(method="baseline", seed=0, **recipe):
    rec = made_record(method=method, seed=seed)
    return rec.model_copy(update={"run": rec.run.model_copy(update={"recipe": Recipe.model_validate(recipe)})})


def recipe_columns(table):
    return [name.removeprefix("recipe.") for name in table if name.startswith("recipe.")]


@pytest.mark.parametrize(
    ("recipe", "key", "cell"),
    [
        ({}, "optimizer", "adam"),
        ({"optimizer": {"name": "sgd", "momentum": 0.9}}, "optimizer", "sgd (momentum 0.9)"),
        ({"schedule": {"name": "step", "epochs": [2.5, 4.5]}}, "schedule", "step (epochs 2.5 4.5)"),
        ({}, "augmentation", "none"),
        ({"augmentation": ["random", {"name": "mixup", "alpha": 0.4}]}, "augmentation", "random, mixup (alpha 0.4)"),
        ({"label_smoothing": 0.1}, "label_smoothing", 0.1),
        ({}, "early_stopping", None),
        ({"early_stopping": 3}, "early_stopping", "3"),
        (
            {"early_stopping": {"patience": 3, "restore_best": False}},
            "early_stopping",
            "patience 3, restore_best False",
        ),
        ({"layer_groups": 0.5}, "layer_groups", "0.5"),
        ({"layer_groups": {"stage1*": 0.1, "stage2*": 0.5}}, "layer_groups", "stage1* 0.1, stage2* 0.5"),
        ({"batch_growth": 2.0}, "batch_growth", "2"),
        ({"test_time": 4}, "test_time", 4),
        ({"internal": "jit"}, "internal", "jit"),
    ],
)
def test_cell_holds_the_short_form(recipe, key, cell):
    assert factors(trained(**recipe).run)[f"recipe.{key}"] == cell


def test_tables_of_runs_without_a_part_have_no_column_of_it(study):
    runs = read_study(*study(trained(), trained("pruning", optimizer="sgd")))["runs"]
    assert recipe_columns(runs) == BEFORE
    assert recipe_columns(comparison(runs, Carbon(), REFERENCES)) == BEFORE
    assert "pruning.distillation" in runs


def test_part_that_one_run_uses_has_a_column_in_all_tables_of_runs(study):
    records = trained(), trained("pruning", early_stopping=2), trained("nas", augmentation="mixup")
    runs = read_study(*study(*records))["runs"]
    for table in (runs, comparison(runs, Carbon(), REFERENCES)):
        assert set(recipe_columns(table)) == {*BEFORE, "early_stopping", "augmentation"}
        cells = table.set_index("method")[["recipe.early_stopping", "recipe.augmentation"]]
        assert cells["recipe.augmentation"].to_dict() == {"baseline": "none", "pruning": "none", "nas": "mixup"}
        assert cells["recipe.early_stopping"].dropna().to_dict() == {"pruning": "2"}


def test_tables_with_and_without_a_part_have_the_same_types_and_can_be_joined(study, tmp_path):
    plain = read_study(*study(trained()))["runs"]
    varied = read_study(*study(trained(seed=1, precision="float16", devices=2, layer_groups=0.5)))["runs"].tail(1)
    assert varied.dtypes[plain.columns].equals(plain.dtypes)
    assert {
        name: str(varied[name].dtype) for name in ("recipe.precision", "recipe.devices", "recipe.layer_groups")
    } == {
        "recipe.precision": "str",
        "recipe.devices": "Int64",
        "recipe.layer_groups": "str",
    }
    both = pd.concat([plain, varied], ignore_index=True)
    assert both["recipe.devices"].tolist() == [pd.NA, 2]
    assert str(both["recipe.devices"].dtype) == "Int64"
    compared = comparison(both, Carbon(), REFERENCES)
    assert compared["seeds"].tolist() == [2]


def test_scaling_and_optimizer_have_a_column_although_no_run_of_the_table_scales(study):
    assert recipe_columns(read_study(*study(trained(scaling="none")))["runs"]) == BEFORE


def test_dictionary_says_which_columns_are_not_always_there():
    (_, label_smoothing), (_, scaling) = MEANINGS["recipe.label_smoothing"], MEANINGS["recipe.scaling"]
    assert label_smoothing.endswith("The column is there only if a run has another value than 0.")
    assert "The column is there" not in scaling
    assert MEANINGS["recipe.weights"][1].endswith("a run has another value than an empty one.")
    assert set(FACTORS) <= set(MEANINGS)
