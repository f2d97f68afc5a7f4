"""Interleaved ratios on noisy machines: A, the others and A again in turn, with intervals, and A against itself beside them."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats

Cost = Callable[[], float]


def compare(a: Cost, others: Mapping[str, Cost], pairs: int) -> dict[str, float]:
    """Return the median of each other's cost over that of a, with its 95 % interval, and that of a/a, which says how far it can be trusted.

    Each function does the work once and returns its cost. Every round does a, and then the others and a again in an order that
    rotates. The keys are the names of `others` and `ratio_median`, `ratio_low`, `ratio_high`; intervals are bootstrapped (BCa)
    over rounds.
    """
    ratios: dict[str, list[float]] = {name: [] for name in others}
    same: list[float] = []
    for turn in range(pairs):
        first = a()
        rest = [*others, None]
        order = rest[turn % len(rest) :] + rest[: turn % len(rest)]
        costs = {name: a() if name is None else others[name]() for name in order}
        plain = np.mean([first, costs[None]])
        same.append(costs[None] / first)
        for name in others:
            ratios[name].append(costs[name] / plain)
    found = {key: value for name in others for key, value in _interval(ratios[name], f"{name}ratio").items()}
    return found | _interval(same, "aa") | {"pairs": pairs}


def _interval(values: list[float], name: str) -> dict[str, float]:
    found = stats.bootstrap((values,), np.median, rng=np.random.default_rng(0)).confidence_interval
    return {
        f"{name}_median": float(np.median(values)),
        f"{name}_low": float(found.low),
        f"{name}_high": float(found.high),
    }
