"""Tests of two methods and of all: as published, chosen by their assumptions, and silent where they can say nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from frugalnet.analysis.statistics.games_howell import games_howell, studentized_range_sf
from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.omnibus import all_methods, compare_all
from frugalnet.analysis.statistics.outliers import outliers
from frugalnet.analysis.statistics.paired import no_worse, paired_tests, signed_rank
from tests.unit.test_effects import SLEEP, SLEEP_AFTER

DEPRESSION = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
DEPRESSION_AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
"""Depression scale at two visits (Hollander and Wolfe 1973, Nonparametric Statistical Methods, p. 29)."""
PLANT_GROWTH = {
    ("ctrl", "default"): np.array([4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14]),
    ("trt1", "default"): np.array([4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69]),
    ("trt2", "default"): np.array([6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26]),
}
"""Dried weights of plants (Dobson 1983; the data set `PlantGrowth` of R)."""


def samples(*values):
    return {(name, "default"): np.array(found, dtype=float) for name, found in zip("abcdef", values, strict=False)}


def test_paired_t_test_of_students_sleep_data():
    """R's `t.test(extra ~ group, paired = TRUE)`: t = -4.0621, p = 0.002833."""
    row = paired_tests(SLEEP - SLEEP_AFTER, alpha=0.01).iloc[0]  # of the differences, one is far from the others
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
    row = paired_tests(differences, alpha=0.05).iloc[0]
    assert row["paired_test"] == "Wilcoxon signed-rank"
    assert row["paired_p"] == pytest.approx(2 / 2**7)
    assert row["assumptions"] == "differences: Shapiro-Wilk p < 0.001: Wilcoxon signed-rank"


def test_ranks_of_too_few_seeds_are_not_tested():
    row = paired_tests(np.array([[0.1, 0.11, 0.12, 0.13, 9.0]]), alpha=0.05).iloc[0]
    assert np.isnan(row["paired_p"]) and np.isnan(row["paired_statistic"])
    assert row["note"] == "no p-value: the Wilcoxon test of 5 differences cannot get below 0.0625"


