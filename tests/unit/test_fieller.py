"""The interval of a ratio of two means: exact for normal pairs, and unbounded where the denominator may be zero."""

from math import inf

import numpy as np
import pytest
from scipy import stats

from frugalnet.analysis.statistics.fieller import ratio_interval

COSTS = [95.0, 104.0, 101.0, 99.0, 111.0]
SAVINGS = [1.8, 2.2, 2.1, 1.7, 2.3]


def test_limits_are_the_ratios_that_a_t_test_just_rejects():
    for limit in ratio_interval(COSTS, SAVINGS, 0.95):
        differences = np.array(COSTS) - limit * np.array(SAVINGS)
        assert stats.ttest_1samp(differences, 0).pvalue == pytest.approx(0.05, rel=1e-9)


def test_limits_around_the_ratio_of_the_means():
    low, high = ratio_interval(COSTS, SAVINGS, 0.95)
    assert low < 510 / 10.1 < high
    assert (low, high) == pytest.approx((45.9130, 56.6728), abs=1e-4)


def test_denominator_without_spread_leaves_the_interval_of_student():
    low, high = ratio_interval(COSTS, [2.0] * 5, 0.95)
    mean, sem = 102.0, np.std(COSTS, ddof=1) / 5**0.5
    assert (low, high) == pytest.approx(((mean - 2.776445 * sem) / 2, (mean + 2.776445 * sem) / 2))


def test_proportional_pairs_have_an_interval_of_no_width():
    assert ratio_interval([30.0, 33.0, 36.0], [10.0, 11.0, 12.0], 0.95) == pytest.approx((3, 3))


def test_limits_of_the_inverse_are_the_inverse_limits():
    low, high = ratio_interval(COSTS, SAVINGS, 0.95)
    assert ratio_interval(SAVINGS, COSTS, 0.95) == pytest.approx((1 / high, 1 / low))


def test_limits_scale_with_the_units():
    low, high = ratio_interval(COSTS, SAVINGS, 0.95)
    assert ratio_interval(3600 * np.array(COSTS), SAVINGS, 0.95) == pytest.approx((3600 * low, 3600 * high))


def test_denominator_that_may_be_zero_leaves_no_upper_limit():
    low, high = ratio_interval(COSTS, [-0.5, 2.0, 1.0, -1.0, 0.5], 0.95)
    assert high == inf
    differences = np.array(COSTS) - low * np.array([-0.5, 2.0, 1.0, -1.0, 0.5])
    assert stats.ttest_1samp(differences, 0).pvalue == pytest.approx(0.05, rel=1e-9)


def test_denominator_below_zero_has_no_ratio_above_zero():
    assert ratio_interval(COSTS, [-saving for saving in SAVINGS], 0.95) == (inf, inf)


def test_numerator_that_may_be_zero_leaves_zero_as_lower_limit():
    low, high = ratio_interval([-5.0, 9.0, 2.0], [1.0, 1.1, 1.05], 0.95)
    assert low == 0 < high < inf


LESS = [-3.0, -4.0, -3.5, -4.5, -3.2]
OPEN = [-0.5, 2.0, 1.0, -1.0, 0.5]


@pytest.mark.parametrize(
    ("numerator", "denominator", "limits"),
    [
        (LESS, SAVINGS, (0, 0)),
        (LESS, OPEN, (0, inf)),
        (LESS, LESS, (inf, inf)),
        (OPEN, OPEN[::-1], (0, inf)),
        (OPEN, LESS, (inf, inf)),
        (COSTS, LESS, (inf, inf)),
    ],
)
def test_what_is_not_above_zero_costs_nothing_and_saves_nothing(numerator, denominator, limits):
    assert ratio_interval(numerator, denominator, 0.95) == limits


@pytest.mark.parametrize("cost", [8.0, 1.0, 0.0, -8.0])
@pytest.mark.parametrize("saving", [2.0, 0.2, 0.0, -2.0])
def test_limits_hold_what_earns_a_cost_also_where_cost_and_saving_are_near_or_below_zero(cost, saving):
    truth = inf if saving < 0 or saving == 0 < cost else max(cost, 0) / saving if saving else 0
    draw = np.random.default_rng(6)
    held = 0
    for _ in range(2000):
        low, high = ratio_interval(draw.normal(cost, 5, 5), draw.normal(saving, 1, 5), 0.95)
        held += low <= truth <= high
    assert held / 2000 > 0.94


@pytest.mark.parametrize("saving", [2.0, 0.5])
def test_ninety_five_of_a_hundred_intervals_hold_the_ratio(saving):
    """Also where the denominator is mostly not resolved: then the interval has no upper end."""
    draw = np.random.default_rng(5)
    covariance = [[100, 2.5], [2.5, 0.25]]  # correlation 0.5
    held = 0
    for _ in range(4000):
        pairs = draw.multivariate_normal([100, saving], covariance, size=5)
        low, high = ratio_interval(pairs[:, 0], pairs[:, 1], 0.95)
        held += low <= 100 / saving <= high
    assert 0.94 < held / 4000 < 0.96
