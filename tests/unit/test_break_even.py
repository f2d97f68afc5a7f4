"""Pay-back: the whole energy to solution against what an inference saves beside the reference, and when that cannot be told."""

from math import inf, isnan

import pandas as pd
import pytest

from frugalnet.analysis.break_even import break_even, is_never
from tests.unit.made_pay_back import FIRST, INCREMENT, NUMBER, UNKNOWN, large, made_run, seeds, table_of


def test_table_has_the_columns_that_are_promised():
    table = break_even(pd.DataFrame([made_run()]))
    about = ["seeds", "energy_source", "energy_scope", "threads", "data_level"]
    assert list(table) == [*FIRST, *about, "increment_energy_j", "compaction_energy_j", *INCREMENT, "increment_reason"]


def test_whole_energy_to_solution_is_earned_by_what_an_inference_saves_of_the_reference():
    row = large(made_run())
    assert row[FIRST[4:7]].tolist() == [300, 0.5, 2]
    assert row["energy_per_inference_ratio"] == 0.25
    assert row["break_even_inferences"] == 200


def test_there_is_a_row_for_a_batch_of_one_and_for_the_large_one():
    table = table_of(made_run())
    assert list(table.index) == [("nas", 1), ("nas", 256)]
    assert table.loc[("nas", 1), "break_even_inferences"] == 100


def test_each_batch_has_the_ratio_that_was_measured_at_it():
    batch1 = {
        f"energy_per_inference_batch1_ratio{end}": value for end, value in (("", 0.5), ("_low", 0.4), ("_high", 0.6))
    }
    table = table_of(made_run(**batch1))
    assert table["energy_per_inference_ratio"].tolist() == [0.5, 0.25]
    assert table["break_even_inferences"].tolist() == [150, 200]


def test_large_batch_of_one_sample_is_no_second_row():
    assert list(table_of(made_run(throughput_batch=1)).index) == [("nas", 1)]


def test_energy_to_solution_has_parents_and_failed_tries_in_it():
    baseline = made_run("baseline", energy_j=100, failed_energy_j=7.0, same_operations=True)
    child = made_run(energy_j=40, parent=baseline["run"], failed_energy_j=3.0)
    assert large(baseline, child)["break_even_inferences"] == 100


def test_baseline_has_no_row_and_none_of_its_own_is_asked_for():
    baseline = made_run("baseline", ratio=(1.0, 0.98, 1.02), same_operations=True)
    assert large(baseline, made_run())["break_even_inferences"] == large(made_run())["break_even_inferences"] == 200
    table = break_even(pd.DataFrame([baseline]))
    assert (len(table), list(table)[:12]) == (0, FIRST)


# The same operations


@pytest.mark.parametrize("ratio", [(0.6, 0.5, 0.7), (1.0, 0.9, 1.1), (1.7, 1.6, 1.8), UNKNOWN])
@pytest.mark.parametrize("count", [1, 3])
def test_same_operations_never_pay_back_whatever_was_measured(ratio, count):
    row = large(*(made_run(seed=seed, ratio=ratio, same_operations=True) for seed in range(count)))
    assert (row["break_even_inferences"], row["reason"]) == (inf, "the same operations")
    assert row["energy_per_inference_j"] == row["baseline_energy_per_inference_j"] == 2
    assert row[["break_even_low", "break_even_high"]].tolist() == [inf, inf]


def test_ratio_of_the_same_operations_is_written():
    row = large(made_run(ratio=(0.62, 0.6, 0.64), same_operations=True))
    assert row[["baseline_energy_per_inference_j", "energy_per_inference_ratio"]].tolist() == [2, 0.62]


def test_seeds_of_which_some_do_the_same_operations_save_nothing_in_those():
    # Savings of 0, 1.5 and 1.6 J of 2 J: whatever the first measured, it is 0.
    runs = [made_run(same_operations=True), made_run(seed=1), made_run(seed=2, ratio=(0.2, 0.1, 0.3))]
    row = large(*runs)
    assert row["energy_per_inference_j"] == pytest.approx(2 - 3.1 / 3)
    assert row["energy_per_inference_ratio"] == pytest.approx(0.7 / 3)
    assert row["break_even_inferences"] == pytest.approx(300 / (3.1 / 3))
    assert 0 < row["break_even_low"] < row["break_even_inferences"] < row["break_even_high"] == inf
    more = [made_run(seed=seed) for seed in range(3, 12)]
    row = large(*runs, *more)
    assert row["break_even_inferences"] == pytest.approx(300 / (16.6 / 12))
    assert row["break_even_low"] < row["break_even_inferences"] < row["break_even_high"] < inf


# One seed


def test_one_seed_has_the_interval_of_measuring_inference_and_says_so():
    row = large(made_run())
    # 300 J over 2 J times 1 - 0.2, and 1 - 0.3.
    assert row[NUMBER].tolist() == pytest.approx([200, 187.5, 300 / 1.4])
    assert row["reason"] == "one seed: the interval is that of measuring inference"


@pytest.mark.parametrize(
    ("ratio", "number"),
    [((0.99, 0.97, 1.0), 15_000), ((0.99, 0.97, 1.01), 15_000), ((1.0, 0.97, 1.05), inf), ((1.02, 0.97, 1.05), inf)],
)
def test_interval_of_one_seed_with_1_in_it_reaches_to_never(ratio, number):
    row = large(made_run(ratio=ratio))
    # 300 J over at most 2 J times 0.03.
    assert row[NUMBER].tolist() == pytest.approx([number, 5000, inf])
    assert row["reason"] == "one seed: the interval is that of measuring inference"
    assert not is_never(row)


