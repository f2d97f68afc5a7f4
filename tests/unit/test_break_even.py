"""Pay-back: the whole energy to solution against what an inference saves, and when that cannot be told."""

from math import inf, isnan

import pandas as pd
import pytest

from frugalnet.analysis.break_even import break_even

FIRST = [
    "dataset", "method", "variant", "batch", "energy_to_solution_j", "energy_per_inference_j",
    "baseline_energy_per_inference_j", "break_even_inferences", "break_even_low", "break_even_high", "reason",
]  # fmt: skip
ABOUT = {
    "dataset": "mnist", "network": "softmax_big", "variant": "default", "metric": "accuracy", "threads": 2, "energy_source": "estimated",
    "energy_scope": "cpu", "data_level": "sample", "failed_energy_j": 0.0, "energy_reason": None, "throughput_batch": 256,
}  # fmt: skip


def made_run(method, seed=0, energy_j=0.0, per_inference_j=0.0, u_j=0.01, parent=None, **changes):
    """Return a run whose inference takes twice as much at a batch of one, and whose model as it is ten times as much."""
    columns = {}
    for name, factor in (("", 1), ("_batch1", 2)):
        columns[f"energy_per_inference{name}_j"] = per_inference_j * factor * (1 if method == "baseline" else 10)
        columns[f"energy_per_inference{name}_j_compacted"] = per_inference_j * factor
        for twin in ("", "_compacted"):
            columns[f"energy_per_inference{name}_u_j{twin}"] = u_j
    own = {"run": f"mnist/{method}/default/seed{seed}", "method": method, "seed": seed, "parent": parent}
    return ABOUT | columns | own | {"train_energy_j": energy_j} | changes


def table_of(*runs):
    return break_even(pd.DataFrame(runs)).set_index(["method", "batch"])


def large(*runs):
    """Return the row of the search at the large batch."""
    return table_of(*runs).loc[("nas", 256)]


def seeds(baseline_j, nas_j, energy_j=300.0):
    """Return baselines and searches, a seed for each pair of energies per inference."""
    baselines = [made_run("baseline", seed, 100, each) for seed, each in enumerate(baseline_j)]
    return [*baselines, *(made_run("nas", seed, energy_j, each) for seed, each in enumerate(nas_j))]


def test_table_has_the_columns_that_are_promised():
    table = break_even(pd.DataFrame(seeds([2.0], [1.0])))
    assert list(table)[:11] == FIRST
    assert list(table)[11:] == ["seeds", "energy_source", "energy_scope", "threads", "data_level"]


def test_whole_energy_to_solution_is_earned_by_what_an_inference_saves():
    row = large(*seeds([2.0], [0.5]))
    assert (row["energy_to_solution_j"], row["baseline_energy_per_inference_j"]) == (300, 2)
    assert row["energy_per_inference_j"] == 0.5
    assert row["break_even_inferences"] == 200


def test_there_is_a_row_for_a_batch_of_one_and_for_the_large_one():
    table = table_of(*seeds([2.0], [0.5]))
    assert list(table.index) == [("nas", 1), ("nas", 256)]
    assert table.loc[("nas", 1), "break_even_inferences"] == 100


def test_large_batch_of_one_sample_is_no_second_row():
    assert list(table_of(*(run | {"throughput_batch": 1} for run in seeds([2.0], [0.5]))).index) == [("nas", 1)]


def test_energy_to_solution_has_parents_and_failed_tries_in_it():
    baseline = made_run("baseline", 0, 100, 2.0, failed_energy_j=7.0)
    pruned = made_run("nas", 0, 40, 1.0, parent="mnist/baseline/default/seed0", failed_energy_j=3.0)
    assert large(baseline, pruned)["break_even_inferences"] == 150


def test_one_seed_has_a_number_and_says_why_it_has_no_interval():
    row = large(*seeds([2.0], [0.5]))
    assert isnan(row["break_even_low"]) and isnan(row["break_even_high"])
    assert row["reason"] == "one seed: no interval"


def test_saving_of_one_seed_within_the_uncertainty_of_inference_is_not_resolved():
    # 1.96 times the root of 0.06^2 + 0.08^2 is 0.196.
    runs = [made_run("baseline", 0, 100, 2.0, u_j=0.06), made_run("nas", 0, 300, 1.81, u_j=0.08)]
    row = large(*runs)
    assert isnan(row["break_even_inferences"])
    assert row["reason"] == "one seed, and the saving is not above what two measurements of inference resolve"
    runs[1] = made_run("nas", 0, 300, 1.8, u_j=0.08)
    assert large(*runs)["break_even_inferences"] == pytest.approx(1500)


def test_uncertainty_that_is_not_known_resolves_nothing():
    row = large(made_run("baseline", 0, 100, 2.0), made_run("nas", 0, 300, 0.5, u_j=None))
    assert isnan(row["break_even_inferences"])


