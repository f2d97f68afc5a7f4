"""A device whose counter is renewed in ticks, in real time."""

import time

from frugalnet.energy import Reading
from tests.unit.steady import SteadyMeter

TICK_S = 0.02


class TickingMeter(SteadyMeter):
    """A device that draws the same power all the time, and tells of it every `TICK_S`, in whole millijoules."""

    def __init__(self, watts=100.0, name="GPU-0", scope="gpu"):
        super().__init__(watts, name, scope, tick_s=TICK_S, quantum_uj=1000)

    def read(self):
        now_s = time.monotonic()
        return Reading(now_s, round(now_s // TICK_S * TICK_S * self._watts * 1e3) * 1000, self._watts)
