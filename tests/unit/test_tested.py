"""Tests, costs beside the baseline's, and the claims of others, as tables for readers."""

import numpy as np
import pandas as pd

from frugalnet.page import tested
from frugalnet.page.cells import DASH
from tests.unit.made_findings import made_statistics


def test_remarks_are_the_checks_of_all_methods_the_outliers_and_the_notes():
    rows = pd.DataFrame(
        {
            "assumptions": [
                "methods: Friedman test of 4 methods over 5 seeds; differences: p = 0.1: paired t",
                "methods: Friedman test of 4 methods over 5 seeds; differences: p = 0.2: paired t",
            ],
            "outliers": [None, "nas: seed 1 (z = 4.3)"],
            "note": [None, None],
        }
    )
    assert tested.remarks(rows) == [
        "Checks: methods: Friedman test of 4 methods over 5 seeds.",
        "Outliers (kept): nas: seed 1 (z = 4.3).",
    ]


def test_claims_have_what_was_reported_and_measured_with_interval_and_verdict():
    rows = pd.DataFrame(
        {
            "statement": ["MNIST: about 97 %", "Prediction: 129 W"], "reading": ["on test data", None], "dataset": ["mnist", None], "reported": [0.97, 129.0],
            "measured": [0.98, np.nan], "measured_low": [0.975, np.nan], "measured_high": [0.985, np.nan],
            "unit": ["fraction", "W"], "verdict": ["reproduced", "not comparable"], "reason": ["", "no runs"], "source": ["S", "S"],
        }
    )  # fmt: skip
    known, unknown = tested.claims(rows).to_dict("records")
    assert (known["claim"], unknown["claim"]) == ("MNIST: about 97 % (on test data)", "Prediction: 129 W")
    assert (known["dataset"], known["reported"], known["measured"]) == ("MNIST", "0.970", "0.980 [0.975, 0.985]")
    assert (unknown["dataset"], unknown["measured"], unknown["why"]) == (DASH, DASH, "no runs")
    assert tested.sources(rows) == ["S: MNIST: about 97 %; Prediction: 129 W."]


def test_costs_are_multiples_of_the_baselines_with_intervals():
    table = tested.costs(tested.against_baseline(made_statistics()))
    assert table["energy to solution"].tolist() == ["2.10 [1.90, 2.30]"] * 4
    assert list(table) == ["method", "energy to solution", "latency"]


def test_quality_has_the_verdict_with_the_p_value_of_all_claims_together():
    rows = tested.qualities(made_statistics())
    assert tested.quality(rows)["no worse (p)"].tolist() == [
        "no worse (< 0.001)",
        "no worse (0.012)",
        DASH,
        "not shown (0.950)",
    ]
    assert tested.quality_note(rows.assign(omnibus_p=np.nan)).endswith("in brackets · no worse: by no more than 0.005")


def test_page_says_what_an_interval_contains():
    rows = tested.qualities(made_statistics())
    assert "with other seeds, on these test samples." in tested.explained(rows)
    assert "with other seeds and with other test samples." in tested.explained(rows.assign(sample_error=0.001))


def test_chosen_configuration_has_a_row_for_each_method_that_it_is_compared_with():
    rows = made_statistics()
    other = rows[rows["against"] == "baseline"].iloc[:1].assign(method="best", variant="best-run", is_reference=False)
    pairs = [
        other.assign(against_variant=name, quantity=what)
        for name in ("all-off", "all-on")
        for what in ("test_quality", "train_energy_j")
    ]
    rows = pd.concat([rows, *pairs], ignore_index=True)
    against = [f"baseline, {name}" for name in ("all-off", "all-on")]
    assert tested.quality(tested.qualities(rows))["against"].tolist()[-2:] == against
    assert tested.costs(tested.against_baseline(rows))["against"].tolist()[-2:] == against
