"""Effects of levels: intervals that hold as often as they say, and rows that say why they have no number."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.statistics.holm import holm
from frugalnet.studies.techniques.effects import COLUMNS, MEANINGS, effects
from tests.unit.made_sweeps import factor, noisy, runs, study, sweep

FEW = {"batch_size": 3, "schedule": 2, "precision": 2, "internal": 2, "augmentation": 2}
"""Levels of five factors: 7 parameters."""


def few(draws=30, seed=3, **columns):
    """Return runs of five factors with a noisy quality, and other columns."""
    numbers = sweep(FEW, draws, seed)
    quality = noisy(FEW, numbers, {"batch_size": [0, 0.1, 0.2]}, 0.05, seed)
    return runs(FEW, numbers, **{"test_quality": quality, **columns})


def of(table, quantity="test_quality", **about):
    """Return the one row of a quantity with some cells."""
    found = table[table["quantity"] == quantity]
    for name, value in about.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_cost_is_a_ratio_and_quality_a_difference():
    numbers = sweep(FEW, 40, 1)
    cost = 100 * np.exp(noisy(FEW, numbers, {"batch_size": [0, np.log(2), np.log(0.5)]}, 0.05, 1))
    quality = noisy(FEW, numbers, {"batch_size": [0, 0.1, -0.2]}, 0.01, 2)
    found = effects(runs(FEW, numbers, train_energy_j=cost, test_quality=quality), study(FEW))
    energy, own = of(found, "train_energy_j", level="4"), of(found, level="64")
    assert (energy["scale"], own["scale"], own["factor"], own["against"]) == ("ratio", "difference", "batch_size", "32")
    assert energy["estimate"] == pytest.approx(2, abs=0.1) and own["estimate"] == pytest.approx(-0.2, abs=0.02)
    assert energy["low"] < 2 < energy["high"] and own["runs"] == (numbers[:, 0] == 2).sum()
    assert own["runs_in_all"] == len(numbers) and own["parameters"] == 7


def test_factor_that_had_no_effect_counts_as_off():
    """Adam has no momentum: an effect of it is estimated where it has one."""
    chance = np.random.default_rng(1)
    adam = chance.integers(0, 2, 60) == 1
    momentum = np.where(adam, "none", chance.choice(["0", "0.9"], 60))
    numbers = np.column_stack([chance.integers(0, count, 60) for count in FEW.values()])
    quality = 0.3 * (momentum == "0.9") + 0.2 * adam + chance.normal(0, 0.02, 60)
    table = runs(FEW, numbers, test_quality=quality)
    table["factor.momentum"], table["factor.optimizer"] = momentum, np.where(adam, "adam", "sgd")
    extra = {"momentum": factor(0, 0.9, key="optimizer.momentum"), "optimizer": factor("sgd", "adam")}
    found = effects(table, study(FEW, extra=extra))
    own = found[(found["quantity"] == "test_quality") & found["factor"].isin(extra)]
    assert own["level"].tolist() == ["0.9", "adam"] and own["estimate"].tolist() == pytest.approx([0.3, 0.2], abs=0.03)
    assert own["runs"].tolist() == [(momentum == "0.9").sum(), adam.sum()]
    assert own["note"].iloc[0] == f"momentum had no effect in {adam.sum()} runs, counted as 0"
    assert own["note"].isna().tolist() == [False, True]


def test_levels_that_always_come_together_are_named_and_not_estimated():
    table = few()
    table["factor.precision"] = np.where(table["factor.schedule"] == "cosine", "mixed_float16", "float32")
    found = effects(table, study(FEW))
    assert of(found, factor="schedule")["aliased_with"] == "precision mixed_float16"
    own = of(found, factor="precision")
    assert own["aliased_with"] == "schedule cosine" and own["note"] == "cannot be told from other terms"
    assert np.isnan([own["estimate"], own["low"], own["high"], own["p"], own["p_holm"]]).all()
    assert own["parameters"] == 6 and of(found, level="4")["estimate"] == pytest.approx(0.1, abs=0.05)


def test_factor_without_a_run_at_its_off_level_is_not_estimated():
    table = few()
    table = table[table["factor.batch_size"] != "32"]
    found = of(effects(table, study(FEW)), level="4")
    assert found["aliased_with"] == "all-off; batch_size 64" and "no complete run is at batch_size 32" in found["note"]
    assert np.isnan(found["estimate"])


def test_level_that_no_run_has_keeps_its_row():
    table = few()
    found = of(effects(table[table["factor.batch_size"] != "64"], study(FEW)), level="64")
    assert (found["runs"], found["note"]) == (0, "no complete run is at this level") and np.isnan(found["estimate"])
    assert pd.isna(found["aliased_with"])


def test_level_that_only_runs_have_is_a_level_too():
    """A value can be resolved to one that the factor does not list."""
    table = few()
    table.loc[10:14, "factor.schedule"] = "polynomial"
    assert of(effects(table, study(FEW)), level="polynomial")["runs"] == 5


def test_level_that_rests_on_one_run_is_named_and_changes_no_other():
    table = few()
    table.loc[12, "factor.batch_size"] = "256"
    whole, without = effects(table, study(FEW)), effects(table.drop(index=12), study(FEW))
    found = of(whole, level="256")
    assert found["note"] == f"rests on one combination ({table['variant'][12]}): no interval can be given"
    assert found["runs"] == 1 and np.isnan([found["estimate"], found["low"]]).all()
    assert of(whole, level="4")[["estimate", "low", "high"]].tolist() == pytest.approx(
        of(without, level="4")[["estimate", "low", "high"]].tolist()
    )
    assert of(whole, level="4")["runs_in_all"] == len(table) - 1
    assert of(whole, level="4")["note"] == "1 combination with a level that no other has: not in the fit"


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (13, "not estimated: 13 runs for 7 parameters; expected 2 runs per parameter at least"),
        (14, "few runs: 14 runs for 7 parameters, fewer than 3 runs per parameter"),
        (20, "few runs: 20 runs for 7 parameters, fewer than 3 runs per parameter"),
        (21, None),
    ],
)
def test_few_runs_for_the_parameters_are_refused_or_flagged(count, told):
    found = of(effects(few(count - 7), study(FEW)), level="4")
    assert np.isnan(found["estimate"]) == np.isnan(found["low"]) == (count == 13)
    assert found["note"] == told if told else pd.isna(found["note"])
    assert found["runs_in_all"] == count


def test_constant_quantity_is_not_estimated():
    found = of(effects(few(train_duration_s=7.0), study(FEW)), "train_duration_s", level="4")
    assert np.isnan(found["estimate"]) and found["note"] == "not estimated: the same in all runs"


def test_values_without_noise_have_no_interval():
    numbers = sweep(FEW, 30, 3)
    quality = noisy(FEW, numbers, {"batch_size": [0, 0.1, 0.2]}, 0, 1)
    found = of(effects(runs(FEW, numbers, test_quality=quality), study(FEW)), level="4")
    assert found["estimate"] == pytest.approx(0.1) and np.isnan([found["low"], found["p"], found["p_holm"]]).all()
    assert found["note"] == "no noise: no interval can be given"


def test_unknown_energies_are_told():
    table = few(train_cpu_s=np.random.default_rng(1).uniform(1, 2, 37))
    nothing = table.assign(train_energy_j=np.nan, energy_source=None, energy_scope=None)
    found = effects(nothing, study(FEW))
    energy, cpu = of(found, "train_energy_j", level="4"), of(found, "train_cpu_s", level="4")
    assert energy["note"] == "not estimated: no complete run with a known value; not known for 37 of 37 runs"
    assert (energy["runs"], energy["runs_in_all"]) == (0, 0) and pd.isna(energy["energy_source"])
    assert cpu["estimate"] > 0 and pd.isna(cpu["note"])
    table.loc[3, "train_cpu_s"] = 0.0
    some = of(effects(table, study(FEW)), "train_cpu_s", level="4")
    assert some["note"] == "not known for 1 of 37 runs" and some["runs_in_all"] == 36


def test_energies_of_unlike_kind_are_in_models_of_their_own():
    table = few(train_energy_j=np.random.default_rng(1).uniform(1, 2, 37))
    table.loc[20:, "energy_source"] = "estimated"
    found = effects(table, study(FEW))
    rows = found[(found["quantity"] == "train_energy_j") & (found["level"] == "4")].set_index("energy_source")
    assert rows["runs_in_all"].to_dict() == {"measured": 20, "estimated": 17}
    assert rows.loc["measured", "note"].endswith("17 runs with energies that are estimated (gpu): in rows of their own")
    quality = of(found, level="4")
    assert quality["runs_in_all"] == 37 and pd.isna(quality["energy_source"]) and pd.isna(quality["note"])


def test_runs_on_other_data_or_threads_are_in_models_of_their_own():
    table = few()
    table.loc[20:, "threads"] = 4
    found = effects(table, study(FEW))
    rows = found[(found["quantity"] == "test_quality") & (found["level"] == "4")]
    assert rows.set_index("threads")["runs_in_all"].to_dict() == {2: 20, 4: 17}


def test_runs_without_a_model_are_counted_for_each_level():
    table = few()
    at, off = table["factor.batch_size"] == "4", table["factor.batch_size"] == "32"
    table.loc[table[at].index[:2], ["status", "test_quality"]] = ["diverged", np.nan]
    table.loc[table[at].index[2], ["status", "test_quality"]] = ["refused", np.nan]
    table.loc[table[off].index[3], ["status", "threads", "test_quality"]] = ["out_of_memory", np.nan, np.nan]
    found = effects(table, study(FEW))
    own = of(found, level="4")
    assert own["note"] == (
        f"of {at.sum()} runs at batch_size 4, 2 diverged, 1 proved impossible, so that the others are a selection; "
        f"of {off.sum()} runs at batch_size 32, 1 ran out of memory, so that the others are a selection"
    )
    assert own["runs"] == at.sum() - 3 and own["runs_in_all"] == 33


def test_p_values_are_corrected_within_each_quantity():
    table = few(train_cpu_s=np.random.default_rng(1).uniform(1, 2, 37))
    found = effects(table, study(FEW))
    for quantity in ("test_quality", "train_cpu_s"):
        own = found[found["quantity"] == quantity]
        assert own["p_holm"].tolist() == pytest.approx(holm(own["p"]).tolist())
    smallest = found[found["quantity"] == "train_cpu_s"].sort_values("p").iloc[0]
    assert smallest["p_holm"] == pytest.approx(min(1, 6 * smallest["p"]))


def test_interaction_is_what_two_levels_do_beyond_each_alone():
    numbers = sweep(FEW, 40, 4)
    both = (numbers[:, 0] == 2) & (numbers[:, 1] == 1)
    quality = noisy(FEW, numbers, {"batch_size": [0, 0.1, 0.2]}, 0.02, 1) + 0.3 * both
    found = effects(runs(FEW, numbers, test_quality=quality), study(FEW, interactions=[["batch_size", "schedule"]]))
    own = of(found, kind="interaction", level="64")
    assert own[["factor", "against", "factor2", "level2", "against2"]].tolist() == [
        *("batch_size", "32", "schedule", "cosine", "constant")
    ]
    assert own["estimate"] == pytest.approx(0.3, abs=0.04) and own["runs"] == both.sum()
    main = of(found, kind="main", level="64")
    assert main["estimate"] == pytest.approx(0.2, abs=0.04) and main["note"] == "where schedule is off"
    assert pd.isna(of(found, kind="main", factor="precision")["note"])


def test_interaction_without_a_run_at_both_levels_says_so():
    table = few()
    table = table[(table["factor.batch_size"] != "64") | (table["factor.schedule"] != "cosine")]
    found = effects(table, study(FEW, interactions=[["batch_size", "schedule"]]))
    own = of(found, kind="interaction", level="64")
    assert np.isnan(own["estimate"]) and own["note"].startswith("no complete run is at both levels")
    assert of(found, kind="main", level="64")["estimate"] == pytest.approx(0.2, abs=0.08)


def test_repeated_combination_counts_once_as_its_mean():
    table = few()
    again = table.iloc[:5].assign(seed=1)
    table.loc[:4, "test_quality"] += 0.02
    mean = table.assign(test_quality=table["test_quality"] - np.where(table.index < 5, 0.01, 0))
    found = of(effects(pd.concat([table, again]), study(FEW)), level="4")
    expected = of(effects(mean, study(FEW)), level="4")
    numbers = ["estimate", "low", "high", "parameters"]
    assert found[numbers].tolist() == pytest.approx(expected[numbers].tolist())
    assert found["runs_in_all"] == expected["runs_in_all"] + 5


def test_other_methods_are_not_in_the_fit():
    table = few()
    best = table.iloc[:4].assign(method="best", test_quality=9.0)
    pd.testing.assert_frame_equal(effects(pd.concat([table, best]), study(FEW)), effects(table, study(FEW)))


def test_table_without_rows_has_columns_and_types():
    table = few()
    nothing, some = effects(table.iloc[:0], study(FEW)), effects(table, study(FEW))
    assert nothing.columns.tolist() == COLUMNS and nothing.dtypes.to_dict() == some.dtypes.to_dict()
    assert len(effects(table.assign(status="diverged"), study(FEW))) == 0


def test_all_columns_are_described():
    described = data_dictionary({"effects": effects(few(), study(FEW))}, MEANINGS)
    assert described["meaning"].str.len().min() > 5 and set(MEANINGS["effects"]) <= set(COLUMNS)
