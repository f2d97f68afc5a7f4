"""Simulated devices: power is a known function of time, read by the project's sampler on a clock of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.sampler import _Channel
from frugalnet.energy.timeline import Timeline

TICK_S = 0.1
QUANTUM_UJ = 1000
GRID_S = 0.0005

Numbers = np.ndarray


@dataclass(frozen=True)
class Curve:
    """Power of a card over time, and its integral."""

    name: str
    power_w: Callable[[Any], Any]
    energy_j: Callable[[Any], Any]


def _square(moment_s):
    period_s, low_w, high_w = 7.3, 60.0, 300.0
    whole, part = np.divmod(np.asarray(moment_s, float), period_s)
    half_s = period_s / 2
    return whole * half_s * (low_w + high_w) + low_w * np.minimum(part, half_s) + high_w * np.maximum(part - half_s, 0)


CURVES = {
    "ramp": Curve("ramp", lambda t: 60 + 0.4 * t, lambda t: 60 * t + 0.2 * t**2),
    "sine": Curve(
        "sine",
        lambda t: 180 + 120 * np.sin(2 * np.pi * t / 10),
        lambda t: 180 * t + 120 * 10 / (2 * np.pi) * (1 - np.cos(2 * np.pi * t / 10)),
    ),
    "square": Curve("square", lambda t: np.where(t % 7.3 < 3.65, 60.0, 300.0), _square),
}


class Work(NamedTuple):
    """A curve whose power steps where windows begin and end, and these windows."""

    curve: Curve
    start_s: Numbers
    end_s: Numbers
    length_s: float

    @property
    def energy_j(self) -> Numbers:
        """Return the true energies of the windows."""
        return self.curve.energy_j(self.end_s) - self.curve.energy_j(self.start_s)


def work(outside_w, inside_w, window_s, count, draw, lag_s=0.0, gap_s=(1.2, 2.2), follows="late") -> Work:
    """Return windows of work with pauses between them; the power follows `late` as a whole, or by an `exponential`."""
    gaps_s = np.round(draw.uniform(*gap_s, count) / GRID_S) * GRID_S
    start_s = 1 + np.cumsum(gaps_s) + window_s * np.arange(count)
    end_s = start_s + window_s
    length_s = float(end_s[-1]) + 4
    time_s = np.arange(0, length_s, GRID_S)
    edges_s = np.column_stack([start_s, end_s]).ravel() + (lag_s if follows == "late" else 0)
    power_w = np.where(np.searchsorted(edges_s - GRID_S / 2, time_s) % 2, inside_w, outside_w).astype(float)
    if follows == "exponential" and lag_s:
        power_w = _lagging(power_w, np.exp(-GRID_S / lag_s))
    energy_j = np.concatenate([[0], np.cumsum(power_w[:-1]) * GRID_S])
    curve = Curve("work", lambda t: np.interp(t, time_s, power_w), lambda t: np.interp(t, time_s, energy_j))
    return Work(curve, start_s, end_s, length_s)


def _lagging(power_w, keep):
    from scipy.signal import lfilter

    return lfilter([1 - keep], [1, -keep], power_w - power_w[0]) + power_w[0]


class TickingCard:
    """A meter whose counter is renewed every `TICK_S`, in whole millijoules, on a clock that the simulation moves."""

    def __init__(self, curve, phase_s):
        self.device = Device("GPU-0", "nvml", "gpu", "measured", tick_s=TICK_S, quantum_uj=QUANTUM_UJ)
        self.now_s = 0.0
        self._curve, self._phase_s = curve, phase_s

    def read(self):
        tick_s = np.floor((self.now_s - self._phase_s) / TICK_S) * TICK_S + self._phase_s
        energy_mj = int(np.floor(self._curve.energy_j(max(tick_s, 0.0)) * 1e3))
        return Reading(self.now_s, energy_mj * 1000, float(self._curve.power_w(self.now_s)))

    def close(self): ...


def timeline_of(curve, length_s, rng, late_s=0.001):
    """Return the sampler's timeline of a curve at 10 Hz; each reading comes up to `late_s` too late."""
    card = TickingCard(curve, rng.uniform(0, TICK_S))
    channel = _Channel(card, 0.1)
    while card.now_s < length_s:
        card.now_s = channel.due_s + rng.exponential(late_s / 3)
        channel.read()
    return channel.timeline


def integrated_timeline_of(curve, length_s, rng, averaging_s=0.0, known_s=None, noise_w=0.0):
    """Return the timeline of a card without a counter: its power, a mean over `averaging_s`, read at 10 Hz and integrated.

    `known_s` is the averaging time that the project assumes; None: the true one.
    """
    time_s = np.arange(rng.uniform(0, 0.1), length_s, 0.1)
    begin_s = np.maximum(time_s - averaging_s, 0)
    mean_w = (curve.energy_j(time_s) - curve.energy_j(begin_s)) / np.maximum(time_s - begin_s, 1e-9)
    power_w = (mean_w if averaging_s else curve.power_w(time_s)) + rng.normal(0, noise_w, len(time_s))
    energy_j = np.concatenate([[0], np.cumsum((power_w[1:] + power_w[:-1]) / 2 * np.diff(time_s))])
    device = Device(
        "GPU-0", "nvml", "gpu", "integrated", cumulative=False, averaging_s=averaging_s if known_s is None else known_s
    )
    readings = [Reading(t, round(e * 1e6), float(p)) for t, e, p in zip(time_s, energy_j, power_w, strict=True)]
    return Timeline.of(device, readings)
