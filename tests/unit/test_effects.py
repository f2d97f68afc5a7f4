"""Effect sizes with intervals: as published, of any sign, and held as often as they say."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from frugalnet.analysis.statistics.effects import cliffs_delta, hedges_g
from frugalnet.analysis.statistics.resampled import median_interval, ratio_of_means_interval
from frugalnet.analysis.statistics.sampling import mean_interval
from frugalnet.config.statistics import Statistics

SLEEP = np.array([[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]])
SLEEP_AFTER = np.array([[1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]])
"""Additional hours of sleep under two drugs (Student 1908, Biometrika 6, 1; the data set `sleep` of R)."""


def pairs_with(means, deviations, correlation, count):
    """Return one row of values of each method that have exactly these moments."""
    draws = np.random.default_rng(1).normal(size=(2, count))
    draws -= draws.mean(axis=1, keepdims=True)
    independent = np.linalg.inv(np.linalg.cholesky(np.cov(draws))) @ draws
    one = means[0] + deviations[0] * independent[0]
    mixed = correlation * independent[0] + sqrt(1 - correlation**2) * independent[1]
    return one[None], (means[1] + deviations[1] * mixed)[None]


def simulated(seeds, shift, correlation, rows=4000):
    draw = np.random.default_rng(7)
    against = draw.normal(size=(rows, seeds))
    values = shift + correlation * against + sqrt(1 - correlation**2) * draw.normal(size=(rows, seeds))
    return values, against


def share_held(limits, true):
    low, high = limits
    return np.mean((low <= true) & (true <= high))


def test_interval_of_the_mean_difference_of_students_sleep_data():
    """R's `t.test(extra ~ group, paired = TRUE)`: -1.58, interval -2.4598858 to -0.7001142."""
    found = mean_interval(SLEEP - SLEEP_AFTER, 0.0, 0.95)
    assert np.concatenate(found) == pytest.approx([-1.58, -2.4598858, -0.7001142], abs=1e-7)


def test_hedges_g_of_a_published_example_of_matched_groups():
    """Borenstein et al. 2009, Introduction to Meta-Analysis, chapter 4: d = 0.4225, g = 0.4160."""
    within = 5.5 / sqrt(2 * (1 - 0.7))
    g, _, _ = hedges_g(*pairs_with((103, 100), (within, within), 0.7, 50), 0.95)
    assert g == pytest.approx(0.4160, abs=1e-4)


def test_hedges_g_has_the_standard_deviation_of_both_methods():
    """Example of `ci.stdmean.ps` of the R package statpsych (Bonett 2008, doi:10.1037/1082-989X.13.2.99): d = 0.5550319."""
    g, _, _ = hedges_g(*pairs_with((110.4, 102.1), (15.3, 14.6), 0.75, 25), 0.95)
    correction = 1 - 3 / (4 * 24 - 1)  # nearly, of 24 degrees of freedom (Hedges 1981, doi:10.3102/10769986006002107)
    assert g == pytest.approx(0.5550319 * correction, abs=1e-4)


def test_limits_of_g_are_the_effects_under_which_t_would_be_at_its_quantiles():
    values, against = pairs_with((3, 2), (1, 1), 0.5, 10)
    _, low, high = hedges_g(values, against, 0.95)
    error = 1 / sqrt(10)  # of the mean difference, whose standard deviation is 1
    assert stats.nct.cdf(1 / error, 9, low / error) == pytest.approx(0.975, abs=1e-6)
    assert stats.nct.cdf(1 / error, 9, high / error) == pytest.approx(0.025, abs=1e-6)


def test_cliffs_delta_of_a_published_example():
    """The example of `cliff.delta` of the R package effsize: -0.25, interval -0.7265846 to 0.3890062."""
    treated = np.array([[10, 10, 20, 20, 20, 30, 30, 30, 40, 50]])
    control = np.array([[10, 20, 30, 40, 40, 50]])
    found = np.concatenate(cliffs_delta(treated, control, 0.95))
    assert found == pytest.approx([-0.25, -0.7265846, 0.3890062], abs=1e-7)


