"""The summary of the page: sentences with their intervals, from tables whose numbers are known."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.statistics.pairs import ESTIMATES
from frugalnet.page import paid, summary
from frugalnet.page.wording import Scale, many, times
from frugalnet.studies.compression.beside_controls import beside_controls
from frugalnet.studies.compression.findings import Findings, findings

SMALL = ("pruning", "unit-s0.84")
METHODS = {
    ("baseline", "default"): (0.9784, 100_000),
    ("continued", "default"): (0.9816, 100_000),
    ("pruning", "weight-s0.95"): (0.9837, 100_000),
    SMALL: (0.9812, 10_000),
    ("scratch", "unit-s0.84"): (0.9722, 10_000),
    ("nas", "default"): (0.9700, 50_000),
}
DIFFERENCES = {
    ("pruning", "weight-s0.95"): (0.0021, 0.0010, 0.0032, "no worse", 0.0004),
    SMALL: (-0.0004, -0.0020, 0.0012, "no worse", 0.012),
    ("scratch", "unit-s0.84"): (-0.0094, -0.0120, -0.0068, None, np.nan),
    ("nas", "default"): (-0.0116, -0.0150, -0.0082, "not shown", 0.95),
}
ABOUT = {"dataset": "mnist", "threads": 2, "data_level": "official", "metric": "accuracy", "energy_source": "estimated"}


SHORT = ("baseline", "nas")


def reference_of(method: str) -> tuple[str, str]:
    """Return what a method is compared with: the baseline where it is trained for no longer."""
    return ("baseline" if method in SHORT else "continued"), "default"


def made_comparison(seeds: int = 3, **changed) -> pd.DataFrame:
    """Return six methods on one dataset; the reference is `continued`, of what is trained for 5 epochs `baseline`."""
    rows = [
        {
            "method": method, "variant": variant, "seeds": seeds, "quality_mean": quality,
            "reference": reference_of(method)[0], "reference_variant": "default", "pruning.distillation": np.nan, "pruning.temperature": np.nan,
            "epochs_in_all": 5 if method in SHORT else 15,
            "quality_std": 0.0005 if seeds > 1 else np.nan, "validation_quality_mean": quality, "parameters": 100_000,
            "parameters_nonzero": 5_200 if variant == "weight-s0.95" else kept, "parameters_compacted": kept,
            "quality_gain": quality - 0.9816, "energy_to_solution_j": 100.0,
            "quality_gain_low": DIFFERENCES.get((method, variant), [np.nan] * 3)[1] if seeds > 1 else np.nan,
            "quality_gain_high": DIFFERENCES.get((method, variant), [np.nan] * 3)[2] if seeds > 1 else np.nan,
        }
        | {"latency_ratio": 0.3, "energy_per_inference_batch1_ratio": 0.35}
        | dict.fromkeys(("latency_ratio_low", "energy_per_inference_batch1_ratio_low"), 0.25)
        | dict.fromkeys(("latency_ratio_high", "energy_per_inference_batch1_ratio_high"), 0.4)
        for (method, variant), (quality, kept) in METHODS.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**ABOUT | changed)


def made_row(quantity: str, method: tuple, against: tuple, seeds: int = 3, **numbers) -> dict:
    """Return a row of `statistics`."""
    ends = [f"{name}{end}" for name in (*ESTIMATES, "ratio_bootstrap") for end in ("", "_low", "_high")]
    numbers_of = [
        "equivalence_p_adjusted",
        "equivalence_margin",
        "sample_error",
        "paired_p",
        "paired_p_holm",
        "omnibus_p",
    ]
    return (
        dict.fromkeys([*numbers_of, *ends], np.nan)
        | {"quantity": quantity, "method": method[0], "variant": method[1], "against": against[0]}
        | {"against_variant": against[1], "is_reference": against == reference_of(method[0]), "seeds": seeds}
        | {"paired_test": "paired t", "equivalence": None, "outliers": None, "note": None}
        | numbers
    )


def made_statistics(seeds: int = 3, **changed) -> pd.DataFrame:
    """Return quality against the reference, scratch against what it is the control of, and energies as multiples of the baseline's."""
    rows = []
    for key, (difference, low, high, verdict, p) in DIFFERENCES.items():
        told = {"equivalence": verdict, "equivalence_p_adjusted": p, "difference_low": low, "difference_high": high}
        known = told if seeds > 2 else {"note": "1 seed: fewer than 3, no p-value"}
        rows.append(
            made_row(
                "test_quality",
                key,
                reference_of(key[0]),
                seeds,
                difference=difference,
                equivalence_margin=0.005,
                **known,
            )
        )
        ends = {"ratio_low": 1.9, "ratio_high": 2.3} if seeds > 1 else {}
        rows.append(made_row("energy_to_solution_j", key, ("baseline", "default"), seeds, ratio=2.1, **ends))
        rows.append(made_row("latency_ratio", key, ("baseline", "default"), seeds, ratio=0.3, **ends))
    if seeds > 2:
        interval = {"difference_low": 0.0060, "difference_high": 0.0120, "paired_p_holm": 0.01}
        rows.append(made_row("test_quality", SMALL, ("scratch", "unit-s0.84"), difference=0.0090, **interval))
    return pd.DataFrame(rows).assign(**ABOUT | changed)


