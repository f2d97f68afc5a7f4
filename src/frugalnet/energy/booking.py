"""Booking: windows on the timeline of a device, each with its energy, how sure that is, and what disturbed it.

The energy since the start of a timeline is a function of time: linear between two readings, in whole microjoules. The energy
of a window is the difference of its values at the window's edges, so that windows inside and gaps add up to it exactly.

Uncertainty (1 sigma) is kept in two parts. Statistical, from window to window anew:
- each edge: when the readings beside it really were taken (uniform in `time_error_s`), the unit they are counted in, and how
  the power may have changed between them. A jump by D at a random moment in an interval of length h puts the straight line
  off by D h w (1 - w) / sqrt(3) at its fraction w (root mean square). D is the change from the interval before to the one
  behind, which shows a jump in the two intervals beside it too: over all three the mean square is right with 5 for 3;
- the sampling, where power was integrated: what a jump between two samples does to the trapezoid rule;
- the idle power that is subtracted, known from brackets of finite length.
Systematic, the same in all windows of a device: the gain of its sensor.
"""

from dataclasses import dataclass

import numpy as np

from frugalnet.energy.timeline import RESOLVED_READINGS, Timeline

RESOLUTION = "resolution_limited"
NEAR_S = 0.001
"""An edge this close to a reading is at it."""
TEMPERATURE_DRIFT_C = 10.0
"""A window over which the temperature changes by this much is flagged: leakage then changes its power by a percent or more."""


@dataclass(frozen=True)
class Idle:
    """Power of a device with nothing to do, with its statistical uncertainty, in watts, and what disturbed its bracket."""

    power_w: float
    sigma_w: float
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Booked:
    """Columns over windows; where `known` is False the numbers mean nothing, and a flag says why."""

    known: np.ndarray
    energy_uj: np.ndarray
    gap_known: np.ndarray
    gap_uj: np.ndarray
    net_uj: np.ndarray | None
    u_stat_j: np.ndarray
    u_idle_j: np.ndarray
    """The part of it that is of the idle power: one error, common to all windows."""
    u_sys_j: np.ndarray | None
    flags: list[list[str]]


def book(timeline: Timeline, start_s: np.ndarray, end_s: np.ndarray, parent: np.ndarray, idle: Idle | None) -> Booked:
    """Book windows, given by their edges on the timeline's clock and the index of the window around each (-1: none)."""
    count, device = len(start_s), timeline.device
    readings = _Readings(timeline)
    start, end = readings.at(start_s), readings.at(end_s)
    known = start.known & end.known & (start.stretch == end.stretch)
    energy_uj = np.where(known, end.energy_uj - start.energy_uj, 0)
    inside_uj, unknown_inside = np.zeros(count + 1, np.int64), np.zeros(count + 1, bool)
    np.add.at(inside_uj, parent, energy_uj)
    np.logical_or.at(unknown_inside, parent, ~known)
    duration_s = end_s - start_s
    variance = start.variance_j2 + end.variance_j2 + end.sampling_j2 - start.sampling_j2
    net_uj, u_idle_j = None, np.zeros(count)
    if idle:
        u_idle_j = idle.sigma_w * duration_s
        idle_uj = [
            np.rint(idle.power_w * 1e6 * (edge_s - readings.time_s[:1])).astype(np.int64) for edge_s in (start_s, end_s)
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
            for flags in readings.flags(start_s, end_s, known)
        ],
    )


