"""Interleaved ratios on noisy machines: A, B and A again in turn, with intervals, and A against itself beside them."""

from collections.abc import Callable

import numpy as np
from scipy import stats


def compare(a: Callable[[], float], b: Callable[[], float], pairs: int) -> dict[str, float]:
    """Return the median of b/a with its 95 % interval, and that of a/a, which says how far it can be trusted.

    `a` and `b` do the work once and return its cost. Each round measures a, b, a; the order of the last two alternates.
    Intervals are bootstrapped (BCa) over rounds.
    """
    ratios, same = [], []
    for turn in range(pairs):
        first = a()
        second, third = (b(), a()) if turn % 2 else (a(), b())[::-1]
        ratios.append(second / np.mean([first, third]))
        same.append(third / first)
    return {
        **_interval(ratios, "ratio_median", "ratio_low", "ratio_high"),
        **_interval(same, "aa_median", "aa_low", "aa_high"),
        "pairs": pairs,
    }


def _interval(values: list[float], median: str, low: str, high: str) -> dict[str, float]:
    found = stats.bootstrap((values,), np.median, rng=np.random.default_rng(0)).confidence_interval
    return {median: float(np.median(values)), low: float(found.low), high: float(found.high)}
