"""Intervals of what is measured in blocks hold what they say: of autocorrelated latencies, and of ratios under drift."""

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom

from frugalnet.measure.intervals import block_interval, paired_ratio

BLOCKS, IN_BLOCK, TIMES = 12, 20, 500
AUTOCORRELATION = 0.3


def latencies(random):
    """Return lognormal latencies, times x values, whose median is 1: the logarithm of each has 0.3 of the one before."""
    noise = random.normal(size=(TIMES, 100 + BLOCKS * IN_BLOCK)) * (1 - AUTOCORRELATION**2) ** 0.5
    return np.exp(0.2 * lfilter([1], [1, -AUTOCORRELATION], noise)[:, 100:])


def coverage(intervals):
    return np.mean([low <= 1 <= high for low, high in intervals])


def of_single_values(values):
    """Return the interval of the median by order statistics, which takes each value as independent."""
    place = int(binom.ppf(0.025, len(values), 0.5))
    ordered = np.sort(values)
    return ordered[place - 1], ordered[-place]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_interval_over_blocks_covers_the_median_of_autocorrelated_latencies(seed):
    found = latencies(np.random.default_rng(seed))
    blocks = np.median(found.reshape(TIMES, BLOCKS, IN_BLOCK), axis=2)
    assert coverage(block_interval(each.tolist()) for each in blocks) >= 0.93


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_interval_of_single_values_would_not(seed):
    assert 0.85 <= coverage(map(of_single_values, latencies(np.random.default_rng(seed)))) <= 0.90


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ratio_of_identical_models_has_1_in_its_interval_while_both_drift(seed):
    random = np.random.default_rng(seed)
    found = []
    for _ in range(TIMES):
        drift = np.exp(np.cumsum(0.1 * random.normal(size=BLOCKS)))
        pair = drift * np.exp(0.03 * random.normal(size=(2, BLOCKS)))
        found.append(paired_ratio(*pair.tolist())[1:])
    assert coverage(found) >= 0.93
    # Drift is that of both: each alone moves by a third, and their ratio is known to some hundredths.
    assert np.mean([high - low for low, high in found]) < 0.08


def test_ratio_lies_in_the_geometric_middle_of_its_interval():
    above = [2.0, 2.1, 1.9, 2.0, 2.2, 1.8]
    ratio, low, high = paired_ratio(above, [1.0] * 6)
    assert 1.8 < low < ratio < high < 2.21
    assert ratio == pytest.approx((low * high) ** 0.5)
    assert paired_ratio([1.0] * 6, above) == pytest.approx((1 / ratio, 1 / high, 1 / low))


def test_values_that_are_all_alike_leave_nothing_open():
    assert block_interval([3.0] * 6) == (3.0, 3.0)
    assert paired_ratio([3.0] * 6, [2.0] * 6) == pytest.approx((1.5, 1.5, 1.5))


def test_blocks_at_either_end_are_trimmed():
    # Of the logarithms 1 to 12 two at either end: the middle 3 to 10, whose winsorized variance is 8.2727 (sums over 11).
    # With Student's t(0.975, 7) = 2.364624, Tukey and McLaughlin's half width is 2.364624 * sqrt(8.2727 * 11 / (8 * 7)) =
    # 3.0143. SciPy takes 0.6 for the part that is left, which is 0.6667 here: 3.2722.
    low, high = np.log(block_interval(np.exp(np.arange(1.0, 13.0)).tolist()))
    assert (low + high) / 2 == pytest.approx(6.5)
    assert (high - low) / 2 == pytest.approx(3.2722, abs=1e-4)


@pytest.mark.parametrize("count", [6, 7, 8, 9, 12, 15, 20])
def test_interval_of_any_number_of_blocks_covers_their_middle(count):
    random = np.random.default_rng(count)
    found = [block_interval(each.tolist()) for each in np.exp(0.05 * random.normal(size=(TIMES, count)))]
    assert coverage(found) >= 0.92


def test_block_in_which_something_else_went_on_moves_little():
    quiet = [1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.0]
    low, high = block_interval([*quiet[:-1], 40.0])
    assert 0.97 < low < 1.0 < high < 1.03


def test_interval_of_times_lies_above_zero_however_much_they_were_disturbed():
    low, high = block_interval([1.1, 1.0, 1.2, 9.0, 14.0, 1.1])
    assert 0 < low < 1.0
    assert high > 2.0


@pytest.mark.parametrize("count", [1, 5])
def test_fewer_than_six_blocks_bound_nothing_and_have_a_ratio_all_the_same(count):
    assert block_interval([1.0, 1.1, 0.9, 1.0, 1.2][:count]) is None
    assert paired_ratio([2.0, 2.2, 1.8, 2.0, 2.0][:count], [1.0] * count) == (pytest.approx(2.0), None, None)


@pytest.mark.parametrize("place", ["above", "below"])
def test_what_took_nothing_has_no_ratio(place):
    values = {"above": [1.0] * 6, "below": [1.0] * 6}
    values[place] = [1.0] * 5 + [0.0]
    assert paired_ratio(values["above"], values["below"]) is None
