"""The summary of the page: sentences with their intervals, from tables whose numbers are known."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.page import summary
from frugalnet.page.wording import many, times
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


def made_comparison(seeds: int = 3, **changed) -> pd.DataFrame:
    """Return six methods on one dataset; the reference is `continued`."""
    rows = [
        {
            "method": method, "variant": variant, "seeds": seeds, "reference": "continued", "quality_mean": quality,
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
    ends = [
        f"{name}{end}"
        for name in ("difference", "median_difference", "cliffs_delta", "hedges_g", "ratio", "ratio_bootstrap")
        for end in ("", "_low", "_high")
    ]
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
        | {"against_variant": against[1], "is_reference": against[0] == "continued", "seeds": seeds}
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
                ("continued", "default"),
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
        interval = {"difference_low": 0.0060, "difference_high": 0.0120}
        rows.append(made_row("test_quality", SMALL, ("scratch", "unit-s0.84"), difference=0.0090, **interval))
    return pd.DataFrame(rows).assign(**ABOUT | changed)


def made_break_even(count: float = 2.96e6, **changed) -> pd.DataFrame:
    ends = {"break_even_low": 2.8e6, "break_even_high": 3.14e6, "reason": None}
    numbers = {"method": SMALL[0], "variant": SMALL[1], "batch": 1, "break_even_inferences": count}
    return pd.DataFrame([numbers | ends | ABOUT | changed])


def told(seeds: int = 3, break_even: pd.DataFrame | None = None, **changed) -> str:
    """Return all findings of a dataset as text with ordinary spaces."""
    table = made_break_even() if break_even is None else break_even
    found = Findings(made_comparison(seeds, **changed), made_statistics(seeds, **changed), table)
    return "\n".join(found.sentences()).replace("\N{NO-BREAK SPACE}", " ")


def test_study_with_nothing_to_compare_tells_of_its_reference_alone():
    alone = made_comparison(3).query("method == 'continued'")
    (sentence,) = Findings(alone, made_statistics(3).iloc[:0], made_break_even().iloc[:0]).sentences()
    assert sentence.startswith("The reference is *continued*")


def test_reference_is_named_with_its_spread():
    assert "The reference is *continued*, the better of *baseline* and *continued* on validation data" in told()
    assert "test accuracy 98.16 % ± 0.05 % (3 seeds)." in told()


def test_best_on_validation_data_is_told_with_gain_interval_test_weights_and_energy():
    assert (
        "Best on validation data is **pruning, weight-s0.95**: test accuracy 98.37 %, +0.21 points against continued "
        "(+0.10 to +0.32; 3 paired seeds), no worse by more than 0.5 points (p < 0.001), with 5.2 % of the reference's "
        "parameters not zero. Its energy to solution is 2.10 (1.90 to 2.30) times the baseline's (estimated)."
    ) in told()


def test_smallest_model_is_one_that_is_shown_to_be_no_worse_and_no_control():
    assert (
        "The smallest model that is shown to be no worse is **pruning, unit-s0.84**: 10,000 parameters, 10 times fewer than "
        "the reference; test accuracy 98.12 %, -0.04 points against continued (-0.20 to +0.12; 3 paired seeds), no worse by "
        "more than 0.5 points (p = 0.012)."
    ) in told()
    assert (
        "Inference of one sample takes, as multiples of the baseline's: latency 0.300 (0.250 to 0.400), energy 0.350"
        in told()
    )
    assert "Pay-back: in batches of 1, after 2.96 million inferences (2.8 million to 3.14 million)." in told()


def test_no_model_that_is_smaller_is_said_where_none_is_shown_to_be_no_worse():
    statistics = made_statistics().assign(equivalence="not shown")
    found = Findings(made_comparison(), statistics, made_break_even()).sentences()
    assert (
        "No smaller model is shown to be no worse than *continued* by more than 0.5\N{NO-BREAK SPACE}points." in found
    )


def test_method_is_told_beside_its_controls():
    assert "Beside its controls, pruning is better than scratch at unit-s0.84 (+0.90 points, +0.60 to +1.20)." in told()


def test_search_is_told_with_what_it_is_not_shown_to_be():
    assert "not shown to be no worse by more than 0.5 points (p = 0.950)" in told()


def test_one_seed_gives_no_interval_no_verdict_and_no_claim_about_controls():
    text = told(seeds=1)
    assert "1 paired seed, no interval" in text
    assert "Which models are no worse than the reference is not known" in text
    assert "p = " not in text and "p < " not in text and "controls" not in text and " to +" not in text


def test_less_is_better_for_errors():
    comparison = made_comparison(
        metric="mae", dataset="california_housing", quality_mean=0.33, validation_quality_mean=0.33
    )
    comparison.loc[3, "validation_quality_mean"] = 0.30
    statistics = made_statistics(metric="mae")
    beside = statistics["against"] == "scratch"
    statistics.loc[beside, ["difference", "difference_low", "difference_high"]] = [-0.009, -0.012, -0.006]
    text = "\n".join(Findings(comparison, statistics, made_break_even()).sentences())
    assert "Best on validation data is **pruning, unit-s0.84**: test MAE 0.3300" in text
    assert "pruning is better than scratch at unit-s0.84 (+0.0090, +0.0060 to +0.0120)" in text


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"count": np.inf}, "in batches of 1, never: inference with it saves nothing."),
        (
            {"count": np.inf, "reason": "the same operations"},
            "in batches of 1, never: it does the same operations as the baseline.",
        ),
        ({"count": np.nan, "reason": "why"}, "in batches of 1, not known when (why)."),
        ({"break_even_low": np.nan}, "in batches of 1, after 2.96 million inferences (no interval)."),
    ],
)
def test_pay_back_says_what_is_known(row, text):
    assert text in told(break_even=made_break_even(**row))


def made_tables(seeds: int = 3, **changed) -> dict[str, pd.DataFrame]:
    """Return the tables that the summary is made from."""
    return {
        "comparison": made_comparison(seeds, **changed),
        "statistics": made_statistics(seeds, **changed),
        "break_even": made_break_even(**changed),
        "runs": made_runs(**changed),
        "claims": pd.DataFrame({"verdict": ["reproduced", "not comparable", "not comparable"]}),
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
    tables = made_tables()
    assert summary.taken(tables["runs"]) == (
        "2 runs on 1 dataset, with 2 seeds: their training and search took 1.20 kJ (estimated, of the CPU alone), failed tries included."
    )
    assert findings(tables)[""] == [
        "Of 3 comparisons with what others reported: 2 not comparable, 1 reproduced ([which, and why](#Claims))."
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


def test_large_numbers_are_rounded_to_three_digits():
    assert many(182_702) == "183,000"
    assert many(1.5e9) == "1.5\N{NO-BREAK SPACE}billion"
    assert (times(2.1, np.nan, np.nan), times(1, 1, 1)) == ("2.10", "1")