def test_methods_that_do_not_overlap_have_the_limit_of_feng_and_cliff():
    """The limit is (n - t^2) / (n + t^2), with t = 2.228139 of 10 degrees of freedom."""
    low, high = np.array([[1.0, 2, 3, 4, 5, 6]]), np.array([[7.0, 8, 9, 10, 11, 12]])
    limit = (6 - 2.228139**2) / (6 + 2.228139**2)
    assert np.concatenate(cliffs_delta(high, low, 0.95)) == pytest.approx([1, limit, 1], abs=1e-6)
    assert np.concatenate(cliffs_delta(low, high, 0.95)) == pytest.approx([-1, -1, -limit], abs=1e-6)


def test_hedges_g_of_sizes_that_hardly_vary_has_limits_too():
    """Student's t is 705,498 here, far beyond where the noncentral distribution can be inverted."""
    sizes, others = np.array([[11_234.0, 11_234, 11_235]]), np.array([[246_380.0] * 3])
    (g,), (low,), (high,) = hedges_g(sizes, others, 0.95)
    # limits t * sqrt(chi2 / 2) with the quantiles 0.050636 and 7.377759 of chi2, over sqrt(3), times sqrt(2)
    assert low == pytest.approx(-705_498 * (7.377759 / 2) ** 0.5 * (2 / 3) ** 0.5, rel=1e-4)
    assert high == pytest.approx(-705_498 * (0.050636 / 2) ** 0.5 * (2 / 3) ** 0.5, rel=1e-4)
    assert low < g < high < 0


@pytest.mark.parametrize("effect", [cliffs_delta, hedges_g])
def test_effect_changes_its_sign_with_the_order_of_the_methods(effect):
    there, low, high = effect(SLEEP_AFTER, SLEEP, 0.95)
    back, back_low, back_high = effect(SLEEP, SLEEP_AFTER, 0.95)
    assert there > 0 > back
    assert np.concatenate([back, back_low, back_high]) == pytest.approx(np.concatenate([-there, -high, -low]))


@pytest.mark.parametrize("effect", [cliffs_delta, hedges_g])
def test_effect_has_no_unit(effect):
    hours, minutes = effect(SLEEP_AFTER, SLEEP, 0.95), effect(60 * SLEEP_AFTER, 60 * SLEEP, 0.95)
    assert np.concatenate(minutes) == pytest.approx(np.concatenate(hours))


@pytest.mark.parametrize("correlation", [0.0, 0.8])
@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("seeds", [3, 5])
def test_intervals_hold_what_they_are_of_in_at_least_ninety_five_of_a_hundred_cases(seeds, shift, correlation):
    """Cliff's, which takes seeds as independent, in more."""
    values, against = simulated(seeds, shift, correlation)
    delta = 2 * stats.norm.cdf(shift / sqrt(2)) - 1
    assert 0.935 < share_held(hedges_g(values, against, 0.95)[1:], shift) < 0.985
    assert 0.935 < share_held(mean_interval(values - against, 0.0, 0.95)[1:], shift) < 0.965
    assert share_held(cliffs_delta(values, against, 0.95)[1:], delta) > 0.95


@pytest.mark.parametrize(("seeds", "median_held", "ratio_held"), [(3, 0.75, 0.75), (5, 0.9375, 0.84)])
def test_bootstrap_of_few_seeds_holds_less_than_it_says(seeds, median_held, ratio_held):
    """What the data dictionary says of these intervals: that of the median is the range of the seeds."""
    values, against = simulated(seeds, 0.0, 0.0, rows=1000)
    settings = Statistics(resamples=999)
    assert share_held(median_interval(values, 0.95, settings), 0) == pytest.approx(median_held, abs=0.04)
    limits = ratio_of_means_interval(values + 20, against + 20, 0.95, settings)
    assert share_held(limits, 1) == pytest.approx(ratio_held, abs=0.04)


def test_bootstrap_of_the_median_is_that_of_scipy():
    differences = np.array([[0.2, 1.1, -0.4, 0.9, 2.0, 0.3, 0.6, 1.5]])
    found = stats.bootstrap(differences, np.median, n_resamples=9999, method="percentile", rng=3).confidence_interval
    low, high = median_interval(differences, 0.95, Statistics())
    assert (low, high) == pytest.approx((found.low, found.high), abs=0.1)


def test_bootstrap_of_the_ratio_draws_pairs():
    """Methods that are proportional have the same ratio in every sample of pairs."""
    costs = np.array([[10.0, 12.0, 14.0, 19.0]])
    assert ratio_of_means_interval(3 * costs, costs, 0.95, Statistics()) == pytest.approx((3, 3))
