"""The flags of the ledger: what disturbed a window, what limits its resolution, and why its energy is not known."""

import numpy as np

from frugalnet.energy.curve import NEAR_S, EnergyCurve, Points
from frugalnet.energy.timeline import RESOLVED_READINGS, Timeline
from frugalnet.record.windows import OTHER_LOAD

RESOLUTION = "resolution_limited"
TEMPERATURE_DRIFT_C = 10.0
"""A window over which the temperature changes by this much is flagged: leakage then changes its power by a percent or more."""
AVERAGED = 10
"""A window shorter than this many averaging times of the sensor is flagged: its edges are blurred over a large part of it."""
LOADED, LOADED_CORES, LOADED_S = 0.02, (0.1, 0.5), 1.0
"""A window of at least LOADED_S seconds is flagged if other processes kept the share LOADED of the machine's cores busy.

LOADED_CORES bounds the number of cores that this share means, from below and above.
"""

Numbers = np.ndarray


def other_load(cores: float, of: int, duration_s: float) -> list[str]:
    """Return the flag of a window in which other processes kept `cores` cores `of` the machine's busy, on average."""
    loaded = duration_s >= LOADED_S and cores >= np.clip(LOADED * of, *LOADED_CORES)
    return [f"{OTHER_LOAD}{100 * cores / of:.0f} %"] if loaded else []


def unresolved(curve: EnergyCurve, start_s: Numbers, end_s: Numbers) -> Numbers:
    """Tell which windows have too few readings, or are too short for the sensor's averaging, to resolve their energy."""
    behind = np.searchsorted(curve.time_s, end_s + NEAR_S, "right")
    readings = behind - np.searchsorted(curve.time_s, start_s - NEAR_S, "left")
    return (readings < RESOLVED_READINGS) | (end_s - start_s < RESOLVED_READINGS * curve.averaging_s)


def disturbances(
    timeline: Timeline, curve: EnergyCurve, start: Points, end: Points, start_s: Numbers, end_s: Numbers
) -> list[list[str]]:
    """Return the flags of each window, given the energy at both its edges."""
    known = start.known & end.known & (start.stretch == end.stretch)
    flags: list[list[str]] = [[] for _ in start_s]
    for window in np.flatnonzero(~known):
        reading = int(start.reading[window])
        flags[window].append(f"unknown: {_why(timeline, curve, reading, start_s[window], end_s[window])}")
    if not len(curve.time_s):
        return flags
    for window in np.flatnonzero(known & unresolved(curve, start_s, end_s)):
        flags[window].append(RESOLUTION)
    for window in np.flatnonzero(known & (end_s - start_s < AVERAGED * curve.averaging_s)):
        flags[window].append(f"power_averaged: {curve.averaging_s:g} s")
    first = np.clip(np.searchsorted(curve.time_s, start_s, side="right") - 1, 0, None)
    behind = np.clip(np.searchsorted(curve.time_s, end_s, side="left") + 1, first + 1, len(curve.time_s))
    others = np.nan_to_num(timeline.column("other_processes"))
    for window in _touched(others > 0, first, behind):
        flags[window].append(f"other_processes: {others[first[window] : behind[window]].max():.0f}")
    reasons = np.array([reason or "" for reason in timeline.throttle], dtype=object)
    for window in _touched(reasons != "", first, behind):
        found = {part for text in set(reasons[first[window] : behind[window]]) for part in text.split("+") if part}
        flags[window].append(f"throttled: {'+'.join(sorted(found))}")
    drift_c = _drift_c(timeline, first, behind)
    for window in np.flatnonzero(drift_c >= TEMPERATURE_DRIFT_C):
        flags[window].append(f"temperature_drift: {drift_c[window]:.0f} C")
    return flags


def _touched(condition: Numbers, first: Numbers, behind: Numbers) -> Numbers:
    """Return the windows in whose readings a condition holds somewhere."""
    count = np.concatenate([[0], np.cumsum(condition)])
    return np.flatnonzero(count[behind] > count[first])


def _drift_c(timeline: Timeline, first: Numbers, behind: Numbers) -> Numbers:
    """Return the range of the temperature in each window; NaN where it is not known."""
    temperature_c = np.append(timeline.column("temperature_c"), np.nan)
    edges = np.column_stack([first, behind]).ravel()
    high, low = np.fmax.reduceat(temperature_c, edges)[::2], np.fmin.reduceat(temperature_c, edges)[::2]
    return high - low


def _why(timeline: Timeline, curve: EnergyCurve, reading: int, start_s: float, end_s: float) -> str:
    """Return why the energy of a window that begins after a reading is not known."""
    if len(curve.time_s) < 2 or end_s > curve.time_s[-1]:
        return timeline.lost or "no reading at the end of the window"
    if start_s < curve.time_s[0]:
        return "no reading at the start of the window"
    behind = curve.breaks[curve.breaks >= reading]
    if not len(behind):
        return timeline.lost or "no reading behind the window, which a sensor that averages needs"
    number = int(behind[0])
    if curve.fell[number]:
        return "the counter was reset"
    return timeline.holes.get(number, f"no reading for {curve.length_s[number]:.1f} s")
