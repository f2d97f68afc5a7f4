"""The findings of a dataset in sentences with their intervals, from tables whose numbers are known."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.page import paid
from frugalnet.page.wording import Scale
from frugalnet.studies.compression.beside_controls import beside_controls
from frugalnet.studies.compression.findings import Findings
from tests.unit.made_findings import (
    made_break_even,
    made_comparison,
    made_row,
    made_statistics,
    made_study_runs,
    told,
)


def test_study_with_nothing_to_compare_tells_of_its_reference_alone():
    alone = made_comparison(3).query("method == 'continued'")
    (sentence,) = Findings(
        alone, made_statistics(3).iloc[:0], made_break_even().iloc[:0], made_study_runs()
    ).sentences()
    assert sentence.startswith("What is trained for 15 epochs in all is compared with *continued*: test")


def test_references_are_named_with_their_budget_and_spread():
    assert (
        "What is trained for 5 epochs in all is compared with *baseline*: test accuracy 97.84 % ± 0.05 % (3 seeds)."
    ) in told()
    assert (
        "What is trained for 15 epochs in all is compared with *continued*, the better of *baseline* and *continued* "
        "on validation data: test accuracy 98.16 % ± 0.05 % (3 seeds)."
    ) in told()


def test_reference_without_an_alternative_is_the_better_of_nothing():
    alone = made_comparison().query("method != 'continued'").assign(reference="baseline")
    text = "\n".join(Findings(alone, made_statistics(), made_break_even(), made_study_runs()).sentences())
    assert "compared with *baseline*: test accuracy" in text and "better of" not in text


def test_best_on_validation_data_says_among_how_many_it_was_chosen():
    assert (
        "Of 6 methods and variants, **pruning, weight-s0.95** is best on validation data, by which it was chosen: test accuracy "
        "98.37 %, +0.21 points against continued (+0.10 to +0.32; 3 paired seeds), no worse by more than 0.5 points (corrected "
        "p < 0.001), with 5.20 % of the reference's parameters not zero. Its energy to solution is 2.10 (1.90 to 2.30) times the "
        "baseline's (estimated)."
    ) in told()


def test_smallest_model_is_one_that_is_shown_to_be_no_worse_and_no_control():
    assert (
        "The smallest model that is shown to be no worse is **pruning, unit-s0.84**: 10,000 parameters, 10 times fewer than "
        "the reference; test accuracy 98.12 %, -0.04 points against continued (-0.20 to +0.12; 3 paired seeds), no worse by "
        "more than 0.5 points (corrected p = 0.012)."
    ) in told()
    assert (
        "Inference of one sample takes, as multiples of the baseline's: latency 0.300 (0.250 to 0.400), energy 0.350"
        in told()
    )
    assert "Pay-back: in batches of 1, after 2.96 million inferences (2.8 million to 3.14 million)." in told()


def test_smallest_model_is_told_with_what_it_took_to_find_it():
    assert (
        "To find that out took the whole study of the dataset: 6 runs and 1.80 kJ (estimated), 18 times what one baseline takes."
    ) in told()
    mixed = made_study_runs().assign(energy_scope=["gpu", *["cpu"] * 5])
    text = "\n".join(Findings(made_comparison(), made_statistics(), made_break_even(), mixed).sentences())
    assert "whole study" not in text


def test_networks_of_several_sizes_are_told_as_a_range():
    runs = made_study_runs(sizes=(40_000, 52_000, 61_000))
    text = "\n".join(Findings(made_comparison(), made_statistics(), made_break_even(), runs).sentences())
    assert "The search alone finds networks of 40,000 to 61,000 parameters: test accuracy" in text
    assert "The search alone finds a network of 50,000 parameters: test accuracy" in told()


def test_no_model_that_is_smaller_is_said_where_none_is_shown_to_be_no_worse():
    statistics = made_statistics().assign(equivalence="not shown")
    found = Findings(made_comparison(), statistics, made_break_even(), made_study_runs()).sentences()
    assert (
        "No smaller model is shown to be no worse than its reference by more than 0.5\N{NO-BREAK SPACE}points." in found
    )


def test_method_is_told_apart_from_its_control_by_the_corrected_p_value():
    assert "Beside its controls, pruning is better than scratch at unit-s0.84 (+0.90 points, +0.60 to +1.20)." in told()
    statistics = made_statistics()
    statistics["paired_p_holm"] *= 10
    (sentence,) = beside_controls(statistics, Scale("accuracy"))
    assert sentence.startswith("Beside its controls, pruning is not told apart from scratch at unit-s0.84 (+0.90")


def test_distilled_variant_is_told_beside_the_control_with_its_teacher_alone():
    distilled = ("pruning", "unit-s0.84-distilled")
    rows = [
        made_row("test_quality", distilled, ("continued", "default"), difference=0.004, paired_p_holm=0.01),
        made_row("test_quality", distilled, ("continued", "distilled-0.70-t4"), difference=-0.001, paired_p_holm=0.6),
    ]
    (sentence,) = beside_controls(pd.DataFrame(rows).assign(is_reference=[True, False]), Scale("accuracy"))
    assert "not told apart from continued at unit-s0.84-distilled" in sentence and "better" not in sentence


def test_method_without_a_reference_is_not_the_best():
    rows = made_comparison()
    rows.loc[rows["variant"] == "weight-s0.95", ["reference", "reference_variant"]] = None
    text = "\n".join(Findings(rows, made_statistics(), made_break_even(), made_study_runs()).sentences())
    assert "**pruning, weight-s0.95** is best" not in text


def test_many_variants_beside_a_control_are_counted():
    variants = {"unit-s0.25": (0.002, 0.01), "unit-s0.50": (0.012, 0.02), "unit-s0.75": (-0.001, 0.4)}
    rows = [
        made_row("test_quality", ("pruning", name), ("random", name), difference=difference, paired_p_holm=p)
        for name, (difference, p) in variants.items()
    ]
    (sentence,) = beside_controls(pd.DataFrame(rows), Scale("accuracy"))
    assert sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Beside its controls, pruning is better than random in 2, not told apart from random in 1 of 3 variants "
        "(-0.10 points to +1.20 points)."
    )


def test_search_is_told_with_what_it_is_not_shown_to_be():
    assert "not shown to be no worse by more than 0.5 points (corrected p = 0.950)" in told()


def test_one_seed_gives_no_interval_no_verdict_and_no_claim_about_controls():
    text = told(seeds=1)
    assert "1 paired seed, no interval" in text
    assert "Which models are no worse than their references is not known" in text
    assert "p = " not in text and "p < " not in text and "controls" not in text and " to +" not in text


def test_less_is_better_for_errors():
    comparison = made_comparison(
        metric="mae", dataset="california_housing", quality_mean=0.33, validation_quality_mean=0.33
    )
    comparison.loc[3, "validation_quality_mean"] = 0.30
    statistics = made_statistics(metric="mae")
    turned = statistics["against"] == "scratch"
    statistics.loc[turned, ["difference", "difference_low", "difference_high"]] = [-0.009, -0.012, -0.006]
    text = "\n".join(Findings(comparison, statistics, made_break_even(), made_study_runs(metric="mae")).sentences())
    assert "**pruning, unit-s0.84** is best on validation data, by which it was chosen: test MAE 0.3300" in text
    assert "pruning is better than scratch at unit-s0.84 (+0.0090, +0.0060 to +0.0120)" in text


INF = float("inf")


@pytest.mark.parametrize(
    ("number", "seeds", "text"),
    [
        ((3e4, 1e4, 5e4), 3, "after 30,000 inferences (10,000 to 50,000)"),
        ((3e4, 1e4, 5e4), 1, "after 30,000 inferences (10,000 to 50,000; one seed)"),
        ((12e3, 8e3, INF), 1, "after 12,000 inferences or more (interval 8,000 to never; one seed)"),
        ((12e3, 8e3, INF), 3, "after 12,000 inferences or more (interval 8,000 to never)"),
        ((INF, 8e3, INF), 3, "by the mean, not at all (interval 8,000 to never)"),
        ((INF, INF, INF), 3, "never: inference with it saves nothing"),
        ((INF, INF, INF), 1, "not within the interval of measuring inference; one seed"),
        ((0, 0, 4e3), 3, "from the first on (0 to 4,000)"),
    ],
)
def test_pay_back_is_told_with_its_interval_and_never_of_several_seeds_alone(number, seeds, text):
    ends = dict(zip(("break_even_inferences", "break_even_low", "break_even_high"), number, strict=True))
    row = pd.Series(ends | {"seeds": seeds, "reason": None})
    assert paid.inferences(row).replace("\N{NO-BREAK SPACE}", " ") == text


def test_pay_back_that_is_sure_or_not_known_says_why():
    row = made_break_even(INF, break_even_low=INF, break_even_high=INF, reason="the same operations", seeds=1).iloc[0]
    assert paid.inferences(row) == "never: it does the same operations as the baseline"
    assert paid.inferences(made_break_even(np.nan, reason="why").iloc[0]) == "not known when (why)"


def test_pay_back_is_told_of_all_and_of_what_it_took_more_than_the_baseline():
    rows = made_break_even(
        increment_break_even_inferences=0, increment_break_even_low=0, increment_break_even_high=90_000
    )
    assert (
        "Pay-back: in batches of 1, after 2.96 million inferences (2.8 million to 3.14 million); "
        "for what it took more than the baseline, from the first on (0 to 90,000)."
    ) in told(break_even=rows)
