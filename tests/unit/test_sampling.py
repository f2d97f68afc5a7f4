"""The mean of paired differences, with what seeds and what test samples make uncertain."""

import numpy as np
import pytest
from scipy import stats

from frugalnet.analysis.statistics.sampling import mean_interval, one_sided_p, sample_variance

DIFFERENCES = np.array([[1.0, 2.0, 4.0], [-3.0, -1.0, 0.5]])
NONE = np.zeros(2)


def test_without_test_samples_it_is_students_t():
    found = stats.ttest_1samp(DIFFERENCES, 0, axis=-1)
    within = found.confidence_interval(0.95)
    assert np.array(mean_interval(DIFFERENCES, NONE, 0.95)[1:]) == pytest.approx(np.array([within.low, within.high]))
    above = stats.ttest_1samp(DIFFERENCES, 0, axis=-1, alternative="greater").pvalue
    assert one_sided_p(DIFFERENCES, NONE) == pytest.approx(above)


def test_test_samples_widen_the_interval_by_a_normal_part():
    mean, low, high = mean_interval(np.array([[-1.0, 1.0]]), np.array([4.0]), 0.95)
    assert mean == [0]
    assert high == pytest.approx([np.hypot(12.7062, 2 * 1.95996)], rel=1e-5)
    assert low == -high


def test_seeds_that_all_agree_leave_the_normal_part():
    assert mean_interval(np.array([[1.0, 1.0, 1.0]]), np.array([0.25]), 0.95)[1] == pytest.approx(
        [1 - 0.97998], rel=1e-3
    )
    assert one_sided_p(np.array([[1.0, 1.0, 1.0]]), np.array([0.25])) == pytest.approx([0.02275], rel=1e-3)


def test_p_is_where_the_interval_ends_at_zero():
    for confidence in (0.5, 0.9, 0.99):
        _, low, high = mean_interval(DIFFERENCES, np.array([0.5, 2.0]), confidence)
        shifted = DIFFERENCES - np.array([low, high])[[0, 1], [0, 1]][:, None]
        expected = [(1 - confidence) / 2, 1 - (1 - confidence) / 2]
        assert one_sided_p(shifted, np.array([0.5, 2.0])) == pytest.approx(expected, rel=1e-6)


def test_what_samples_do_to_each_seed_alone_is_not_counted_twice():
    draws = np.random.default_rng(0)
    common, own = draws.normal(0, 2, (1, 1, 20_000)), draws.normal(0, 3, (1, 5, 20_000))
    assert sample_variance(common + own) == pytest.approx([4], rel=0.05)
    assert sample_variance(own)[0] < 0.1
    assert sample_variance(np.array([[[1.0, -1.0], [-1.0, 1.0]]])) == [0]
