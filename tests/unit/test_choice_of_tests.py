"""Tests of two methods: as published, chosen by their assumptions, and silent where they can say nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.outliers import outliers
from frugalnet.analysis.statistics.paired import WILCOXON, T, no_worse, paired_tests, signed_rank
from tests.unit.test_effects import SLEEP, SLEEP_AFTER

DEPRESSION = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
DEPRESSION_AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
"""Depression scale at two visits (Hollander and Wolfe 1973, Nonparametric Statistical Methods, p. 29)."""
NOT_SAMPLED = np.array([np.nan])
"""Of pairs for which it is not known how much other test samples would change."""


def test_paired_t_test_of_students_sleep_data():
    """R's `t.test(extra ~ group, paired = TRUE)`: t = -4.0621, p = 0.002833."""
    row = paired_tests(SLEEP - SLEEP_AFTER, NOT_SAMPLED, alpha=0.01).iloc[
        0
    ]  # of the differences, one is far from the others
    assert row["paired_test"] == "paired t"
    assert row["paired_statistic"] == pytest.approx(-4.0621, abs=5e-5)
    assert row["paired_p"] == pytest.approx(0.002833, abs=5e-7)


def test_signed_rank_test_of_the_depression_data():
    """R's example of `wilcox.test`: V = 40 of 45, p = 0.01953 one-sided; twice that two-sided."""
    statistic, p, note = signed_rank(DEPRESSION - DEPRESSION_AFTER, 0.05)
    assert (statistic, note) == (45 - 40, None)
    assert p == pytest.approx(0.0390625)
    statistic, p, _ = signed_rank(DEPRESSION - DEPRESSION_AFTER, 0.05, alternative="greater")
    assert (statistic, p) == (40, pytest.approx(0.01953, abs=5e-6))


def test_differences_that_are_not_normal_are_ranked():
    differences = np.array([[0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 9.0]])
    row = paired_tests(differences, NOT_SAMPLED, alpha=0.05).iloc[0]
    assert row["paired_test"] == "Wilcoxon signed-rank"
    assert row["paired_p"] == pytest.approx(2 / 2**7)
    assert row["assumptions"] == "differences: Shapiro-Wilk p < 0.001: Wilcoxon signed-rank"


def test_ranks_of_too_few_seeds_are_not_tested():
    row = paired_tests(np.array([[0.1, 0.11, 0.12, 0.13, 9.0]]), NOT_SAMPLED, alpha=0.05).iloc[0]
    assert np.isnan(row["paired_p"]) and np.isnan(row["paired_statistic"])
    assert row["note"] == "no p-value: the Wilcoxon test of 5 differences cannot get below 0.0625"


def test_differences_of_zero_are_not_ranked():
    _, p, note = signed_rank(np.array([0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), 0.05)
    assert np.isnan(p)
    assert "5 differences cannot get below 0.0625" in note


def test_no_worse_is_half_of_the_two_one_sided_tests():
    """Of Student's sleep data with a margin of 0.5 hours: t = (-1.58 + 0.5) / 0.38896 = -2.777, p = 0.989 with 9 degrees."""
    found = no_worse(SLEEP - SLEEP_AFTER, 0.5, NOT_SAMPLED, [T], 0.05).iloc[0]
    assert found["equivalence_p"] == pytest.approx(stats.t.sf(-2.777, 9), abs=1e-4)
    assert found["equivalence_p"] == pytest.approx(0.989, abs=5e-4)
    assert no_worse(SLEEP - SLEEP_AFTER, 2.5, NOT_SAMPLED, [T], 0.05)["equivalence_p"].iloc[0] < 0.05


def test_no_worse_by_ranks_needs_five_seeds():
    five, four = np.array([[0.1, 0.11, 0.12, 0.13, 9.0]]), np.array([[0.1, 0.1001, 0.1002, 9.0]])
    assert no_worse(five, 0.005, NOT_SAMPLED, [WILCOXON], 0.05)["equivalence_p"].tolist() == [1 / 2**5]
    found = no_worse(four, 0.005, NOT_SAMPLED, [WILCOXON], 0.05).iloc[0]
    assert np.isnan(found["equivalence_p"])
    assert found["note"].endswith("the one-sided Wilcoxon test of 4 differences cannot get below 0.0625")


def test_test_samples_make_differences_less_sure_and_take_them_as_normal():
    differences = np.array([[0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 9.0], [-0.3, -0.31, -0.29, -0.3, -0.32, -0.28, -0.3]])
    found = paired_tests(differences, np.array([0.04, 0.04]), alpha=0.05)
    assert found["paired_test"].tolist() == [T, T]
    assert found["assumptions"].tolist() == ["differences: taken as normal, with test samples: paired t"] * 2
    # The standard error over seeds of the second is 0.004880, that of test samples 0.2.
    assert found["paired_statistic"][1] == pytest.approx(-0.3 / np.hypot(0.2, 0.0048795), rel=1e-4)
    assert found["paired_p"][1] == pytest.approx(2 * stats.norm.sf(1.5), abs=2e-3)
    assert paired_tests(differences[1:], NOT_SAMPLED, 0.05)["paired_p"][0] < 1e-6
    p = no_worse(differences, 0.5, np.array([0.04, 0.04]), found["paired_test"], 0.05)["equivalence_p"]
    assert p[1] == pytest.approx(stats.norm.sf(1), abs=2e-3)


def test_three_seeds_are_too_few_to_check():
    """Two of these three differences are equal, as those of counted images often are: that says nothing of the third."""
    row = paired_tests(np.array([[0.0010, 0.0010, 0.0012]]), NOT_SAMPLED, alpha=0.05).iloc[0]
    assert row["paired_test"] == "paired t"
    assert row["assumptions"] == "differences: fewer than 4 seeds, too few to check, taken as normal: paired t"


def test_holms_correction_of_a_published_example():
    """Holm's method in R: `p.adjust(c(0.01, 0.04, 0.03), "holm")`."""
    assert holm(pd.Series([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm(pd.Series([0.04, 0.001, 0.03, 0.5, 0.03])).tolist() == pytest.approx([0.12, 0.005, 0.12, 0.5, 0.12])


def test_tests_that_could_not_reject_count_in_holms_correction():
    corrected = holm(pd.Series([0.01, np.nan, 0.02]))
    assert corrected.tolist()[::2] == pytest.approx([0.03, 0.04])
    assert np.isnan(corrected[1])


def test_modified_z_scores_of_a_published_example():
    """Seo 2006 (University of Pittsburgh, thesis), table 2: 22.48 and 24.73 for 14 and 15; all others below 1.81."""
    values = [3.2, 3.4, 3.7, 3.7, 3.8, 3.9, 4, 4, 4.1, 4.2, 4.7, 4.8, 14, 15]
    found = outliers(pd.DataFrame({("a", "default"): values}), 3.5)
    assert found == {("a", "default"): "seed 12 (z = 22.5), seed 13 (z = 24.7)"}
    assert outliers(pd.DataFrame({("a", "default"): values}), 23.0) == {("a", "default"): "seed 13 (z = 24.7)"}


def test_outliers_are_not_looked_for_where_that_cannot_be_done():
    values = {"two": [1.0, 9.0, np.nan], "same": [2.0, 2.0, 2.0], "most": [2.0, 2.0, 5.0], "some": [1.0, 2.0, 2.9]}
    table = pd.DataFrame({(name, "default"): found for name, found in values.items()})
    assert outliers(table, 3.5) == {("most", "default"): "most seeds are equal: no modified z"}
    assert outliers(table, None) == {}