def test_one_seed_that_saves_nothing_never_pays_back():
    row = large(*seeds([2.0], [3.0]))
    assert row["break_even_inferences"] == inf
    assert row["reason"] == "one seed: no interval"


def test_seeds_give_the_ratio_of_the_means_with_an_interval():
    runs = seeds([2.0, 2.1, 2.2], [1.0, 1.2, 1.1])
    row = large(*runs)
    assert row["seeds"] == 3
    assert row["break_even_inferences"] == pytest.approx(300)
    # The numerator has no spread: 300 J over the interval of Student for 1.0, 0.9 and 1.1 J.
    half = 4.302653 * 0.1 / 3**0.5
    assert (row["break_even_low"], row["break_even_high"]) == pytest.approx((300 / (1 + half), 300 / (1 - half)))
    assert pd.isna(row["reason"])


def test_seeds_that_all_cost_more_never_pay_back():
    row = large(*seeds([2.0, 2.1, 2.2], [3.0, 3.2, 3.1]))
    assert list(row[["break_even_inferences", "break_even_low", "break_even_high"]]) == [inf, inf, inf]
    assert pd.isna(row["reason"])


@pytest.mark.parametrize("nas_j", [[1.5, 2.4, 2.0], [2.5, 1.9, 2.3]])
def test_saving_of_seeds_that_may_be_zero_is_not_resolved_and_leaves_a_lower_limit(nas_j):
    row = large(*seeds([2.0, 2.1, 2.2], nas_j))
    assert isnan(row["break_even_inferences"])
    assert 0 < row["break_even_low"] < row["break_even_high"] == inf
    assert row["reason"] == "the 95 % interval of the saving has zero in it"


def test_only_seeds_that_the_baseline_has_too_count():
    row = large(*seeds([2.0], [0.5, 7.0, 9.0]))
    assert (row["seeds"], row["energy_per_inference_j"]) == (1, 0.5)
    assert large(made_run("baseline", 5), made_run("nas", 0))["reason"] == "no seed in common with the baseline"


@pytest.mark.parametrize("change", [{"energy_source": "measured"}, {"energy_scope": "gpu"}])
def test_energies_that_are_known_in_another_way_are_not_compared(change):
    row = large(made_run("baseline", 0, 100, 2.0, **change), made_run("nas", 0, 300, 0.5))
    assert isnan(row["break_even_inferences"]) and isnan(row["baseline_energy_per_inference_j"])
    assert row["energy_per_inference_j"] == 0.5
    assert row["reason"].startswith("the energies of the baseline are ")
    assert row["reason"].endswith("those of the method estimated (cpu)")


@pytest.mark.parametrize("change", [{"threads": 1}, {"data_level": "official"}, {"dataset": "sat6"}])
def test_without_a_baseline_that_is_comparable_nothing_is_told(change):
    row = large(made_run("baseline", 0, 100, 2.0, **change), made_run("nas", 0, 300, 0.5))
    assert isnan(row["break_even_inferences"])
    assert row["reason"] == "no baseline of the same dataset, batch size, threads and data level"


def test_runs_that_differ_in_their_energies_have_rows_of_their_own():
    runs = [*seeds([2.0, 2.0], [0.5, 1.0])]
    runs[3] |= {"energy_source": "measured"}
    rows = break_even(pd.DataFrame(runs)).query("batch == 256")
    assert list(rows["seeds"]) == [1, 1]
    assert list(rows["energy_source"]) == ["estimated", "measured"]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("train_energy_j", "the energy to solution"),
        ("energy_per_inference_j_compacted", "the energy per inference of the compacted model"),
    ],
)
def test_energy_that_is_not_known_is_named_with_the_reason(column, what):
    change = {column: None, "energy_reason": "meter estimate: away"}
    row = large(made_run("baseline", 0, 100, 2.0), made_run("nas", 0, 300, 0.5) | change)
    assert isnan(row["break_even_inferences"])
    assert row["reason"] == f"{what} not known (meter estimate: away)"


def test_without_a_meter_nothing_is_told():
    unknown = {
        "energy_source": None,
        "energy_scope": None,
        "train_energy_j": None,
        "energy_reason": "measure.meters is none",
    }
    columns = [
        f"energy_per_inference{size}{u}_j{twin}"
        for size in ("", "_batch1")
        for u in ("", "_u")
        for twin in ("", "_compacted")
    ]
    unknown |= dict.fromkeys(columns)
    row = large(*(run | unknown for run in seeds([2.0], [0.5])))
    assert isnan(row["energy_to_solution_j"])
    assert row["reason"].endswith(" not known (measure.meters is none)")


def test_study_of_baselines_alone_has_the_columns_and_no_rows():
    table = break_even(pd.DataFrame([made_run("baseline", 0, 100, 2.0)]))
    assert len(table) == 0
    assert list(table)[:11] == FIRST