def idle_powers(timeline: Timeline, brackets: dict[str, tuple[float, float]]) -> dict[str, Idle | None]:
    """Return the mean power of a device in each bracket; None where it is not known.

    Its error is that of the edges, and of a mean over noise. Noise that is only of not knowing when readings were taken is
    left out: the edges have it.
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
    """Return the mean of two idle powers; half of what lies between them bounds its error."""
    if before is None or after is None:
        return before or after
    variance = (before.sigma_w**2 + after.sigma_w**2) / 4 + (before.power_w - after.power_w) ** 2 / 12
    flags = tuple(dict.fromkeys(before.flags + after.flags))
    return Idle((before.power_w + after.power_w) / 2, float(np.sqrt(variance)), flags)


def power_noise(timeline: Timeline, start_s: float, end_s: float) -> tuple[float, float]:
    """Return the variance of the power from reading to reading in a stretch, and the mean time between readings.

    What not knowing the times of the readings adds to it is taken off. Both are 0 where there are too few readings.
    """
    time_s = timeline.column("time_s")
    inside = np.flatnonzero((time_s >= start_s) & (time_s <= end_s))
    if len(inside) < 3:
        return 0.0, 0.0
    lengths_s, steps_j = np.diff(time_s[inside]), np.diff(timeline.column("energy_uj")[inside]) / 1e6
    spacing_s, power_w = float(lengths_s.mean()), float(steps_j.sum() / lengths_s.sum())
    # Weighted by length: readings at edges may lie close together, where power means little.
    noise_w2 = float(np.sum(lengths_s * (steps_j / lengths_s - power_w) ** 2) / lengths_s.sum())
    lateness_s2 = float(np.mean(timeline.column("time_error_s")[inside] ** 2)) / 3
    return max(0.0, noise_w2 - 2 * lateness_s2 * (power_w / spacing_s) ** 2), spacing_s


@dataclass(frozen=True)
class _Edges:
    """The timeline at some moments."""

    known: np.ndarray
    stretch: np.ndarray
    energy_uj: np.ndarray
    variance_j2: np.ndarray
    sampling_j2: np.ndarray


class _Readings:
    """The readings of a timeline as arrays, and what lies between them."""

    def __init__(self, timeline: Timeline) -> None:
        device = self._device = timeline.device
        self._timeline = timeline
        self.time_s, self._energy_uj = timeline.column("time_s"), timeline.column("energy_uj")
        self._length_s = np.diff(self.time_s)
        step_uj = np.diff(self._energy_uj)
        self._hole = np.zeros(len(step_uj), bool)
        self._hole[[number for number, _ in timeline.gaps()] + [number for number in timeline.holes if number >= 0]] = (
            True
        )
        self._fell = step_uj < 0
        self._breaks = np.flatnonzero(self._hole | self._fell)
        broken = self._fell | (self._hole & (not device.cumulative))
        self._stretch = np.concatenate([[0], np.cumsum(broken)])
        with np.errstate(divide="ignore", invalid="ignore"):
            self._power_w = np.nan_to_num(step_uj / 1e6 / self._length_s, nan=0.0, posinf=0.0, neginf=0.0)
        self._sampling_j2 = np.concatenate(
            [[0.0], np.cumsum(np.zeros(len(step_uj)) if device.cumulative else self._jumps_j2())]
        )

    def at(self, moment_s: np.ndarray) -> _Edges:
        """Return energy and uncertainty at some moments."""
        if len(self.time_s) < 2:
            nothing = np.zeros(len(moment_s))
            return _Edges(nothing > 0, nothing, nothing.astype(np.int64), nothing, nothing)
        last = len(self.time_s) - 2
        left = np.clip(np.searchsorted(self.time_s, moment_s, side="right") - 1, 0, last)
        right, length_s = left + 1, self._length_s[left]
        part = np.clip((moment_s - self.time_s[left]) / np.where(length_s > 0, length_s, 1), 0, 1)
        nearest_s = np.minimum(moment_s - self.time_s[left], self.time_s[right] - moment_s)
        between = nearest_s > NEAR_S
        covered = (moment_s >= self.time_s[0]) & (moment_s <= self.time_s[-1])
        energy_uj = self._energy_uj[left] + np.rint(part * (self._energy_uj[right] - self._energy_uj[left])).astype(
            np.int64
        )
        power_w = self._power_w[left]
        change_w = self._power_w[np.minimum(left + 1, last)] - self._power_w[np.maximum(left - 1, 0)]
        error_s = self._timeline.column("time_error_s")
        lateness_j2 = power_w**2 * (((1 - part) * error_s[left]) ** 2 + (part * error_s[right]) ** 2) / 3
        quantum_j2 = (self._device.quantum_uj / 1e6) ** 2 / 12 * ((1 - part) ** 2 + part**2)
        bridge_j2 = (change_w * length_s * part * (1 - part)) ** 2 / 5
        return _Edges(
            known=covered & ~(between & (self._hole | self._fell)[left]),
            stretch=self._stretch[np.where(part < 1, left, right)],
            energy_uj=energy_uj,
            variance_j2=lateness_j2 + quantum_j2 + bridge_j2,
            sampling_j2=self._sampling_j2[left] + part * (self._sampling_j2[right] - self._sampling_j2[left]),
        )

    def _jumps_j2(self) -> np.ndarray:
        """Return what each interval adds to the variance of integrated power.

        A jump within an interval errs by up to half of itself, uniformly: its square over 12. Second differences find jumps
        and noise, and leave out what the trapezoid rule gets right.
        """
        power_w = self._timeline.column("power_w")
        bend_w2 = np.zeros(len(power_w))
        bend_w2[1:-1] = np.diff(power_w, 2) ** 2
        return np.nan_to_num((bend_w2[:-1] + bend_w2[1:]) / 2) * self._length_s**2 / 12

    def flags(self, start_s: np.ndarray, end_s: np.ndarray, known: np.ndarray) -> list[list[str]]:
        """Return for each window what disturbed it, or why its energy is not known."""
        flags: list[list[str]] = [[] for _ in start_s]
        for window in np.flatnonzero(~known):
            flags[window].append(f"unknown: {self._why(start_s[window], end_s[window])}")
        if not len(self.time_s):
            return flags
        first = np.clip(np.searchsorted(self.time_s, start_s, side="right") - 1, 0, None)
        behind = np.clip(np.searchsorted(self.time_s, end_s, side="left") + 1, first + 1, len(self.time_s))
        inside = np.searchsorted(self.time_s, end_s + NEAR_S, "right") - np.searchsorted(
            self.time_s, start_s - NEAR_S, "left"
        )
        for window in np.flatnonzero(known & (inside < RESOLVED_READINGS)):
            flags[window].append(RESOLUTION)
        others = np.nan_to_num(self._timeline.column("other_processes"))
        for window in self._touched(others > 0, first, behind):
            flags[window].append(f"other_processes: {others[first[window] : behind[window]].max():.0f}")
        reasons = np.array([reason or "" for reason in self._timeline.throttle], dtype=object)
        for window in self._touched(reasons != "", first, behind):
            found = {part for text in set(reasons[first[window] : behind[window]]) for part in text.split("+") if part}
            flags[window].append(f"throttled: {'+'.join(sorted(found))}")
        drift_c = self._drift_c(first, behind)
        for window in np.flatnonzero(drift_c >= TEMPERATURE_DRIFT_C):
            flags[window].append(f"temperature_drift: {drift_c[window]:.0f} C")
        return flags

    @staticmethod
    def _touched(condition: np.ndarray, first: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """Return the windows in whose readings a condition holds somewhere."""
        count = np.concatenate([[0], np.cumsum(condition)])
        return np.flatnonzero(count[behind] > count[first])

    def _drift_c(self, first: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """Return the range of the temperature in each window; NaN where it is not known."""
        temperature_c = np.append(self._timeline.column("temperature_c"), np.nan)
        edges = np.column_stack([first, behind]).ravel()
        high, low = np.fmax.reduceat(temperature_c, edges)[::2], np.fmin.reduceat(temperature_c, edges)[::2]
        return high - low

    def _why(self, start_s: float, end_s: float) -> str:
        """Return why a window's energy is not known; times are seconds since the first reading."""
        timeline = self._timeline
        if len(self.time_s) < 2 or end_s > self.time_s[-1]:
            return timeline.lost or "no reading at the end of the window"
        if start_s < self.time_s[0]:
            return "no reading at the start of the window"
        number = int(self._breaks[np.searchsorted(self.time_s[self._breaks + 1], start_s)])
        if self._fell[number]:
            return "the counter was reset"
        return timeline.holes.get(number, f"no reading for {self._length_s[number]:.1f} s")
