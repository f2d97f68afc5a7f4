"""Importance of factors: found where it is, not claimed where a forest predicts nothing, with what its interval covers."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.studies.techniques import importance as of_factors
from frugalnet.studies.techniques.importance import COLUMNS, MEANINGS, forest_importance, importance
from tests.unit.made_sweeps import factor, noisy, runs, study, sweep

FEW = {"batch_size": 3, "schedule": 2, "precision": 2, "internal": 2, "augmentation": 2}
"""Levels of five factors: 7 parameters."""
STRONG = {"batch_size": [0, 0.3, 0.6]}


def few(draws=35, effects=STRONG, spread=0.05, seed=1, **columns):
    """Return runs whose quality depends on one factor."""
    numbers = sweep(FEW, draws, seed)
    return runs(FEW, numbers, **{"test_quality": noisy(FEW, numbers, effects, spread, seed), **columns})


def of(all_runs, quantity="test_quality", **settings):
    """Return the rows of one quantity by factor; the other quantities are the same in all runs."""
    found = importance(all_runs, study(FEW, **settings))
    return found[found["quantity"] == quantity].set_index("factor")


def test_factor_that_matters_is_found_and_the_others_are_not():
    found = of(few())
    assert found["r2_forest"].iloc[0] > 0.7 and found["r2_linear"].iloc[0] > 0.9
    others = found.drop(index="batch_size")
    assert found.loc["batch_size", "low"] > 0.5 and (others["low"] < 0.05).all() and (others["importance"] < 0.1).all()
    assert found.loc["batch_size", "linear"] > 0.8 and (others["linear"] < 0.05).all()
    assert found["runs"].tolist() == [42] * 5
    assert (
        found["note"].tolist() == ["42 combinations, fewer than 60: intervals of large importances are too narrow"] * 5
    )


def test_levels_of_a_factor_are_permuted_together():
    """All differences are between three levels of one factor: permuting it loses twice its variance, whatever its coding."""
    levels = pd.DataFrame({"one": ["a", "b", "c"] * 40, "other": ["x", "y", "y", "x"] * 30})
    values = levels["one"].map({"a": 0.0, "b": 1.0, "c": 2.0}).to_numpy()
    found = forest_importance(levels, values)
    assert found.r2 > 0.99 and found.importance == pytest.approx([2, 0], abs=0.15)


def test_forest_sees_what_two_factors_do_together_and_the_linear_model_does_not():
    numbers = sweep(FEW, 35, 2)
    quality = ((numbers[:, 1] + numbers[:, 2]) % 2) + noisy(FEW, numbers, {}, 0.05, 1)
    found = of(runs(FEW, numbers, test_quality=quality))
    pair = found.loc[["schedule", "precision"]]
    assert (pair["importance"] > 0.3).all() and (pair["linear"] < 0.1).all()
    with_terms = of(runs(FEW, numbers, test_quality=quality), interactions=[["schedule", "precision"]])
    assert (with_terms.loc[["schedule", "precision"], "linear"] > 0.8).all()


def test_forest_that_predicts_no_better_than_the_mean_has_no_importances():
    found = of(few(effects={}, seed=2))
    assert found["r2_forest"].iloc[0] <= 0 and found[["importance", "low", "high"]].isna().all(axis=None)
    told = f"the forest predicts held-out runs no better than their mean (R2 = {found['r2_forest'].iloc[0]:.2f})"
    assert found["note"].tolist() == [f"{told}: no importances"] * 5
    assert found["linear"].notna().all()


def test_interval_holds_what_forests_lose_on_other_runs(monkeypatch):
    """The importance over many sweeps is what it estimates; its interval holds that in 9 of 10 sweeps at least."""
    monkeypatch.setattr("frugalnet.studies.techniques.importance.TREES", 8)
    found = []
    for seed in range(16):
        numbers = sweep(FEW, 25, seed)
        levels = pd.DataFrame(numbers.astype(str), columns=list(FEW))
        found.append(forest_importance(levels, noisy(FEW, numbers, {"batch_size": [0, 0.1, 0.2]}, 0.1, [seed, 1])))
    mean = np.mean([each.importance for each in found], axis=0)
    hits = [(each.low <= mean) & (mean <= each.high) for each in found]
    assert np.mean(hits) >= 0.9 and np.mean(hits, axis=0)[0] >= 0.85
    assert mean[0] > 0.5


def test_few_runs_are_told():
    found = of(few(draws=2))
    assert found[["importance", "linear", "r2_forest", "r2_linear"]].isna().all(axis=None)
    assert (
        found["note"]
        .iloc[0]
        .startswith(
            "no linear model: 9 combinations for 6 parameters; expected 2 per parameter at least; "
            "9 combinations: too few to hold some out (10)"
        )
    )


def test_constant_and_unknown_quantities_have_notes():
    table = few(train_cpu_s=np.nan)
    duration, cpu = of(table, "train_duration_s"), of(table, "train_cpu_s")
    assert duration["note"].tolist() == ["the same in all runs"] * 5 and duration["importance"].isna().all()
    assert "not known for 42 of 42 runs" in cpu["note"].iloc[0] and cpu["runs"].tolist() == [0] * 5


def test_factor_with_one_level_has_no_importance():
    table = few()
    table["factor.schedule"] = "constant"
    found = of(table)
    assert found.loc["schedule", ["importance", "linear"]].isna().all()
    assert found.loc["schedule", "note"].endswith("all runs are at one level")
    assert found.loc["batch_size", "importance"] > 0.5


def test_factor_without_effect_counts_as_off():
    table = few()
    table["factor.momentum"] = np.where(table["factor.schedule"] == "cosine", "none", "0")
    extra = {"momentum": factor(0, 0.9, key="optimizer.momentum"), "optimizer": factor("sgd", "adam")}
    table["factor.optimizer"] = "sgd"
    found = importance(table, study(FEW, extra=extra))
    assert found[found["factor"] == "momentum"]["note"].iloc[0].endswith("all runs are at one level")


def test_costs_are_logarithms():
    """Factors of cost explain nearly all of it where they multiply."""
    numbers = sweep(FEW, 35, 1)
    cost = np.exp(noisy(FEW, numbers, {"batch_size": [0, 3, 6], "schedule": [0, 3]}, 0.05, 1))
    assert of(runs(FEW, numbers, train_energy_j=cost), "train_energy_j")["r2_linear"].iloc[0] > 0.99


def test_same_runs_have_the_same_importances():
    table = few()
    pd.testing.assert_frame_equal(of(table), of(table))


def test_table_without_rows_has_columns_and_types():
    nothing, some = importance(few().iloc[:0], study(FEW)), importance(few(draws=2), study(FEW))
    assert nothing.columns.tolist() == COLUMNS and nothing.dtypes.to_dict() == some.dtypes.to_dict()


def test_all_columns_are_described():
    described = data_dictionary({"importance": importance(few(draws=2), study(FEW))}, MEANINGS)
    assert described["meaning"].str.len().min() > 5 and set(MEANINGS["importance"]) <= set(COLUMNS)


def test_of_very_many_combinations_forests_get_a_fixed_number_that_is_drawn(monkeypatch):
    monkeypatch.setattr(of_factors, "MOST", 30)
    given = []
    forests = of_factors.forest_importance
    monkeypatch.setattr(
        of_factors, "forest_importance", lambda levels, y: given.append((levels, y)) or forests(levels, y)
    )
    all_runs = few()
    found, again = of(all_runs), of(all_runs)
    assert [len(y) for _, y in given] == [30, 30]
    levels, values = given[0]
    assert (all_runs["test_quality"].to_numpy()[levels.index] == values).all()
    pd.testing.assert_frame_equal(found, again)
    assert found["note"].tolist() == ["forests: 30 of 42 combinations, drawn"] * 5
    assert found["runs"].tolist() == [42] * 5
    monkeypatch.undo()
    assert found["linear"].tolist() == of(all_runs)["linear"].tolist()  # of all combinations
