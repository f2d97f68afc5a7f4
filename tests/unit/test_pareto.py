"""The front of a search and its hypervolume against the baseline."""

import pandas as pd
import pytest

from frugalnet.analysis.pareto import COLUMNS, pareto

SEARCH = "mnist/nas/default/seed0"
ENERGY = {"energy_source": "estimated", "energy_scope": "cpu"}
BASELINE = {
    "method": "baseline", "validation_quality": 0.9, "parameters": 1000, "macs": 900,
    "train_energy_j": 100.0, "epochs": 5, "latency_ratio": 1.03,
}  # fmt: skip
TRIAL = {
    "status": "complete", "quality": 0.95, "parameters_compacted": 250, "macs_compacted": 450,
    "train_energy_j": 15.0, "epochs": 3, "latency_ms": 1.0, "latency_ratio": 0.5,
}  # fmt: skip
"""Half of the error, a quarter of the parameters, half of the operations, a quarter of the energy per epoch, half of the time."""


def made_runs(*changes, seeds=(0,)):
    """Return a search and a baseline per seed; each of `changes` is of the baseline of a seed."""
    about = {"dataset": "mnist", "metric": "accuracy", "data_level": "sample", "threads": 2, **ENERGY}
    rows = []
    for place, seed in enumerate(seeds):
        rows.append(about | BASELINE | {"run": f"mnist/nas/default/seed{seed}", "method": "nas", "seed": seed})
        own = changes[place] if place < len(changes) else {}
        rows.append(about | BASELINE | {"run": f"mnist/baseline/default/seed{seed}", "seed": seed} | own)
    return pd.DataFrame(rows)


def made_trials(*changes, run=SEARCH):
    """Return the trials of a search, each TRIAL with some changes."""
    about = {"run": run, "dataset": "mnist", "method": "nas", "variant": "default", "seed": 0, "metric": "accuracy"}
    about |= {"data_level": "sample", "winner": False, **ENERGY}
    counts = dict.fromkeys(("trial", "parameters_compacted", "macs_compacted", "epochs"), "Int64")
    return pd.DataFrame([about | TRIAL | {"trial": n} | change for n, change in enumerate(changes)]).astype(counts)


def found(*changes, runs=None):
    return pareto(made_trials(*changes), made_runs() if runs is None else runs)


def test_trial_that_is_worse_in_all_is_not_on_the_front():
    table = found({}, {"quality": 0.94, "parameters_compacted": 300})
    assert list(table["front"]) == [True, False]


def test_trial_that_is_better_in_one_thing_is_on_the_front():
    table = found({}, {"quality": 0.5, "latency_ratio": 0.49}, {"quality": 0.5, "parameters_compacted": 249})
    assert list(table["front"]) == [True, True, True]


def test_equal_trials_are_both_on_the_front():
    assert list(found({}, {}, {"quality": 0.94})["front"]) == [True, True, False]


def test_cost_that_is_not_known_of_all_trials_is_left_out():
    table = found({"macs_compacted": None}, {"quality": 0.94, "macs_compacted": 1})
    assert list(table["front"]) == [True, False]
    assert set(table["costs"]) == {"parameters_compacted, train_energy_per_epoch_j, latency_ratio"}
    assert list(table["hypervolume"]) == pytest.approx([0.5 * 0.75 * 0.75 * 0.5] * 2)


def test_energy_of_training_is_compared_per_epoch():
    table = found({}, {"quality": 0.94, "train_energy_j": 9.0, "epochs": 1}, {"train_energy_j": 20.0, "epochs": 5})
    assert list(table["train_energy_per_epoch_j"]) == [5, 9, 4]
    assert list(table["front"]) == [False, False, True]


def test_failed_trials_have_no_row():
    assert list(found({}, {"status": "failed", "quality": None}, {})["trial"]) == [0, 2]


def test_searches_have_fronts_of_their_own():
    other = "mnist/nas/default/seed1"
    trials = pd.concat([made_trials({}), made_trials({"quality": 0.1, "seed": 1}, run=other)])
    table = pareto(trials, made_runs(seeds=(0, 1)))
    assert list(table["run"]) == [SEARCH, other]
    assert list(table["front"]) == [True, True]


def test_hypervolume_is_the_product_of_the_shares_that_are_gone():
    table = found({})
    assert table.loc[0, "hypervolume"] == pytest.approx(0.5 * 0.75 * 0.5 * 0.75 * 0.5)
    assert table.loc[0, "hypervolume_parameters"] == pytest.approx(0.5 * 0.75)
    assert pd.isna(table.loc[0, "reason"])


