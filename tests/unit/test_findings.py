"""The findings of a dataset in sentences with their intervals, from tables whose numbers are known."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.page import paid
from frugalnet.studies.compression.beside_controls import Controls
from frugalnet.studies.compression.of_dataset import OfDataset
from tests.unit.made_findings import made_break_even, made_comparison, made_row, made_statistics, made_study_runs, told


def controls(statistics: pd.DataFrame, seeds: int = 3, **changed) -> Controls:
    """Return the controls of a dataset with these tests."""
    return Controls(OfDataset(made_comparison(seeds, **changed), statistics, made_break_even(), made_study_runs()))


def test_findings_are_best_smallest_cost_pay_back_and_what_cannot_be_said():
    assert told().splitlines()[:5] == [
        "**pruning, weight-s0.95** is best on validation data, among 6 methods and variants: test accuracy 98.37 %, gain over "
        "continued +0.21 points (95 % interval +0.10 to +0.32, 3 seeds).",
        "**pruning, unit-s0.84** is the smallest model that is shown to be without loss (no worse by more than 0.5 points, corrected "
        "p = 0.012): 10,000 parameters, where the reference has 100,000; test accuracy 98.12 %, gain over continued -0.04 points (95 % interval "
        "-0.20 to +0.12, 3 seeds).",
        "**pruning, unit-s0.84** took 2.10 (1.90 to 2.30) times the baseline's energy to solution (estimated); all 6 runs of the "
        "comparison took 1.80 kJ, 18 times one baseline (estimated).",
        "One sample at a time, pruning, unit-s0.84 pays back after 2.96 million inferences (interval 2.8 million to 3.14 million).",
        "Of 1 comparison with a control (3 seeds), the method is better in 1.",
    ]


def test_references_are_named_with_their_budget_and_spread():
    assert (
        "Methods that train for 5 epochs in all are compared with *baseline*: test accuracy 97.84 % ± 0.05 % (3 seeds)."
    ) in told()
    assert (
        "Methods that train for 15 epochs in all are compared with *continued*, the better of *baseline* and *continued* "
        "on validation data: test accuracy 98.16 % ± 0.05 % (3 seeds)."
    ) in told()


def test_study_with_nothing_to_compare_tells_of_its_reference_alone():
    alone = made_comparison(3).query("method == 'continued'")
    (sentence,) = told(comparison=alone, statistics=made_statistics(3).iloc[:0]).splitlines()
    assert sentence.startswith("Methods that train for 15 epochs in all are compared with *continued*: test")
    nothing = made_comparison().assign(reference=None, reference_variant=None)
    assert told(comparison=nothing) == "There is neither *baseline* nor *continued*: nothing to compare with."


def test_reference_without_an_alternative_is_the_better_of_nothing():
    text = told(comparison=made_comparison().query("method != 'continued'").assign(reference="baseline"))
    assert "compared with *baseline*: test accuracy" in text and "better of" not in text


def test_reference_that_is_best_is_told_as_what_nothing_is_better_than():
    rows = made_comparison()
    rows.loc[rows["method"] == "continued", "validation_quality_mean"] = 0.99
    assert told(comparison=rows).startswith(
        "None of 6 methods and variants is better than *continued* on validation data: test accuracy 98.16 %."
    )


def test_reference_that_is_best_neither_pays_back_nor_is_compared_with_itself():
    rows = made_comparison()
    rows.loc[rows["method"] == "continued", "validation_quality_mean"] = 0.99
    text = told(comparison=rows, statistics=made_statistics().assign(equivalence="not shown"))
    assert "pays back" not in text and "not zero" not in text and "Inference of one sample" not in text


def test_model_that_is_smaller_with_some_seeds_alone_is_not_the_smallest():
    runs = made_study_runs()
    runs.loc[runs["variant"] == "unit-s0.84", "parameters_compacted"] = 100_000
    assert "No smaller model is shown to be without loss" in told(runs=runs)


def test_smallest_model_that_is_also_the_best_is_named_once():
    rows = made_comparison()
    rows.loc[rows["variant"] == "unit-s0.84", "validation_quality_mean"] = 0.99
    first, second, *_ = told(comparison=rows).splitlines()
    assert first.startswith("**pruning, unit-s0.84** is best on validation data")
    assert second == (
        "It is also the smallest model that is shown to be without loss (no worse by more than 0.5 points, corrected p = 0.012): "
        "10,000 parameters, where the reference has 100,000."
    )


def test_cost_of_what_takes_a_shape_is_told_without_the_search_for_it():
    shape = made_comparison().assign(energy_to_shape_j=900.0)
    assert "times the baseline's energy to solution, without the search for its shape (estimated)" in told(
        comparison=shape
    )


def test_energies_that_are_known_in_several_ways_are_not_added():
    mixed = made_study_runs().assign(energy_scope=["gpu", *["cpu"] * 5])
    text = told(runs=mixed)
    assert (
        "**pruning, unit-s0.84** took 2.10 (1.90 to 2.30) times the baseline's energy to solution (estimated)." in text
    )
    assert "all 6 runs" not in text


def test_inference_of_the_smallest_is_told_as_multiples_of_the_baselines():
    assert (
        "Inference of one sample with pruning, unit-s0.84 takes these multiples of the baseline's: latency 0.300 (0.250 to 0.400), "
        "energy 0.350 (0.250 to 0.400)."
    ) in told()


def test_variant_of_pruning_that_takes_the_least_energy_is_told_with_its_gain_and_verdict():
    assert (
        "Of 2 variants of pruning alone, pruning, unit-s0.84 takes the least energy for an inference in large batches, 0.100 (0.250 "
        "to 0.400) times the baseline's (estimated): gain over continued -0.04 points (-0.20 to +0.12), shown to be no worse by "
        "more than 0.5 points (corrected p = 0.012)."
    ) in told()


def test_networks_of_several_sizes_are_told_as_a_range():
    text = told(runs=made_study_runs(sizes=(40_000, 52_000, 61_000)))
    assert "The search alone finds networks of 40,000 to 61,000 parameters: test accuracy" in text
    assert "The search alone finds a network of 50,000 parameters: test accuracy" in told()


def test_search_is_told_with_what_it_is_not_shown_to_be():
    assert "97.00 %, not shown to be no worse by more than 0.5 points (corrected p = 0.950)" in told()


def test_no_model_that_is_smaller_is_said_where_none_is_shown_to_be_no_worse():
    found = told(statistics=made_statistics().assign(equivalence="not shown")).splitlines()
    assert found[1] == (
        "No smaller model is shown to be without loss (no worse than its reference by more than 0.5 points)."
    )
    assert found[2].startswith("**pruning, weight-s0.95** took 2.10")


def test_method_is_told_apart_from_its_control_by_the_corrected_p_value():
    assert "Controls of pruning: scratch, better at unit-s0.84 (+0.90 points, +0.60 to +1.20, not corrected)." in told()
    statistics = made_statistics()
    statistics["paired_p_holm"] *= 10
    (sentence,) = controls(statistics).one_by_one()
    assert sentence.startswith("Controls of pruning: scratch, no difference shown at unit-s0.84 (+0.90")


def test_what_no_control_shows_cannot_be_said():
    statistics = made_statistics()
    statistics["paired_p_holm"] *= 10
    assert controls(statistics).unknown() == (
        "It cannot be said that pruning or search itself changes quality: with 3 seeds, none of 1 comparison with a control shows a "
        "difference after correction."
    )
    assert controls(made_statistics(1), 1).unknown() == (
        "It cannot be said whether a method does more than its controls: with 1 seed that was not tested."
    )


def test_distilled_variant_is_told_beside_the_control_with_its_teacher_alone():
    distilled = ("pruning", "unit-s0.84-distilled")
    rows = [
        made_row("test_quality", distilled, ("continued", "default"), difference=0.004, paired_p_holm=0.01),
        made_row("test_quality", distilled, ("continued", "distilled-0.70-t4"), difference=-0.001, paired_p_holm=0.6),
    ]
    (sentence,) = controls(pd.DataFrame(rows).assign(is_reference=[True, False])).one_by_one()
    assert "continued, no difference shown at unit-s0.84-distilled" in sentence and "better" not in sentence


def test_method_without_a_reference_is_not_the_best():
    rows = made_comparison()
    rows.loc[rows["variant"] == "weight-s0.95", ["reference", "reference_variant"]] = None
    assert "**pruning, weight-s0.95** is best" not in told(comparison=rows)


def test_many_variants_beside_a_control_are_counted():
    variants = {"unit-s0.25": (0.002, 0.01), "unit-s0.50": (-0.012, 0.02), "unit-s0.75": (-0.001, 0.4)}
    rows = [
        made_row("test_quality", ("pruning", name), ("random", name), difference=difference, paired_p_holm=p)
        for name, (difference, p) in variants.items()
    ]
    found = controls(pd.DataFrame(rows))
    (sentence,) = found.one_by_one()
    assert sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Controls of pruning: random, better in 1, worse in 1, no difference shown in 1 of 3 variants (-1.20 points to +0.20 "
        "points)."
    )
    assert found.unknown() == (
        "Of 3 comparisons with a control (3 seeds), the method is better in 1 and worse in 1; in the other 1 it cannot be said "
        "that the method itself does anything."
    )


def test_one_seed_gives_no_interval_no_verdict_and_no_claim_about_controls():
    text = told(seeds=1)
    assert "(1 seed, no interval)" in text
    assert (
        "Which models are without loss is not known, because it was not tested (1 seed: fewer than 3, no p-value)."
        in text
    )
    assert "p = " not in text and "p < " not in text and "Controls of" not in text and " to +" not in text


def test_less_is_better_for_errors():
    comparison = made_comparison(
        metric="mae", dataset="california_housing", quality_mean=0.33, validation_quality_mean=0.33
    )
    comparison.loc[3, "validation_quality_mean"] = 0.30
    statistics = made_statistics(metric="mae")
    turned = statistics["against"] == "scratch"
    statistics.loc[turned, ["difference", "difference_low", "difference_high"]] = [-0.009, -0.012, -0.006]
    text = told(comparison=comparison, statistics=statistics, runs=made_study_runs(metric="mae"))
    assert (
        "**pruning, unit-s0.84** is best on validation data, among 6 methods and variants: test MAE 0.3300 (100 000 $), gain over"
        in text
    )
    assert "Controls of pruning: scratch, better at unit-s0.84 (+0.0090, +0.0060 to +0.0120, not corrected)." in text


INF = float("inf")


@pytest.mark.parametrize(
    ("number", "seeds", "text"),
    [
        ((3e4, 1e4, 5e4), 3, "pays back after 30,000 inferences (interval 10,000 to 50,000)"),
        ((3e4, 1e4, 5e4), 1, "pays back after 30,000 inferences (interval 10,000 to 50,000, one seed)"),
        ((12e3, 8e3, INF), 1, "pays back after 12,000 inferences or more (interval 8,000 to never, one seed)"),
        ((12e3, 8e3, INF), 3, "pays back after 12,000 inferences or more (interval 8,000 to never)"),
        ((INF, 8e3, INF), 3, "does not pay back on average (interval 8,000 to never)"),
        ((INF, INF, INF), 3, "never pays back: inference with it saves nothing"),
        ((INF, INF, INF), 1, "does not pay back within the interval of measuring inference, one seed"),
        ((0, 0, 4e3), 3, "pays back from the first inference on (interval 0 to 4,000)"),
    ],
)
def test_pay_back_is_told_with_its_interval_and_never_of_several_seeds_alone(number, seeds, text):
    ends = dict(zip(("break_even_inferences", "break_even_low", "break_even_high"), number, strict=True))
    row = pd.Series(ends | {"seeds": seeds, "reason": None})
    assert paid.pays_back("it", row).replace("\N{NO-BREAK SPACE}", " ") == f"it {text}"


def test_pay_back_that_is_sure_or_not_known_says_why():
    row = made_break_even(INF, break_even_low=INF, break_even_high=INF, reason="the same operations", seeds=1).iloc[0]
    assert paid.pays_back("it", row) == "it never pays back: it does the same operations as the baseline"
    unknown = made_break_even(np.nan, reason="why").iloc[0]
    assert paid.pays_back("it", unknown) == "it is not known whether it pays back (why)"


def test_pay_back_is_told_of_the_smallest_batch_first_and_of_the_energy_beyond_the_baselines():
    increment = {"increment_break_even_inferences": 0, "increment_break_even_low": 0}
    rows = made_break_even(increment_break_even_high=90_000, **increment)
    text = told(break_even=pd.concat([made_break_even(4e6, batch=1024), rows]))
    assert "One sample at a time, pruning, unit-s0.84 pays back after 2.96 million inferences" in text
    assert (
        "One sample at a time, counting only what it took beyond the baseline, pruning, unit-s0.84 pays back from the first "
        "inference on (interval 0 to 90,000)."
    ) in text
    assert "In batches of 1,024, pruning, unit-s0.84 pays back after 4 million inferences" in text