def made_break_even(count: float = 2.96e6, **changed) -> pd.DataFrame:
    numbers = {"break_even_inferences": count, "break_even_low": 2.8e6, "break_even_high": 3.14e6, "reason": None}
    increment = {f"increment_{name}": value for name, value in numbers.items()}
    about = {"method": SMALL[0], "variant": SMALL[1], "batch": 1, "seeds": 3}
    return pd.DataFrame([about | numbers | increment | ABOUT | changed])


def made_study_runs(sizes: tuple[int, ...] = (50_000,), **changed) -> pd.DataFrame:
    """Return a run of each method, and those of the search: one for each size that it found."""
    keys = [(*key, kept) for key, (_, kept) in METHODS.items() if key[0] != "nas"]
    keys += [("nas", "default", size) for size in sizes]
    runs = pd.DataFrame(keys, columns=["method", "variant", "parameters_compacted"])
    energy = {"train_energy_j": 300.0, "failed_energy_j": 0.0, "energy_scope": "cpu"}
    nonzero = runs["parameters_compacted"].mask(runs["variant"] == "weight-s0.95", 5_200)
    return runs.assign(parameters=runs["parameters_compacted"], parameters_nonzero=nonzero, **energy | ABOUT | changed)


def told(seeds: int = 3, break_even: pd.DataFrame | None = None, **changed) -> str:
    """Return all findings of a dataset as text with ordinary spaces."""
    table = made_break_even() if break_even is None else break_even
    found = Findings(
        made_comparison(seeds, **changed), made_statistics(seeds, **changed), table, made_study_runs(**changed)
    )
    return "\n".join(found.sentences()).replace("\N{NO-BREAK SPACE}", " ")


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


def made_tables(seeds: int = 3, **changed) -> dict[str, pd.DataFrame]:
    """Return the tables that the summary is made from."""
    runs = made_study_runs(**changed)
    rest = {name: value for name, value in made_runs(**changed).iloc[0].items() if name not in runs}
    return {
        "comparison": made_comparison(seeds, **changed),
        "statistics": made_statistics(seeds, **changed),
        "break_even": made_break_even(**changed),
        "runs": runs.assign(**rest),
        "claims": pd.DataFrame(
            {
                "claim": ["a", "a", "b", "b", "c"],
                "reading": ["on test data", "on training data", None, None, None],
                "verdict": ["not reproduced", "reproduced", *["not comparable"] * 3],
            }
        ),
    }


def made_runs(**changed) -> pd.DataFrame:
    columns = {
        "run": ["first", "second"], "ledger_difference_uj": 0, "seed": [0, 1], "method": "baseline", "variant": "default",
        "train_energy_j": [600.0, 500.0], "energy_scope": "cpu", "energy_assumptions": None,
        "failed_energy_j": [0.0, 100.0], "train_flags": "", "inference_flags": "", "parameters_compacted": 900, "git_commit": "a",
        "git_dirty": False, "energy_reason": None, "compaction_error": 0.0, "failed_tries": 0, "host_assumptions": None,
    }  # fmt: skip
    return pd.DataFrame(columns).assign(**ABOUT | changed)


