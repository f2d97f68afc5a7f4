"""The test of all methods at once: paired by seed, as published, and silent where seeds are too few."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from frugalnet.analysis.statistics.omnibus import all_methods, friedman

ROUNDING_FIRST_BASE = np.array(
    [
        *([5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40], [5.90, 5.85, 5.70]),
        *([5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35], [5.25, 5.15, 5.00], [5.85, 5.80, 5.70]),
        *([5.25, 5.20, 5.10], [5.65, 5.55, 5.45], [5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40]),
        *([5.45, 5.55, 5.50], [5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40]),
        *([5.70, 5.65, 5.55], [6.30, 6.30, 6.25]),
    ]
)
"""Seconds of 22 players with three ways of rounding first base (Hollander and Wolfe 1973, p. 140)."""


def seeds_of(**methods):
    return pd.DataFrame({(name, "default"): pd.Series(values, dtype=float) for name, values in methods.items()})


def test_friedman_test_of_rounding_first_base():
    """R's example of `friedman.test`: chi-squared = 11.143, p = 0.003805 with 2 degrees; these ranks have 1.7."""
    statistic, p = friedman(ROUNDING_FIRST_BASE)
    assert statistic == pytest.approx(11.143, abs=5e-4)
    assert p == pytest.approx(0.00585, abs=1e-5)


def test_methods_that_vary_more_than_others_take_degrees_of_freedom():
    """Two methods that are everything or nothing, between four that are nearly alike: the ranks have few degrees of freedom."""
    ranks = np.array([[1, 6, 2, 3, 4, 5], [6, 1, 3, 2, 5, 4], [1, 6, 2, 3, 4, 5], [1, 6, 3, 2, 5, 4]], dtype=float)
    statistic, p = friedman(ranks)
    assert statistic == pytest.approx(stats.friedmanchisquare(*ranks.T).statistic)
    assert p > 1.2 * stats.chi2.sf(statistic, 5)


def test_what_all_methods_of_a_seed_have_in_common_does_not_count():
    values = seeds_of(a=[1, 2, 4, 7], b=[1.2, 2.3, 4.1, 7.2], c=[1.9, 2.9, 4.8, 7.9], d=[0.5, 1.4, 3.7, 6.2])
    found = all_methods(values, 3)
    assert (found.test, found.p) == ("Friedman", pytest.approx(0.0074, abs=1e-4))
    shifted = all_methods(values.add([0, 100, 10, 50], axis="index"), 3)
    assert (shifted.statistic, shifted.p) == (found.statistic, found.p)


def test_methods_with_few_seeds_or_without_spread_are_left_out():
    found = all_methods(seeds_of(a=[1, 2, 4], b=[2, 3, 3.5], c=[1, 4, 5], d=[1, 9], e=[5, 5, 5]), 3)
    assert found.assumptions == (
        "methods: Friedman test of 3 methods over 3 seeds; 1 method with fewer than 3 seeds left out; "
        "1 method without spread over seeds left out"
    )


def test_test_is_of_the_seeds_that_all_methods_have():
    nan = float("nan")
    some = seeds_of(a=[1, 2, 4, nan], b=[2, 3, 3.5, 1], c=[1, 4, 5, 2])
    assert all_methods(some, 3).assumptions == "methods: Friedman test of 3 methods over 3 seeds"
    few = all_methods(seeds_of(a=[1, 2, 4, nan], b=[2, 3, nan, 1], c=[1, 4, 5, 2]), 3)
    assert (few.test, few.assumptions) == (None, "methods: 2 seeds that all 3 methods have, too few for a test of all")
    assert np.isnan(few.p)


def test_two_methods_have_their_paired_test_alone():
    found = all_methods(seeds_of(a=[1, 2, 4], b=[2, 3, 3.5]), 3)
    assert (found.test, found.assumptions) == (None, None)
