"""Interleaved ratios on noisy machines: A, the others and A again in turn, with intervals, and A against itself beside them."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats

Cost = Callable[[], float]


def compare(a: Cost, others: Mapping[str, Cost], pairs: int) -> dict[str, float]:
    """Return the median ratio of each other's cost to that of a, with its 95 % interval, and of a to itself as a check.

    The keys are the names of `others` and `ratio_median`, `ratio_low`, `ratio_high`; intervals are bootstrapped (BCa)
    over rounds.
    """
    own, costs = take_turns(a, others, pairs)
    found = {
        key: value for name in others for key, value in interval(costs[name] / own.mean(1), f"{name}ratio").items()
    }
    return found | interval(own[:, 1] / own[:, 0], "aa") | {"pairs": pairs}


def take_turns(a: Cost, others: Mapping[str, Cost], pairs: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the costs of a, two per round, and of each other, one per round.

    Each function does the work once and returns its cost. Every round does a, and then the others and a again in a
    rotating order.
    """
    own = np.empty((pairs, 2))
    costs = {name: np.empty(pairs) for name in others}
    rest = [*others, None]
    for turn in range(pairs):
        own[turn, 0] = a()
        start = turn % len(rest)
        for name in rest[start:] + rest[:start]:
            if name is None:
                own[turn, 1] = a()
            else:
                costs[name][turn] = others[name]()
    return own, costs


def interval(values: np.ndarray, name: str) -> dict[str, float]:
    """Return the median of values and its 95 % interval, as `<name>_median`, `<name>_low` and `<name>_high`."""
    found = stats.bootstrap((values,), np.median, rng=np.random.default_rng(0)).confidence_interval
    return {
        f"{name}_median": float(np.median(values)),
        f"{name}_low": float(found.low),
        f"{name}_high": float(found.high),
    }