def test_summary_begins_with_what_was_spent_and_how_claims_stand():
    assert summary.taken(made_runs()) == (
        "2 runs on 1 dataset, with 2 seeds: their training and search took 1.20 kJ (estimated, of the CPU alone), failed tries included."
    )
    assert findings(made_tables())[""] == [
        "Of 3 claims of others: 1 reproduced in one of its readings, 2 not comparable ([which, and why](#Claims))."
    ]


@pytest.mark.parametrize(
    ("difference_uj", "sentence"),
    [
        ([0, 0], "The ledger closes in 2 of 2 records whose energy is known: windows and the gaps between them add up; the "
         "largest difference is 0 µJ."),
        ([0, 12_345], "The ledger closes in 1 of 2 records whose energy is known: windows and the gaps between them add up; "
         "the largest difference is 12,345 µJ (second)."),
        ([0, None], "The ledger closes in 1 of 2 records whose energy is known: windows and the gaps between them add up; the "
         "largest difference is 0 µJ."),
        ([None, None], "The ledger closes in 0 of 2 records whose energy is known."),
    ],
)  # fmt: skip
def test_summary_says_in_how_many_records_the_ledger_closes(difference_uj, sentence):
    assert summary.ledger(made_runs(ledger_difference_uj=difference_uj)) == sentence


def test_record_whose_energy_is_not_known_closes_no_ledger():
    first_known = made_runs(ledger_difference_uj=[0, None], train_energy_j=[600.0, np.nan])
    assert summary.ledger(first_known).startswith("The ledger closes in 1 of 1 record whose energy is known")
    unknown = made_runs(ledger_difference_uj=None, train_energy_j=np.nan)
    assert summary.ledger(unknown) == "Whether the ledger closes cannot be told: no energy is known."


def test_made_data_give_the_range_of_the_numbers_and_no_finding():
    tables = made_tables(data_level="sample")
    assert summary.made_data(tables["runs"]).startswith(
        "Made data: nothing here is a result. The data of MNIST are small"
    )
    found = findings(tables)
    assert list(found) == ["", "MNIST"]
    (sentence,) = found["MNIST"]
    assert sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "6 methods and variants: test accuracy from 97.00 % to 98.37 %; energy to solution from 100 to 100 J (estimated)."
    )
    assert summary.made_data(made_tables()["runs"]) == ""


def test_datasets_that_may_not_be_compared_have_headings_of_their_own():
    both = [made_tables(), made_tables(data_level="sample")]
    tables = {name: pd.concat([each[name] for each in both]) for name in both[0]}
    assert list(findings(tables)) == ["", "MNIST, official data, 2 threads", "MNIST, sample data, 2 threads"]


def test_study_without_pay_back_has_no_word_on_it():
    tables = made_tables()
    tables["break_even"] = made_break_even(np.nan)
    assert any("pays back" in line for line in summary.unknown(tables))
    del tables["break_even"]
    assert not any("pays back" in line for line in summary.unknown(tables))


def test_summary_says_what_was_not_shown_not_tested_and_not_told():
    lines = summary.unknown(made_tables())
    assert any(line.startswith("1 of 3 methods and variants are not shown to be no worse") for line in lines)
    assert not any("were not tested" in line for line in lines)
    untested = summary.unknown(made_tables(1) | {"break_even": made_break_even(np.nan)})
    assert any(
        line.startswith("3 of 3 methods and variants were not tested against their reference") for line in untested
    )
    assert "When a method pays back cannot be told in 1 of 1 cases (methods x batch sizes)." in untested
    both = pd.concat([made_break_even(np.nan, break_even_low=np.nan), made_break_even(break_even_high=np.inf)])
    told = summary.unknown(made_tables(1) | {"break_even": both})
    assert told[-2:] == [
        "When a method pays back cannot be told in 1 of 2 cases (methods x batch sizes).",
        "The interval of pay-back reaches to never in 1 of 2 cases (methods x batch sizes).",
    ]


def test_large_numbers_are_rounded_to_three_digits():
    assert many(182_702) == "183,000"
    assert many(1.5e9) == "1.5\N{NO-BREAK SPACE}billion"
    assert (times(2.1, np.nan, np.nan), times(1, 1, 1)) == ("2.10", "1")
