"""Tests, costs beside the baseline's, and the claims of others, as tables for readers."""

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics import against as either_side
from frugalnet.page import tested
from frugalnet.page.cells import DASH
from tests.unit.test_summary import made_row, made_statistics


def test_remarks_are_the_checks_of_all_methods_the_outliers_and_the_notes():
    rows = pd.DataFrame(
        {
            "assumptions": [
                "methods: normal: Welch ANOVA; differences: p = 0.1: paired t",
                "methods: normal: Welch ANOVA; differences: p = 0.2: paired t",
            ],
            "outliers": [None, "nas: seed 1 (z = 4.3)"],
            "note": [None, None],
        }
    )
    assert tested.remarks(rows) == ["Checks: methods: normal: Welch ANOVA.", "Outliers (kept): nas: seed 1 (z = 4.3)."]


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


def test_turned_pairs_have_ratios_and_differences_of_the_other_side():
    statistics = pd.DataFrame(
        [
            made_row(
                "energy_to_solution_j",
                ("baseline", "default"),
                ("continued", "default"),
                ratio=0.5,
                ratio_low=0.4,
                ratio_high=0.8,
            )
            | {"difference": -50.0, "difference_low": -60.0, "difference_high": -20.0}
        ]
    )
    found = either_side.against(statistics, "baseline", "default").iloc[0]
    assert (found["method"], found["against"]) == ("continued", "baseline")
    assert (found["ratio"], found["ratio_low"], found["ratio_high"]) == (2, 1.25, 2.5)
    assert (found["difference"], found["difference_low"], found["difference_high"]) == (50, 20, 60)


def test_costs_are_multiples_of_the_baselines_with_intervals():
    table = tested.costs(tested.against_baseline(made_statistics()))
    assert table["energy to solution"].tolist() == ["2.10 [1.90, 2.30]"] * 4
    assert list(table) == ["method", "energy to solution", "latency"]
