"""The energy of a device up to a moment, as one function of time: inner windows and gaps then add up exactly.

Windows begin and end where the power steps, but a device reports its energy only a few times a second. Between two readings the
mean power is known. If it lies between the mean powers of the intervals before and after, the power is taken to step once: the
energy follows the slope before until it meets the line with the slope after. (Harten 1989, doi:10.1016/0021-9991(89)90226-X,
finds jumps within a cell in this way.) If the power in fact rises or falls gradually, the energy lies between this bent line and
the straight one, and their difference is the largest error. In all other intervals the line is straight.

A sensor that reports the mean power of the last T seconds is treated in the same way. Its integral up to T/2 later is the
smoothed energy; the powers just before and after a moment are those that it reports at that moment and T later.

The uncertainty (1 sigma) of the energy at a moment comes from the true times of the readings beside it (uniform in
`time_error_s`), the unit in which they count, changes of the power between them, and a pulse between them (a power outside the
range of its neighbours). If power is integrated, the error of the trapezoid rule at jumps between samples is added.
"""

from dataclasses import dataclass

import numpy as np

from frugalnet.energy.timeline import Timeline

NEAR_S = 0.001
"""A moment this close to a reading counts as the moment of the reading."""
CLEAR = 4.0
"""A step whose square is this many variances of the power counts half; the variance comes from uncertain times of readings."""
KINK = 0.3
"""Where the lines before and after meet, this share of the variance of the line that is not taken is added."""
PULSE = 9.0
"""A power outside the range of its neighbours is a pulse if its squared distance exceeds this many variances of the power."""
AVERAGING_ERROR = 0.1
"""Relative error of a sensor's averaging time, 1 sigma."""

Numbers = np.ndarray


@dataclass(frozen=True)
class Points:
    """The energy up to some moments; where `known` is False it means nothing.

    Between moments of different `stretch` the energy is not known. `reading` is the number of the last reading before a moment.
    `sampling_j2` grows along the timeline; `spread_j` is the largest error of a window without a whole interval in it.
    """

    known: Numbers
    stretch: Numbers
    reading: Numbers
    energy_uj: Numbers
    variance_j2: Numbers
    sampling_j2: Numbers
    spread_j: Numbers


@dataclass(frozen=True)
class _Guesses:
    """The energy from the last reading to some moments: by a straight line, and by the lines before and after a step.

    Powers are the means before, at and after the moment; fields in `_j2` are the variances of the lines.
    """

    straight_j: Numbers
    first_j: Numbers
    second_j: Numbers
    before_w: Numbers
    at_w: Numbers
    behind_w: Numbers
    straight_j2: Numbers
    first_j2: Numbers
    second_j2: Numbers
    noise_w2: Numbers


