"""CPU energy estimated from CPU time, for machines on which nothing is measured."""

import time
from dataclasses import asdict

import psutil

from frugalnet.energy.cpu_time import CpuTime
from frugalnet.energy.reading import Device, Reading
from frugalnet.record.estimate import Assumed


class EstimateMeter:
    """Estimate power as idle + utilization x (TDP - idle); utilization is the share of all cores that this process tree keeps busy.

    Both powers are assumptions of the configuration (`measure.cpu_idle_w`, `measure.cpu_tdp_w`): good for comparing runs on one
    machine, not for absolute claims. The error of such an estimate is not known, so its gain is None.
    """

    def __init__(self, idle_w: float, tdp_w: float) -> None:
        self._assumed = Assumed(idle_w, tdp_w, psutil.cpu_count() or 1)
        self.device = Device("cpu", "estimate", "cpu", "estimated", assumptions=asdict(self._assumed))
        self._cpu = CpuTime()
        self._start_s, self._start_cpu_s = time.monotonic(), self._cpu.read_s()
        self._last = (0.0, 0.0)

    def read(self) -> Reading:
        now_s = time.monotonic()
        elapsed_s, cpu_s = now_s - self._start_s, self._cpu.read_s() - self._start_cpu_s
        before_s, cpu_before_s = self._last
        self._last = (elapsed_s, cpu_s)
        step_s = elapsed_s - before_s
        busy = (cpu_s - cpu_before_s) / step_s if step_s > 0 else 0.0
        return Reading(
            now_s,
            round(self._assumed.energy_j(elapsed_s, cpu_s) * 1e6),
            self._assumed.energy_j(1, busy),
            utilization=busy / self._assumed.cores,
        )

    def close(self) -> None: ...


def open_estimate(idle_w: float, tdp_w: float) -> list[EstimateMeter]:
    """Return the one meter that is always available."""
    return [EstimateMeter(idle_w, tdp_w)]
