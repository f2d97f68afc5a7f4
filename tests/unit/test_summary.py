"""The summary of the page: what was spent, what the tables say, and what cannot be said."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.page import summary
from frugalnet.page.wording import many, times
from frugalnet.studies.compression.findings import findings
from tests.unit.made_findings import (
    made_break_even,
    made_runs,
    made_tables,
)


def test_page_says_what_was_spent_and_how_claims_on_a_dataset_stand():
    assert summary.taken(made_runs()) == (
        "2 runs on 1 dataset, with 2 seeds: their training and search took 1.20 kJ (estimated, of the CPU alone), failed tries included."
    )
    assert findings(made_tables())["MNIST"][-1] == (
        "Of 3 claims of others: 1 reproduced in one of its readings, 2 not comparable ([which, and why](#Claims))."
    )


def test_page_says_in_one_line_of_what_data_and_machine_it_is():
    about = {"processor": "A processor", "gpu": None, "energy_source": "measured", "energy_scope": "gpu+cpu"}
    assert summary.line(made_runs(**about)) == (
        "MNIST (official data) · 2 runs, 2 seeds · A processor · energy measured, of GPU and CPU"
    )
    two = made_runs(
        **about | {"dataset": ["mnist", "cifar10"], "data_level": ["official", "subset"], "gpu": ["A card", None]}
    )
    assert summary.line(two.assign(energy_source=None, energy_scope=None)) == (
        "MNIST (official data) · CIFAR-10 (subset data) · 2 runs, 1 seed · 2 machines · energy not known"
    )


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
    assert list(found) == ["MNIST"]
    (sentence,) = found["MNIST"]
    assert sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Of 6 methods and variants, test accuracy is 97.00 % to 98.37 %, and energy to solution 100 to 100 J (estimated)."
    )
    assert summary.made_data(made_tables()["runs"]) == ""


def test_datasets_that_may_not_be_compared_have_headings_of_their_own():
    both = [made_tables(), made_tables(data_level="sample")]
    tables = {name: pd.concat([each[name] for each in both]) for name in both[0]}
    assert list(findings(tables)) == ["MNIST, official data, 2 threads", "MNIST, sample data, 2 threads"]


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
    assert "When a method pays back is not known in 1 of 1 cases (a method and a batch size)." in untested
    both = pd.concat([made_break_even(np.nan, break_even_low=np.nan), made_break_even(break_even_high=np.inf)])
    told = summary.unknown(made_tables(1) | {"break_even": both})
    assert told[-2:] == [
        "When a method pays back is not known in 1 of 2 cases (a method and a batch size).",
        "The interval of pay-back reaches to never in 1 of 2 cases (a method and a batch size).",
    ]


def test_large_numbers_are_rounded_to_three_digits():
    assert many(182_702) == "183,000"
    assert many(1.5e9) == "1.5\N{NO-BREAK SPACE}billion"
    assert (times(2.1, np.nan, np.nan), times(1, 1, 1)) == ("2.10", "1")
