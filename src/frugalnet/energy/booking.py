"""Booking: give each window on the timeline of a device its energy, the uncertainty of that, and what disturbed it.

The energy of a window is the difference of the energies up to its two edges (`curve`). Uncertainty (1 sigma) has two parts.
Statistical: the edges, the sampling in between, and the subtracted idle power, which is known from brackets of finite length.
Systematic, the same in all windows of a device: the gain of its sensor.
"""

from dataclasses import dataclass

import numpy as np

from frugalnet.energy.curve import EnergyCurve
from frugalnet.energy.disturbances import RESOLUTION, disturbances, unresolved
from frugalnet.energy.timeline import Timeline

UNRESOLVED = 4
"""The variance of an edge is its squared largest error divided by this, in a window that contains no whole interval."""


@dataclass(frozen=True)
class Idle:
    """Power of an idle device and its statistical uncertainty, in watts, and what disturbed the bracket."""

    power_w: float
    sigma_w: float
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Booked:
    """Columns with one value per window; where `known` is False the numbers mean nothing, and a flag says why."""

    known: np.ndarray
    energy_uj: np.ndarray
    gap_known: np.ndarray
    gap_uj: np.ndarray
    net_uj: np.ndarray | None
    u_stat_j: np.ndarray
    u_idle_j: np.ndarray
    """The part of `u_stat_j` that comes from the idle power: one error, common to all windows."""
    u_sys_j: np.ndarray | None
    flags: list[list[str]]


def book(timeline: Timeline, start_s: np.ndarray, end_s: np.ndarray, parent: np.ndarray, idle: Idle | None) -> Booked:
    """Book windows, given by their edges on the timeline's clock and the index of the window around each (-1: none)."""
    count, device = len(start_s), timeline.device
    curve = EnergyCurve(timeline)
    start, end = curve.at(start_s), curve.at(end_s)
    known = start.known & end.known & (start.stretch == end.stretch)
    energy_uj = np.where(known, end.energy_uj - start.energy_uj, 0)
    inside_uj, unknown_inside = np.zeros(count + 1, np.int64), np.zeros(count + 1, bool)
    np.add.at(inside_uj, parent, energy_uj)
    np.logical_or.at(unknown_inside, parent, ~known)
    duration_s = end_s - start_s
    variance = start.variance_j2 + end.variance_j2 + end.sampling_j2 - start.sampling_j2
    short = unresolved(curve, start_s, end_s)
    variance += np.where(short, (start.spread_j**2 + end.spread_j**2) / UNRESOLVED, 0)
    net_uj, u_idle_j = None, np.zeros(count)
    if idle:
        u_idle_j = idle.sigma_w * duration_s
        idle_uj = [
            np.rint(idle.power_w * 1e6 * (edge_s - curve.time_s[:1])).astype(np.int64) for edge_s in (start_s, end_s)
        ]
        net_uj = energy_uj - (idle_uj[1] - idle_uj[0])
    return Booked(
        known=known,
        energy_uj=energy_uj,
        gap_known=known & ~unknown_inside[:count],
        gap_uj=energy_uj - inside_uj[:count],
        net_uj=net_uj,
        u_stat_j=np.sqrt(np.maximum(variance, 0) + u_idle_j**2),
        u_idle_j=u_idle_j,
        u_sys_j=None if device.gain is None else np.abs(energy_uj if net_uj is None else net_uj) / 1e6 * device.gain,
        flags=[
            flags + [f"idle bracket {flag}" for flag in idle.flags] if idle else flags
            for flags in disturbances(timeline, curve, start, end, start_s, end_s)
        ],
    )


def idle_powers(timeline: Timeline, brackets: dict[str, tuple[float, float]]) -> dict[str, Idle | None]:
    """Return the mean power of a device in each bracket; None where it is not known.

    Its error comes from the edges and from noise. Noise that only reflects uncertain times of readings is left out, because the
    error of the edges contains it.
    """
    if not brackets:
        return {}
    start_s, end_s = np.array(list(brackets.values())).T
    found = book(timeline, start_s, end_s, np.full(len(brackets), -1), None)
    idle: dict[str, Idle | None] = {}
    for number, name in enumerate(brackets):
        idle[name] = None
        length_s = end_s[number] - start_s[number]
        if found.known[number] and length_s > 0:
            noise_w2, spacing_s = power_noise(timeline, start_s[number], end_s[number])
            sigma_w = np.sqrt((found.u_stat_j[number] / length_s) ** 2 + noise_w2 * spacing_s / length_s)
            flags = tuple(flag for flag in found.flags[number] if flag != RESOLUTION)
            idle[name] = Idle(float(found.energy_uj[number] / 1e6 / length_s), float(sigma_w), flags)
    return idle


def between(before: Idle | None, after: Idle | None) -> Idle | None:
    """Return the mean of two idle powers; half of their difference bounds its error."""
    if before is None or after is None:
        return before or after
    variance = (before.sigma_w**2 + after.sigma_w**2) / 4 + (before.power_w - after.power_w) ** 2 / 12
    flags = tuple(dict.fromkeys(before.flags + after.flags))
    return Idle((before.power_w + after.power_w) / 2, float(np.sqrt(variance)), flags)


def power_noise(timeline: Timeline, start_s: float, end_s: float) -> tuple[float, float]:
    """Return the variance of the power from reading to reading in a stretch, and the mean time between readings.

    The share of the variance that comes from uncertain times of readings is subtracted. Both are 0 for too few readings.
    """
    time_s = timeline.column("time_s")
    inside = np.flatnonzero((time_s >= start_s) & (time_s <= end_s))
    if len(inside) < 3:
        return 0.0, 0.0
    lengths_s, steps_j = np.diff(time_s[inside]), np.diff(timeline.column("energy_uj")[inside]) / 1e6
    spacing_s, power_w = float(lengths_s.mean()), float(steps_j.sum() / lengths_s.sum())
    # Weighted by length: readings at edges may be close together, and the power between them means little.
    noise_w2 = float(np.sum(lengths_s * (steps_j / lengths_s - power_w) ** 2) / lengths_s.sum())
    lateness_s2 = float(np.mean(timeline.column("time_error_s")[inside] ** 2)) / 3
    return max(0.0, noise_w2 - 2 * lateness_s2 * (power_w / spacing_s) ** 2), spacing_s
