"""Pay-back: the whole energy to solution against what an inference saves beside the reference, and when that cannot be told."""

from math import inf, isnan

import pandas as pd
import pytest

from frugalnet.analysis.break_even import break_even, is_never

FIRST = [
    "dataset", "method", "variant", "batch", "energy_to_solution_j", "energy_per_inference_j", "baseline_energy_per_inference_j",
    "break_even_inferences", "break_even_low", "break_even_high", "reason", "energy_per_inference_ratio",
]  # fmt: skip
NUMBER = ["break_even_inferences", "break_even_low", "break_even_high"]
INCREMENT = [f"increment_{name}" for name in NUMBER]
ABOUT = {
    "dataset": "mnist", "network": "softmax_big", "variant": "default", "metric": "accuracy", "threads": 2,
    "energy_source": "estimated", "energy_scope": "cpu", "data_level": "sample", "failed_energy_j": 0.0,
    "energy_reason": None, "throughput_batch": 256, "same_operations": False, "parent": None, "teacher": None, "parameters_compacted": 100,
    "compaction_energy_j": 0.0,
}  # fmt: skip
UNKNOWN = (None, None, None)


def made_run(method="nas", seed=0, energy_j=300.0, ratio=(0.25, 0.2, 0.3), reference_j=2.0, **changes):
    """Return a run with a ratio and its interval; of a batch of one, the reference takes twice as much."""
    columns = {}
    for size, factor in (("", 1), ("_batch1", 2)):
        columns[f"reference_energy_per_inference{size}_j"] = None if reference_j is None else reference_j * factor
        for end, value in zip(("", "_low", "_high"), ratio, strict=True):
            columns[f"energy_per_inference{size}_ratio{end}"] = value
    own = {"run": f"mnist/{method}/default/seed{seed}", "method": method, "seed": seed, "train_energy_j": energy_j}
    return ABOUT | columns | own | changes


def table_of(*runs):
    return break_even(pd.DataFrame(runs)).set_index(["method", "batch"])


def large(*runs):
    """Return the row of the search at the large batch."""
    return table_of(*runs).loc[("nas", 256)]


def seeds(*ratios, **changes):
    """Return a run for each ratio, whose own interval is a tenth to either side."""
    return [
        made_run(seed=seed, ratio=(ratio, ratio - 0.1, ratio + 0.1), **changes) for seed, ratio in enumerate(ratios)
    ]


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
    alone = made_run(ratio=UNKNOWN, reference_j=None, same_operations=None)
    for runs in ([alone], [made_run(seed=1), alone], [made_run(seed=1, same_operations=True), alone]):
        row = large(*runs)
        assert isnan(row["break_even_inferences"])
        assert row["reason"] == "no baseline was measured beside it"


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


# Compaction, and the increment over the baseline


def test_compaction_is_to_be_earned_too_and_is_no_part_of_the_energy_to_solution():
    row = large(made_run(compaction_energy_j=30.0))
    assert row[["energy_to_solution_j", "compaction_energy_j", "break_even_inferences"]].tolist() == [300, 30, 220]


def test_increment_is_what_was_paid_over_the_baseline_of_the_same_seed():
    baselines = [made_run("baseline", seed, energy_j, same_operations=True) for seed, energy_j in ((0, 100), (1, 140))]
    children = [
        made_run(seed=seed, energy_j=energy_j, parent=baselines[seed]["run"], compaction_energy_j=10.0)
        for seed, energy_j in ((0, 50), (1, 70))
    ]
    row = large(*baselines, *children)
    # 60 J more, and 10 J of compaction, over 1.5 J an inference; the whole chain is 180 J.
    assert row[["energy_to_solution_j", "increment_energy_j"]].tolist() == [180, 60]
    assert row["increment_break_even_inferences"] == pytest.approx(70 / 1.5)
    assert row["break_even_inferences"] == pytest.approx(190 / 1.5)
    assert row["increment_break_even_low"] < 70 / 1.5 < row["increment_break_even_high"]


def beside_baseline(energy_j, ratio=(0.25, 0.2, 0.3), **changes):
    """Return the row of a search of so much energy, beside a baseline of 100 J."""
    return large(
        made_run("baseline", energy_j=100, same_operations=True), made_run(energy_j=energy_j, ratio=ratio, **changes)
    )


def test_model_that_took_less_than_the_baseline_and_saves_is_cheaper_from_the_start():
    row = beside_baseline(80)
    assert row["increment_energy_j"] == -20
    assert row[INCREMENT].tolist() == [0, 0, 0]
    assert row["increment_reason"] == "one seed: the interval is that of measuring inference"


def test_what_was_spared_is_used_up_where_inference_takes_more():
    assert beside_baseline(80, (1.5, 1.4, 1.6))[INCREMENT].tolist() == [inf, inf, inf]
    assert beside_baseline(80, (1.0, 0.9, 1.1))[INCREMENT].tolist() == [0, 0, inf]
    assert beside_baseline(80, (1.05, 0.9, 1.1))[INCREMENT].tolist() == [inf, 0, inf]


def test_compaction_may_use_up_what_was_spared():
    assert beside_baseline(80, compaction_energy_j=50.0)["increment_break_even_inferences"] == 20


@pytest.mark.parametrize(("energy_j", "number"), [(80, 0), (100, 0), (120, inf)])
def test_same_operations_pay_back_an_increment_only_where_there_is_none(energy_j, number):
    row = beside_baseline(energy_j, same_operations=True)
    assert row[INCREMENT].tolist() == [number] * 3
    assert row["increment_reason"] == "the same operations"
    assert is_never(row, "increment_") == (number == inf)
    assert is_never(row)


def test_increment_of_the_same_operations_has_the_interval_of_its_sign():
    def increments(*energies_j):
        pairs = [
            (
                made_run("baseline", seed, 100, same_operations=True),
                made_run(seed=seed, energy_j=each, same_operations=True),
            )
            for seed, each in enumerate(energies_j)
        ]
        row = large(*(run for pair in pairs for run in pair))
        assert is_never(row, "increment_") == (row["increment_break_even_low"] == inf)
        return row[INCREMENT].tolist()

    assert increments(70, 71, 72) == [0, 0, 0]
    assert increments(120, 121, 122) == [inf, inf, inf]
    assert increments(90, 100, 105) == [0, 0, inf]
    assert increments(90, 100, 115) == [inf, 0, inf]


@pytest.mark.parametrize(
    "change", [{"energy_source": "measured"}, {"threads": 4}, {"seed": 1}, {"train_energy_j": None}]
)
def test_without_energy_of_the_same_kind_of_the_baseline_of_the_seed_there_is_no_increment(change):
    baseline = made_run("baseline", energy_j=100, same_operations=True)
    row = large(baseline | change, made_run())
    assert row[["increment_energy_j", *INCREMENT]].isna().all()
    assert row["increment_reason"] == "what it took more than the baseline of the same seed not known"
    assert row["break_even_inferences"] == 200


def test_seeds_of_which_one_has_no_baseline_have_no_increment():
    baseline = made_run("baseline", energy_j=100, same_operations=True)
    assert isnan(large(baseline, made_run(), made_run(seed=1))["increment_break_even_inferences"])