def test_what_two_trials_dominate_both_counts_once():
    table = found({}, {"quality": 0.98, "parameters_compacted": 500})
    assert list(table["hypervolume_parameters"]) == pytest.approx([0.5 * 0.75 + 0.8 * 0.5 - 0.5 * 0.5] * 2)


@pytest.mark.parametrize("change", [{"quality": 0.9}, {"quality": 0.2}, {"parameters_compacted": 1001}])
def test_trial_that_is_not_better_than_the_baseline_in_everything_adds_nothing(change):
    assert list(found(change)["hypervolume"]) == [0]
    assert list(found({}, change)["hypervolume"]) == list(found({}, {})["hypervolume"])


def test_baseline_itself_has_no_hypervolume_and_nothing_at_no_cost_has_all_of_it():
    same = {
        "quality": 0.9,
        "parameters_compacted": 1000,
        "macs_compacted": 900,
        "train_energy_j": 60,
        "latency_ratio": 1.0,
    }
    assert list(found(same)["hypervolume"]) == [0]
    perfect = {
        "quality": 1.0,
        "parameters_compacted": 0,
        "macs_compacted": 0,
        "train_energy_j": 0,
        "latency_ratio": 0.0,
    }
    assert list(found(perfect)["hypervolume"]) == [1]


def test_of_an_error_that_the_baseline_does_not_make_nothing_can_be_gone():
    assert list(found({"quality": 1.0}, runs=made_runs({"validation_quality": 1.0}))["hypervolume"]) == [0]


def test_less_error_is_better_where_the_metric_is_an_error():
    trials = made_trials({"quality": 0.3}, {"quality": 0.4}).assign(metric="mae")
    table = pareto(trials, made_runs({"validation_quality": 0.5}).assign(metric="mae"))
    assert list(table["front"]) == [True, False]
    assert list(table["hypervolume_parameters"]) == pytest.approx([0.4 * 0.75] * 2)


@pytest.mark.parametrize("change", [{"seed": 1}, {"dataset": "sat6"}, {"threads": 1}, {"data_level": "official"}])
def test_without_a_baseline_that_is_comparable_there_is_a_front_and_no_hypervolume(change):
    table = found({}, {"quality": 0.94}, runs=made_runs(change))
    assert list(table["front"]) == [True, False]
    assert table[["hypervolume", "hypervolume_parameters"]].isna().all(axis=None)
    assert set(table["reason"]) == {"no baseline of the same dataset, seed, threads and data level"}


def test_energies_that_are_known_in_another_way_are_not_compared():
    table = found({}, runs=made_runs({"energy_source": "measured", "energy_scope": "gpu"}))
    assert table["hypervolume"].isna().all()
    assert table.loc[0, "hypervolume_parameters"] == pytest.approx(0.375)
    assert table.loc[0, "reason"] == (
        "the energies of the baseline are measured (gpu), those of the search estimated (cpu)"
    )


def test_time_is_that_of_its_turn_with_the_baseline_whatever_a_clock_said_elsewhere():
    table = found({"latency_ms": 1.0}, {"latency_ms": 0.1, "quality": 0.94})
    assert list(table["front"]) == [True, False]
    assert list(found({"latency_ms": 900.0})["hypervolume"]) == list(found({})["hypervolume"])


def test_search_that_was_measured_beside_no_baseline_has_a_front_without_times():
    table = found({"latency_ratio": None}, {"latency_ratio": None, "quality": 0.94, "latency_ms": 0.1})
    assert list(table["front"]) == [True, False]
    assert "latency_ratio" not in table.loc[0, "costs"]


def test_cost_of_the_baseline_that_is_not_known_is_named():
    table = found({}, runs=made_runs({"macs": None}))
    assert table["hypervolume"].isna().all()
    assert list(table["reason"]) == ["not known of the baseline: macs"]


def test_without_energies_the_rest_is_compared():
    unknown = {"energy_source": None, "energy_scope": None, "train_energy_j": None}
    table = pareto(made_trials({}).assign(**unknown), made_runs({}).assign(**unknown))
    assert list(table["hypervolume"]) == pytest.approx([0.5 * 0.75 * 0.5 * 0.5])


def test_study_without_a_search_has_the_columns_and_no_rows():
    table = pareto(made_trials({}).iloc[:0], made_runs())
    assert (len(table), list(table)) == (0, COLUMNS)