def test_differences_of_zero_are_not_ranked():
    _, p, note = signed_rank(np.array([0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), 0.05)
    assert np.isnan(p)
    assert "5 differences cannot get below 0.0625" in note


def test_no_worse_is_half_of_the_two_one_sided_tests():
    """Of Student's sleep data with a margin of 0.5 hours: t = (-1.58 + 0.5) / 0.38896 = -2.777, p = 0.989 with 9 degrees."""
    tests = paired_tests(SLEEP - SLEEP_AFTER, 0.01)
    row = no_worse(SLEEP - SLEEP_AFTER, 0.5, tests, 0.05).iloc[0]
    assert row["equivalence_p"] == pytest.approx(stats.t.sf(-2.777, 9), abs=1e-4)
    assert row["equivalence_p"] == pytest.approx(0.989, abs=5e-4)
    assert row["equivalence"] == "not shown"
    wide = no_worse(SLEEP - SLEEP_AFTER, 2.5, tests, 0.05).iloc[0]
    assert (wide["equivalence"], wide["equivalence_margin"]) == ("no worse", 2.5)


def test_no_worse_by_ranks_needs_five_seeds():
    five, four = np.array([[0.1, 0.11, 0.12, 0.13, 9.0]]), np.array([[0.1, 0.1001, 0.1002, 9.0]])
    found = no_worse(five, 0.005, paired_tests(five, 0.05), 0.05).iloc[0]
    assert (found["equivalence"], found["equivalence_p"]) == ("no worse", 1 / 2**5)
    found = no_worse(four, 0.005, paired_tests(four, 0.05), 0.05).iloc[0]
    assert found["equivalence"] is None
    assert found["note"].endswith("the one-sided Wilcoxon test of 4 differences cannot get below 0.0625")


def test_welch_anova_of_plant_growth():
    """R's `oneway.test(weight ~ group)`: F = 5.181, p = 0.01739; Levene's test with medians: p = 0.3412."""
    found = all_methods(PLANT_GROWTH, 0.05, 3)
    assert (found.test, found.posthoc_test) == ("Welch ANOVA", "Games-Howell")
    assert found.statistic == pytest.approx(5.181, abs=5e-4)
    assert found.p == pytest.approx(0.01739, abs=5e-6)
    assert "Brown-Forsythe p = 0.341: Welch ANOVA" in found.assumptions


def test_games_howell_as_spss_has_it():
    found = games_howell([np.array(row) for row in ([24.0, 23, 31, 51], [34.0, 18, 18, 26], [17.0, 68, 59, 7])])
    assert found[np.triu_indices(3, 1)] == pytest.approx([0.558733632, 0.941147751, 0.682983915], abs=1e-8)
    assert (found == found.T).all() and (np.diag(found) == 1).all()


def test_studentized_range_of_the_tables():
    """Upper 5 % points (Harter 1960, Annals of Mathematical Statistics 31, 1122): 3.877 of 3 means with 10 degrees, 8.331 with 2."""
    assert studentized_range_sf(np.array([3.877]), 3, np.array([10])) == pytest.approx(0.05, abs=5e-5)
    assert studentized_range_sf(np.array([8.331]), 3, np.array([2])) == pytest.approx(0.05, abs=5e-5)


@pytest.mark.parametrize(("methods", "freedom"), [(2, 2.0), (13, 2.37), (31, 7.9)])
def test_studentized_range_is_that_of_scipy(methods, freedom):
    q = np.array([0.0, 0.5, 3.0, 8.0, 200.0])
    expected = stats.studentized_range.sf(q, methods, freedom)
    assert studentized_range_sf(q, methods, np.full(5, freedom)) == pytest.approx(expected, abs=1e-7)


def test_kruskal_wallis_test_of_the_mucociliary_data():
    """Hollander and Wolfe 1973, p. 116; R's example of `kruskal.test`: H = 0.7714, p = 0.68."""
    groups = samples([2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0])
    found = compare_all(groups, normal=False, assumptions=None)
    assert (found.statistic, found.p) == (pytest.approx(0.7714, abs=5e-5), pytest.approx(0.68, abs=5e-5))


def test_dunns_test_of_a_published_example():
    """statology.org, Dunn's test in Python: Bonferroni p of 0.550846, 0.718451 and 0.036633; with Holm the last stays."""
    groups = samples(
        [7, 14, 14, 13, 12, 9, 6, 14, 12, 8], [15, 17, 13, 15, 15, 13, 9, 12, 10, 8], [6, 8, 8, 9, 5, 14, 13, 8, 10, 9]
    )
    p = compare_all(groups, normal=False, assumptions=None).posthoc_p
    a, b, c = groups
    assert p[b, c] == p[c, b] == pytest.approx(0.036633, abs=5e-7)
    assert p[a, b] == pytest.approx(0.550846 * 2 / 3, abs=1e-6)
    assert p[a, c] == pytest.approx(0.550846 * 2 / 3, abs=1e-6)  # 0.718451 / 3 is less: Holm's p never falls


def test_methods_that_are_not_normal_are_ranked():
    found = all_methods(samples([1, 1.1, 1.2, 1.3, 1.4, 1.5, 90], [2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6]), 0.05, 3)
    assert (found.test, found.posthoc_test) == ("Kruskal-Wallis", "Dunn (Holm)")
    assert "smallest p < 0.001 (Holm, 2 methods)" in found.assumptions


def test_methods_with_few_seeds_or_without_spread_are_left_out_of_the_test_of_all():
    found = all_methods(samples([1, 2, 4], [2, 3, 3.5], [5, 5, 5], [1, 9]), 0.05, 3)
    assert found.assumptions.endswith(
        "1 method with fewer than 3 seeds left out; 1 method without spread over seeds left out"
    )
    assert {label[0] for pair in found.posthoc_p for label in pair} == {"a", "b"}


def test_three_seeds_are_too_few_to_check():
    """Two of these three differences are equal, as those of counted images often are: that says nothing of the third."""
    row = paired_tests(np.array([[0.0010, 0.0010, 0.0012]]), alpha=0.05).iloc[0]
    assert row["paired_test"] == "paired t"
    assert row["assumptions"] == "differences: fewer than 4 seeds, too few to check, taken as normal: paired t"
    found = all_methods(samples([1, 1, 1.2], [2, 3, 4]), 0.05, 3)
    assert found.assumptions.startswith(
        "methods: fewer than 4 seeds, too few to check, taken as normal; Brown-Forsythe"
    )
    assert found.test == "Welch ANOVA"


def test_there_is_no_test_of_methods_without_spread():
    found = all_methods(samples([1, 1, 1], [2, 2, 2], [3, 3, 4]), 0.05, 3)
    assert (found.test, found.assumptions, found.posthoc_p) == (None, None, {})


def test_holms_correction_is_that_of_statsmodels():
    p = pd.Series([0.04, 0.001, 0.03, 0.5, 0.03])
    assert holm(p).tolist() == pytest.approx(multipletests(p, method="holm")[1].tolist())
    assert holm(pd.Series([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])


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
