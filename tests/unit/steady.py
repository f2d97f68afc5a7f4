"""A device that draws the same power all the time, and what the record says of a ledger that reads it."""

import time

from frugalnet.config.carbon import Carbon
from frugalnet.energy import Device, MeterError, Reading, statement
from frugalnet.record import record


class SteadyMeter:
    """A device that draws the same power all the time; it may be lost after some readings."""

    def __init__(self, watts=100.0, name="GPU-0", scope="gpu", lost_after=None, **about):
        self.device = Device(name, "nvml", scope, "measured", **about)
        self.readings = 0
        self._watts, self._lost_after = watts, lost_after

    def read(self):
        self.readings += 1
        if self._lost_after is not None and self.readings > self._lost_after:
            raise MeterError(f"meter nvml: {self.device.name}: GPU is lost")
        now_s = time.monotonic()
        return Reading(now_s, round(now_s * self._watts * 1e6), self._watts)

    def close(self):
        self.closed = True


def entries(ledger):
    """Return the windows by name and device."""
    return {(window.name, window.device): window for window in statement.windows_of(ledger)}


def totals(ledger, on_gpu=True, carbon=None):
    windows = statement.windows_of(ledger)
    return statement.energy_of(ledger, windows, on_gpu, False, {}, record.Conditions(), carbon or Carbon())
