"""What searches leave in a study: their trials, the fronts of those, and pay-back."""

from math import log2

import pandas as pd
import pytest

from frugalnet.record.paths import RECORD, TRIALS
from frugalnet.record.record import read_record

DATASETS = ["mnist", "california_housing"]
METHODS = ["nas", "joint"]
TRIAL = [
    *("trial", "status", "objective", "quality", "parameters", "macs", "energy_j", "duration_s"),
    *("epochs", "batch_size", "reason"),
]
BREAK_EVEN = [
    *("dataset", "method", "variant", "batch"),
    *("energy_to_solution_j", "energy_per_inference_j", "baseline_energy_per_inference_j"),
    *("break_even_inferences", "break_even_low", "break_even_high", "reason"),
]


@pytest.fixture(scope="module")
def results(finished):
    return finished[0].results


@pytest.fixture(params=[f"{dataset}/{method}/default/seed0" for dataset in DATASETS for method in METHODS])
def searched(request, results):
    """Return record and trials of a search."""
    folder = results / "raw" / request.param
    return read_record(folder / RECORD), pd.read_csv(folder / TRIALS)


def test_a_search_leaves_a_row_per_trial(searched):
    _, trials = searched
    assert set(TRIAL) <= set(trials.columns)
    assert list(trials["trial"]) == [0, 1]
    assert list(trials["status"]) == ["complete", "complete"]
    assert list(trials["batch_size"]) == [32, 32]
    assert trials[[name for name in TRIAL if name != "reason"]].notna().all(axis=None)
    assert trials["reason"].isna().all()


def test_the_trial_with_the_best_objective_wins(searched):
    record, trials = searched
    best = trials["objective"].idxmax() if record.run.dataset == "mnist" else trials["objective"].idxmin()
    assert list(trials.index[trials["winner"]]) == [best]
    assert record.model.parameters == trials["parameters"][best]


def test_half_the_size_of_the_baseline_counts_as_the_configured_weight(results, searched):
    record, trials = searched
    baseline = read_record(results / "raw" / record.run.dataset / "baseline/default/seed0" / RECORD).model.parameters
    sign = 1 if record.run.dataset == "mnist" else -1
    for trial in trials.itertuples():
        size = -sign * 0.003 * log2(trial.parameters_compacted / baseline)
        assert trial.objective == pytest.approx(trial.quality + size, abs=1e-9)


def test_pruning_inside_the_trials_makes_them_smaller(searched):
    record, trials = searched
    smaller = trials["parameters_compacted"] < trials["parameters"]
    assert smaller.all() if record.run.method == "joint" else not smaller.any()


def test_every_joule_of_a_search_has_one_place(searched):
    record, trials = searched
    energy_uj = {window.name: window.energy_uj for window in record.windows}
    gap_uj = {window.name: window.gap_uj for window in record.windows}
    tried_uj = [round(1e6 * joules) for joules in trials["energy_j"]]
    trained = [name for name in energy_uj if name.count("/") == 1 and name.startswith("run/")]
    assert tried_uj == [energy_uj["run/search/trial0"], energy_uj["run/search/trial1"]]
    assert sum(tried_uj) + gap_uj["run/search"] == energy_uj["run/search"]
    assert sum(energy_uj[name] for name in trained) + gap_uj["run"] == energy_uj["run"]


def test_pareto_has_a_row_per_trial_and_a_front_per_search(results):
    pareto = pd.read_csv(results / "processed" / "pareto.csv")
    keys = pareto[["dataset", "method", "trial"]].itertuples(index=False, name=None)
    searches = [("mnist", "nas"), ("mnist", "joint")]
    searches += [("california_housing", method) for method in ("nas", "random_search", "joint")]
    assert list(keys) == [(*search, trial) for search in searches for trial in (0, 1)]
    assert pareto.groupby(["dataset", "method"])["front"].any().all()
    assert set(pareto["costs"]) == {"parameters_compacted, macs_compacted, train_energy_per_epoch_j, latency_ratio"}
    assert pareto["hypervolume"].between(0, 1).all()


