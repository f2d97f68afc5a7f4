"""The averaging time of a power sensor, found with a load that is switched on and off.

A sensor whose reading is the mean of the last T seconds turns a step into a ramp of T seconds. The T is taken whose moving mean
of the load fits the readings best; the fit also gives the two power levels and the delay of the readings.
"""

from collections.abc import Sequence

import numpy as np

from frugalnet.energy.timeline import Timeline

STEP_S = 0.02
LATE_S = (-0.1, 0.5)
"""Range of the delay with which readings are published."""
LEAST_S = 0.05
"""A load cannot be switched more sharply: a sensor that averages over less looks like one that does not average."""
EXPLAINED = 0.7
"""Least share of the readings' variance that the load must explain; below it the load is not seen."""
READINGS = 20
ROUNDS, OUTLIER = 4, 2.0
"""Readings further from the fit than OUTLIER robust standard deviations weigh less in the next of ROUNDS rounds (Huber)."""


def averaging_s(timeline: Timeline, loads: Sequence[tuple[float, float]]) -> float | None:
    """Return over how many seconds the power of a device is a mean; 0 for less than 0.05 s, None if that cannot be found.

    `loads` are the separate stretches under load on the timeline's clock. The averaging time can be found up to the length of
    the shortest stretch under load or at rest.
    """
    edges_s = np.array(loads).ravel()
    longest_s = float(np.diff(edges_s).min())
    time_s, power_w = timeline.column("time_s"), timeline.column("power_w")
    chosen = (time_s >= edges_s[0]) & (time_s <= edges_s[-1] + longest_s) & np.isfinite(power_w)
    if chosen.sum() < READINGS:
        return None
    shapes = _shapes(time_s[chosen], edges_s, np.arange(0, longest_s, STEP_S))
    best, explained = _nearest(shapes, power_w[chosen])
    found_s = best * STEP_S
    if explained < EXPLAINED or found_s > longest_s - 2 * STEP_S:
        return None
    return round(found_s, 2) if found_s >= LEAST_S else 0.0


def _shapes(time_s: np.ndarray, edges_s: np.ndarray, lengths_s: np.ndarray) -> np.ndarray:
    """Return the share of the load that sensors see at some moments, by averaging time and delay."""
    late = np.arange(round(LATE_S[0] / STEP_S), round(LATE_S[1] / STEP_S) + 1)
    shifts = np.arange(late[0], late[-1] + len(lengths_s))
    before_s = time_s - STEP_S * shifts[:, None]
    loaded_s = np.concatenate([[0.0], np.cumsum(np.diff(edges_s) * (np.arange(len(edges_s) - 1) % 2 == 0))])
    energy_s = np.interp(before_s, edges_s, loaded_s)  # energy so far of a load of 1 W
    first = np.arange(len(late))
    shapes = [(np.searchsorted(edges_s, before_s[first], side="right") % 2).astype(float)]
    for number, length_s in enumerate(lengths_s[1:], start=1):
        shapes.append((energy_s[first] - energy_s[first + number]) / length_s)
    return np.array(shapes)


def _nearest(shapes: np.ndarray, power_w: np.ndarray) -> tuple[int, float]:
    """Return the index of the averaging time whose shape fits best, and the share of the variance that it explains."""
    weight = np.ones(len(power_w))
    best, explained = 0, 0.0
    for _ in range(ROUNDS):
        weight /= weight.sum()
        level_w = power_w - power_w @ weight
        seen = shapes - (shapes @ weight)[..., None]
        spread, total_w2 = seen**2 @ weight, level_w**2 @ weight
        rise_w = np.divide(seen @ (weight * level_w), spread, out=np.zeros_like(spread), where=spread > 0)
        gained_w2 = np.where(rise_w > 0, rise_w**2 * spread, 0)
        place = np.unravel_index(np.argmax(gained_w2), gained_w2.shape)
        best, explained = int(place[0]), float(gained_w2[place] / total_w2) if total_w2 > 0 else 0.0
        off_w = np.abs(level_w - rise_w[place] * seen[place])
        limit_w = OUTLIER * 1.4826 * np.median(off_w)
        weight = limit_w / np.maximum(off_w, max(limit_w, 1e-9))
    return best, explained
