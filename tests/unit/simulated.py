"""A card whose power is a known function of time, with a counter that ticks, read by the sampler on a clock of its own."""

from dataclasses import dataclass

import numpy as np

from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.sampler import _Channel

TICK_S = 0.1
QUANTUM_UJ = 1000


@dataclass(frozen=True)
class Curve:
    """Power of a card over time, and its integral, both exact."""

    name: str
    power_w: object
    energy_j: object


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


class TickingCard:
    """A meter whose counter is renewed every `TICK_S`, in whole millijoules, on a clock that the test moves."""

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
    """Return the timeline that the sampler makes of a curve at 10 Hz; each reading comes up to `late_s` too late."""
    card = TickingCard(curve, rng.uniform(0, TICK_S))
    channel = _Channel(card, 0.1)
    while card.now_s < length_s:
        card.now_s = channel.due_s + rng.exponential(late_s / 3)
        channel.read()
    return channel.timeline
