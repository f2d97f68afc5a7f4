"""The interval of a ratio of two means."""

from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def ratio_interval(numerator: ArrayLike, denominator: ArrayLike, confidence: float) -> tuple[float, float]:
    """Return the limits of the ratio of two means, on the half line from zero to infinity, from two or more pairs.

    These are the ratios r for which the mean of `numerator - r * denominator` is not significantly different from zero
    (Student's t): Fieller's theorem, exact for normal pairs (Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x). The
    numerator is a price and the denominator what it saves. The ratio is infinite if the denominator is not above zero;
    otherwise it is zero if the numerator is not above zero. The limits depend on which mean is significantly above or below zero:

    | numerator  | denominator above    | neither                | below    |
    |------------|----------------------|------------------------|----------|
    | above      | the two roots        | lower root to infinity | infinity |
    | neither    | zero to upper root   | zero to infinity       | infinity |
    | below      | zero                 | zero to infinity       | infinity |

    Where neither end of the half line is rejected, numbers between them may be; the interval still includes these.
    """
    above, below = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    count = len(above)
    t = stats.t.ppf((1 + confidence) / 2, count - 1)
    ((variance_above, covariance), (_, variance_below)) = t**2 * np.cov(above, below) / count
    # The limits are the roots of a r^2 - 2 b r + c; a and c are above zero where a mean is significantly different from it.
    a = below.mean() ** 2 - variance_below
    b = above.mean() * below.mean() - covariance
    c = above.mean() ** 2 - variance_above
    if a > 0 and below.mean() < 0:
        return inf, inf
    if c > 0 and above.mean() < 0:
        return 0.0, 0.0 if a > 0 else inf
    far = b + sqrt(max(b**2 - a * c, 0))
    low = 0.0 if c <= 0 else c / far if far > 0 else inf
    return float(low), float(far / a) if a > 0 else inf
