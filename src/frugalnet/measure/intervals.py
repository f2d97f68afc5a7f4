"""Intervals of what is measured in blocks; successive latencies are correlated, so blocks count and not single values."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import mstats

CONFIDENCE = 0.95
TRIMMED = 0.2
"""Fraction of the blocks that is left out at either end, because other load disturbed them."""
LEAST = 6
"""Fewer blocks than this give no interval."""


def block_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of the center of the positive values of some blocks; None for fewer than 6 blocks.

    It is that of the trimmed mean of their logarithms, so that it lies above zero, by the winsorized variance (Tukey and
    McLaughlin 1963, Sankhya A 25, 331).
    """
    if len(values) < LEAST:
        return None
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    low, high = np.exp(mstats.trimmed_mean_ci(np.log(values), limits=(TRIMMED, TRIMMED), alpha=1 - CONFIDENCE))
    return float(low), float(high)


def paired_ratio(above: Sequence[float], below: Sequence[float]) -> tuple[float, float | None, float | None] | None:
    """Return the ratio of values that were measured in turn, with its 95 % interval; None where a value is not above zero.

    With fewer than 6 pairs it is the median ratio, without an interval.
    """
    if min(*above, *below) <= 0:
        return None
    ratios = np.divide(above, below)
    interval = block_interval(ratios.tolist())
    if interval is None:
        return float(np.exp(np.median(np.log(ratios)))), None, None
    low, high = interval
    return float(np.sqrt(low * high)), low, high
