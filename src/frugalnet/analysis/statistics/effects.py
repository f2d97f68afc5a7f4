"""Effect sizes with intervals, of many pairs of methods at once: arrays of pairs x seeds in, one number for each pair out."""

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Numbers = NDArray[np.float64]
FAR = 1_000.0
"""Size of t beyond which its limits are taken from chi-squared."""
Estimate = tuple[Numbers, Numbers, Numbers]
"""A number with the lower and the upper end of its interval."""


def cliffs_delta(values: Numbers, against: Numbers, confidence: float) -> Estimate:
    """Return how much more often a value is above one of the other method than below it: from -1 to 1.

    The interval treats seeds as independent, which is conservative where methods of one seed are alike. It uses the
    unbiased variance (Cliff 1993, doi:10.1037/0033-2909.114.3.494) and the asymmetric limits (Cliff 1996, Multivariate
    Behavioral Research 31, 331) with Student's t. Samples that do not overlap have no variance; their limit is that of
    Feng and Cliff (2004, Journal of Modern Applied Statistical Methods 3, 322).
    """
    wins = np.sign(values[:, :, None] - against[:, None, :])
    m, n = wins.shape[1:]
    delta = wins.mean(axis=(1, 2))
    t = _quantile(confidence, m + n - 2)
    rows = np.sum((wins.mean(axis=2) - delta[:, None]) ** 2, axis=1)
    columns = np.sum((wins.mean(axis=1) - delta[:, None]) ** 2, axis=1)
    cells = np.sum((wins - delta[:, None, None]) ** 2, axis=(1, 2))
    unbiased = (n**2 * rows + m**2 * columns - cells) / (m * n * (m - 1) * (n - 1))
    variance = np.maximum(unbiased, (1 - delta**2) / (m * n - 1))
    half = t * np.sqrt(variance * ((1 - delta**2) ** 2 + t**2 * variance))
    apart = np.abs(delta) == 1
    scale = np.where(apart, 1, 1 - delta**2 + t**2 * variance)
    furthest = (min(m, n) - t**2) / (min(m, n) + t**2)
    low = np.where(apart, np.where(delta > 0, furthest, -1), (delta - delta**3 - half) / scale)
    high = np.where(apart, np.where(delta > 0, 1, -furthest), (delta - delta**3 + half) / scale)
    return delta, low, high


def hedges_g(values: Numbers, against: Numbers, confidence: float) -> Estimate:
    """Return the difference of paired means in standard deviations, without the bias of small samples: g_av.

    The standard deviation is the root of the mean of both methods' variances, so that g does not grow with the
    correlation over seeds (Lakens 2013, doi:10.3389/fpsyg.2013.00863); the correction uses the degrees of freedom of
    the pairs (Borenstein et al. 2009, Introduction to Meta-Analysis, chapter 4). The interval of what g estimates is
    from the noncentral t distribution (Algina and Keselman 2003, doi:10.1177/0013164403256358). It needs three or more
    pairs whose differences are not all the same.
    """
    freedom = values.shape[-1] - 1
    differences = values - against
    spread = np.sqrt((values.var(axis=-1, ddof=1) + against.var(axis=-1, ddof=1)) / 2)
    error = stats.sem(differences, axis=-1)
    t = differences.mean(axis=-1) / error
    low = _noncentrality(freedom, (1 + confidence) / 2, t) * error / spread
    high = _noncentrality(freedom, (1 - confidence) / 2, t) * error / spread
    unbiased = np.exp(special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
    return unbiased * t * error / spread, low, high


def _noncentrality(freedom: int, probability: float, t: Numbers) -> Numbers:
    """Return the noncentrality with which Student's t stays below `t` with this probability.

    For a large t the spread of the numerator does not matter, and it follows from chi-squared alone. The library's
    function loses its digits there, and does not return for still larger ones.
    """
    near = special.nctdtrinc(freedom, probability, np.clip(t, -FAR, FAR))
    spread = stats.chi2.ppf(np.where(t > 0, 1 - probability, probability), freedom)
    return np.where(np.abs(t) > FAR, t * np.sqrt(spread / freedom), near)


def _quantile(confidence: float, freedom: int) -> float:
    return float(stats.t.ppf((1 + confidence) / 2, freedom))