def test_break_even_has_a_row_for_all_but_the_baseline_and_each_batch(results):
    table = pd.read_csv(results / "processed" / "break_even.csv")
    runs = pd.read_csv(results / "interim" / "runs.csv")
    assert list(table.columns[:11]) == BREAK_EVEN
    rows = [
        (run.dataset, run.method, run.variant, batch)
        for run in runs[runs["method"] != "baseline"].itertuples()
        for batch in (1, run.throughput_batch)
    ]
    assert list(table[["dataset", "method", "variant", "batch"]].itertuples(index=False, name=None)) == rows
    assert table[[*BREAK_EVEN[:7], "energy_per_inference_ratio"]].notna().all(axis=None)


def test_model_that_is_trained_on_without_pruning_saves_nothing(results):
    table = pd.read_csv(results / "processed" / "break_even.csv")
    found = table[table["method"] == "continued"]
    assert len(found) == 2 * len(DATASETS)
    assert (found["break_even_inferences"] == float("inf")).all()
    assert set(found["reason"]) == {"the same operations"}


def test_each_run_is_measured_beside_the_baseline_and_the_baseline_beside_itself(results):
    runs = pd.read_csv(results / "interim" / "runs.csv").set_index(["dataset", "method", "variant"])
    for name in ("latency_ratio", "latency_large_ratio", "energy_per_inference_ratio"):
        assert (runs[f"{name}_low"] <= runs[name]).all()
        assert (runs[name] <= runs[f"{name}_high"]).all()
    for dataset in DATASETS:
        baseline = read_record(results / f"raw/{dataset}/baseline/default/seed0" / RECORD)
        other = read_record(results / f"raw/{dataset}/scratch/unit-s0.75/seed0" / RECORD)
        assert baseline.reference is None
        assert other.reference.id == baseline.run.id
        assert other.reference.model_sha256 == baseline.model.sha256
        assert runs["same_operations"][dataset, "baseline", "default"]
        assert not runs["same_operations"][dataset, "scratch", "unit-s0.75"]


def test_pay_back_is_the_energy_over_the_saving_with_its_interval(results):
    table = pd.read_csv(results / "processed" / "break_even.csv")
    assert table["reason"].notna().all(), "there is one seed"
    assert (table["compaction_energy_j"] > 0).all()
    for row in table.itertuples():
        saving_j = row.baseline_energy_per_inference_j - row.energy_per_inference_j
        spent_j = row.energy_to_solution_j + row.compaction_energy_j
        number = spent_j / saving_j if saving_j > 0 else float("inf")
        assert row.break_even_inferences == pytest.approx(number)
        assert row.break_even_low <= row.break_even_inferences <= row.break_even_high


def test_increment_is_what_was_spent_over_the_baseline(results):
    table = pd.read_csv(results / "processed" / "break_even.csv").set_index(["dataset", "method", "batch"])
    runs = pd.read_csv(results / "interim" / "runs.csv").set_index("run")["train_energy_j"]
    for dataset in DATASETS:
        own_j, baseline_j = (runs[f"{dataset}/{method}/default/seed0"] for method in ("nas", "baseline"))
        row = table.loc[(dataset, "nas", 1)]
        assert row["increment_energy_j"].item() == pytest.approx(own_j - baseline_j)


def test_energy_to_solution_of_pruning_a_searched_network_has_the_search_in_it(results):
    comparison = pd.read_csv(results / "processed" / "comparison.csv").set_index(["dataset", "method", "variant"])
    runs = pd.read_csv(results / "interim" / "runs.csv").set_index("run")["train_energy_j"]
    for dataset in DATASETS:
        found = comparison.loc[(dataset, "nas_pruning", "unit-s0.75"), "energy_to_solution_j"]
        parts = runs[f"{dataset}/nas/default/seed0"], runs[f"{dataset}/nas_pruning/unit-s0.75/seed0"]
        assert found == pytest.approx(sum(parts))
