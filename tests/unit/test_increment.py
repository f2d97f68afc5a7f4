"""What is to be earned beside the energy to solution: compaction, and the increment over the baseline alone."""

from math import inf, isnan

import pytest

from frugalnet.analysis.break_even import is_never
from tests.unit.made_pay_back import INCREMENT, large, made_run


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