class EnergyCurve:
    """The readings of a timeline as arrays, and the energy at and between them."""

    def __init__(self, timeline: Timeline) -> None:
        device = self._device = timeline.device
        self._timeline = timeline
        self.averaging_s = device.power_averaging_s
        self.time_s, self._energy_uj = timeline.column("time_s"), timeline.column("energy_uj")
        self._error_s = np.nan_to_num(timeline.column("time_error_s"))
        self.length_s = np.diff(self.time_s)
        step_uj = np.diff(self._energy_uj)
        hole = np.zeros(len(step_uj), bool)
        hole[[number for number, _ in timeline.gaps()] + [number for number in timeline.holes if number >= 0]] = True
        self.fell = step_uj < 0
        self._broken = hole | self.fell
        self.breaks = np.flatnonzero(self._broken)
        self._stretch = np.concatenate([[0], np.cumsum(self.fell | (hole & (not device.cumulative)))])
        with np.errstate(divide="ignore", invalid="ignore"):
            self._power_w = np.nan_to_num(step_uj / 1e6 / self.length_s, nan=0.0, posinf=0.0, neginf=0.0)
        jumps_j2 = np.zeros(len(step_uj)) if device.cumulative else self._jumps_j2()
        self._sampling_j2 = np.concatenate([[0.0], np.cumsum(jumps_j2)])

    def at(self, moment_s: Numbers) -> Points:
        """Return the energy up to some moments, in microjoules from the origin of the counter."""
        if len(self.time_s) < 2:
            nothing = np.zeros(len(moment_s))
            whole = nothing.astype(np.int64)
            return Points(nothing > 0, whole, whole, whole, nothing, nothing, nothing)
        left, part, near = self._place(moment_s)
        last_s = moment_s + self.averaging_s
        covered = (moment_s >= self.time_s[0]) & (last_s <= self.time_s[-1])
        if self.averaging_s:
            guesses = self._averaged(moment_s, left, self.averaging_s)
            broken = np.concatenate([[0], np.cumsum(self._broken)])
            whole = broken[self._place(last_s)[0] + 1] == broken[left]
            over_s, at = np.full(len(moment_s), self.averaging_s), np.full(len(moment_s), 0.5)
        else:
            guesses = self._between(left, part)
            whole = ~self._broken[left] | near
            over_s, at = self.length_s[left], part
        energy_j, variance_j2 = _bent(guesses)
        around_w = np.array([guesses.before_w, guesses.at_w, guesses.behind_w])
        return Points(
            known=covered & whole,
            stretch=self._stretch[np.where(part < 1, left, left + 1)],
            reading=np.where(part < 1, left, left + 1),
            energy_uj=self._energy_uj[left] + np.rint(energy_j * 1e6).astype(np.int64),
            variance_j2=variance_j2
            + (self._device.quantum_uj / 1e6) ** 2 / 12 * ((1 - part) ** 2 + part**2)
            + 2 * _pulse_w2(guesses) * over_s**2 * at * (1 - at),
            sampling_j2=self._sampling_j2[left] + part * (self._sampling_j2[left + 1] - self._sampling_j2[left]),
            spread_j=np.ptp(around_w, axis=0) * over_s,
        )

    def _place(self, moment_s: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return the reading before each moment, its position up to the next reading (0 to 1), and whether a reading is near.

        In an interval with unknown energy, a moment near a reading is moved to it.
        """
        left = np.clip(np.searchsorted(self.time_s, moment_s, side="right") - 1, 0, len(self.time_s) - 2)
        length_s, since_s = self.length_s[left], moment_s - self.time_s[left]
        part = np.clip(since_s / np.where(length_s > 0, length_s, 1), 0, 1)
        near = np.minimum(since_s, length_s - since_s) <= NEAR_S
        return left, np.where(near & self._broken[left], np.rint(part), part), near

    def _between(self, left: Numbers, part: Numbers) -> _Guesses:
        """Return guesses between readings of a counter or of instantaneous power."""
        length_s, at_w = self.length_s[left], self._power_w[left]
        before_w, behind_w = self._beside(left, -1), self._beside(left, 1)
        last = len(self.time_s) - 1
        around = [np.clip(left + step, 0, last) for step in (-1, 0, 1, 2)]
        late_s2 = [self._error_s[number] ** 2 / 3 for number in around]
        divisor_s = np.where(length_s > 0, length_s, 1)
        return _Guesses(
            straight_j=at_w * part * length_s,
            first_j=before_w * part * length_s,
            second_j=at_w * length_s - behind_w * (1 - part) * length_s,
            before_w=before_w,
            at_w=at_w,
            behind_w=behind_w,
            straight_j2=at_w**2 * ((1 - part) ** 2 * late_s2[1] + part**2 * late_s2[2]),
            # Both lines extend an interval whose power is known up to the time errors of its ends.
            first_j2=before_w**2 * ((1 + part) ** 2 * late_s2[1] + part**2 * late_s2[0]),
            second_j2=behind_w**2 * ((2 - part) ** 2 * late_s2[2] + (1 - part) ** 2 * late_s2[3]),
            noise_w2=(before_w**2 * (late_s2[0] + late_s2[1]) + behind_w**2 * (late_s2[2] + late_s2[3])) / divisor_s**2,
        )

    def _beside(self, left: Numbers, step: int) -> Numbers:
        """Return the power in the interval beside each one; its own power if the neighbour is unknown or too short."""
        beside = np.clip(left + step, 0, len(self.length_s) - 1)
        tells = ~self._broken[beside] & (self.length_s[beside] >= self.length_s[left] / 2)
        return np.where(tells, self._power_w[beside], self._power_w[left])

    def _averaged(self, moment_s: Numbers, left: Numbers, averaging_s: float) -> _Guesses:
        """Return guesses for a sensor whose power is a mean over the time before."""
        now_s, half_s, then_s = moment_s, moment_s + averaging_s / 2, moment_s + averaging_s
        power_w = self._timeline.column("power_w")
        power_w = np.where(np.isnan(power_w), np.append(self._power_w, self._power_w[-1]), power_w)
        before_w, at_w, behind_w = (np.interp(each_s, self.time_s, power_w) for each_s in (now_s, half_s, then_s))
        energy_j = [
            np.interp(each_s, self.time_s, (self._energy_uj - self._energy_uj[0]) / 1e6)
            - (self._energy_uj[left] - self._energy_uj[0]) / 1e6
            for each_s in (now_s, half_s, then_s)
        ]
        usual_s = self._timeline.interval_s or float(np.median(self.length_s))
        change_w = np.ptp([before_w, at_w, behind_w], axis=0)
        unsure_j2 = change_w**2 * ((usual_s / 2) ** 2 / 3 + (AVERAGING_ERROR * averaging_s / 2) ** 2)
        return _Guesses(
            straight_j=energy_j[1],
            first_j=energy_j[0] + before_w * averaging_s / 2,
            second_j=energy_j[2] - behind_w * averaging_s / 2,
            before_w=before_w,
            at_w=at_w,
            behind_w=behind_w,
            straight_j2=unsure_j2,
            first_j2=unsure_j2,
            second_j2=unsure_j2,
            noise_w2=np.zeros(len(moment_s)),
        )

    def _jumps_j2(self) -> Numbers:
        """Return what each interval adds to the variance of integrated power.

        A jump within an interval causes an error of up to half the jump, uniformly: a variance of its square over 12. Second
        differences show jumps and noise, but not linear changes, which the trapezoid rule gets right.
        """
        power_w = self._timeline.column("power_w")
        bend_w2 = np.zeros(len(power_w))
        bend_w2[1:-1] = np.diff(power_w, 2) ** 2
        return np.nan_to_num((bend_w2[:-1] + bend_w2[1:]) / 2) * self.length_s**2 / 12


def _bent(guesses: _Guesses) -> tuple[Numbers, Numbers]:
    """Return energy and variance: of the bent line at a step, of the straight line elsewhere, of a mixture at an unclear step."""
    step_w = guesses.behind_w - guesses.before_w
    steps = _steps(guesses)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(steps, np.nan_to_num(step_w**2 / (step_w**2 + CLEAR * guesses.noise_w2)), 0.0)
        meeting = np.nan_to_num(
            np.exp(-((guesses.first_j - guesses.second_j) ** 2) / 2 / (guesses.first_j2 + guesses.second_j2))
        )
    on_first = (guesses.first_j > guesses.second_j) == (step_w > 0)
    taken_j2 = np.where(on_first, guesses.first_j2, guesses.second_j2)
    other_j2 = np.where(on_first, guesses.second_j2, guesses.first_j2)
    bend_j = np.where(steps, np.where(on_first, guesses.first_j, guesses.second_j) - guesses.straight_j, 0.0)
    variance_j2 = share**2 * (taken_j2 + KINK * meeting * other_j2) + (1 - share**2) * guesses.straight_j2
    return guesses.straight_j + share * bend_j, variance_j2 + bend_j**2 / 3


def _steps(guesses: _Guesses) -> Numbers:
    """Tell where the power lies between those before and after it."""
    return (guesses.at_w - guesses.before_w) * (guesses.behind_w - guesses.at_w) > 0


def _pulse_w2(guesses: _Guesses) -> Numbers:
    """Return the squared distance of the power from the range of its neighbours, less what noise explains."""
    outside_w = np.minimum(np.abs(guesses.at_w - guesses.before_w), np.abs(guesses.behind_w - guesses.at_w))
    return np.where(_steps(guesses), 0.0, np.maximum(outside_w**2 - PULSE * guesses.noise_w2, 0.0))