def test_interval_of_one_seed_that_ends_below_1_tells():
    row = large(made_run(ratio=(0.98, 0.97, 0.99)))
    assert row[NUMBER].tolist() == pytest.approx([7500, 5000, 15_000])


def test_one_seed_that_takes_more_does_not_pay_back_within_its_interval_and_is_not_said_to_never_do():
    row = large(made_run(ratio=(1.5, 1.4, 1.6)))
    assert row[NUMBER].tolist() == [inf, inf, inf]
    assert not is_never(row)
    assert row["reason"] == "one seed: the interval is that of measuring inference"


# Several seeds


def test_seeds_give_the_ratio_of_the_means_with_an_interval():
    row = large(*seeds(0.5, 0.55, 0.45))
    assert row["seeds"] == 3
    # The numerator has no spread: 300 J over the interval of Student for 1.0, 0.9 and 1.1 J.
    half = 4.302653 * 0.1 / 3**0.5
    assert row[NUMBER].tolist() == pytest.approx([300, 300 / (1 + half), 300 / (1 - half)])
    assert pd.isna(row["reason"])


def test_saving_of_a_seed_is_of_its_own_reference():
    runs = [made_run(reference_j=2.0, ratio=(0.5, 0.4, 0.6)), made_run(seed=1, reference_j=4.0, ratio=(0.75, 0.7, 0.8))]
    row = large(*runs)
    assert row["energy_per_inference_j"] == row["baseline_energy_per_inference_j"] - 1 == 2
    assert row["break_even_inferences"] == 300


def test_interval_of_seeds_is_over_seeds_whatever_each_of_them_resolved():
    narrow = large(*seeds(0.5, 0.55, 0.45))
    wide = large(*(run | {"energy_per_inference_ratio_high": 1.2} for run in seeds(0.5, 0.55, 0.45)))
    assert wide[NUMBER].tolist() == narrow[NUMBER].tolist()


def test_seeds_that_all_cost_more_never_pay_back():
    row = large(*seeds(1.5, 1.55, 1.45))
    assert row[NUMBER].tolist() == [inf, inf, inf]
    assert pd.isna(row["reason"])
    assert is_never(row)


@pytest.mark.parametrize(("ratios", "number"), [((0.75, 1.2, 0.95), 300 / (0.2 / 3)), ((1.25, 0.95, 1.05), inf)])
def test_saving_of_seeds_that_may_be_zero_leaves_a_number_and_an_interval_that_reaches_to_never(ratios, number):
    row = large(*seeds(*ratios))
    assert row["break_even_inferences"] == pytest.approx(number)
    assert 0 < row["break_even_low"] < row["break_even_high"] == inf
    assert pd.isna(row["reason"])
    assert not is_never(row)


def test_runs_that_differ_in_their_energies_have_rows_of_their_own():
    runs = seeds(0.25, 0.5)
    runs[1] |= {"energy_source": "measured"}
    rows = break_even(pd.DataFrame(runs)).query("batch == 256")
    assert list(rows["seeds"]) == [1, 1]
    assert list(rows["energy_source"]) == ["estimated", "measured"]


# What is not known


def test_run_that_was_measured_beside_no_baseline_has_no_pay_back():
    alone = [made_run(seed=seed, ratio=UNKNOWN, reference_j=None, same_operations=None) for seed in (0, 1)]
    for runs in (alone[:1], alone):
        row = large(*runs)
        assert isnan(row["break_even_inferences"])
        assert row["reason"] == "no baseline was measured beside it"


def test_seed_that_was_measured_beside_no_baseline_is_left_out():
    alone = made_run(ratio=UNKNOWN, reference_j=None, same_operations=None)
    with_one, without = large(made_run(seed=1), alone), large(made_run(seed=1))
    assert with_one["seeds"] == 1
    assert with_one["break_even_inferences"] == without["break_even_inferences"] > 0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"energy_j": None}, "the energy to solution"),
        ({"compaction_energy_j": None}, "the energy of compaction"),
        ({"ratio": UNKNOWN}, "its ratio to that of the baseline"),
        (
            {"ratio": UNKNOWN, "reference_j": None},
            "the energy per inference of the baseline and its ratio to that of the baseline",
        ),
    ],
)
def test_energy_that_is_not_known_is_named_with_the_reason(change, what):
    row = large(made_run(**change, energy_reason="meter estimate: away"))
    assert row[NUMBER].isna().all()
    assert row["reason"] == f"{what} not known (meter estimate: away)"


def test_energy_of_one_seed_that_is_not_known_leaves_the_mean_unknown():
    row = large(made_run(), made_run(seed=1, ratio=UNKNOWN))
    assert row[["energy_per_inference_ratio", "energy_per_inference_j", "break_even_inferences"]].isna().all()
    assert row["reason"] == "its ratio to that of the baseline not known"


def test_without_a_meter_nothing_is_told_but_of_the_same_operations():
    about = {"energy_source": None, "energy_scope": None, "energy_reason": "measure.meters is none"}
    about |= {"energy_j": None, "ratio": UNKNOWN, "reference_j": None}
    row = large(made_run(**about))
    assert isnan(row["energy_to_solution_j"]) and isnan(row["break_even_inferences"])
    assert row["reason"].endswith(" not known (measure.meters is none)")
    assert large(made_run(**about, same_operations=True))["break_even_inferences"] == inf


def test_model_that_cannot_be_compacted_is_told_so():
    row = large(made_run(parameters_compacted=None, same_operations=None, ratio=UNKNOWN))
    assert row["reason"] == "the model cannot be compacted"


def test_one_seed_whose_ratio_has_no_interval_tells_nothing():
    row = large(made_run(ratio=(0.5, None, None)))
    assert row[NUMBER].isna().all()
    assert row["reason"] == "one seed, and the ratio of energies has no interval"
