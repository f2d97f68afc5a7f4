"""CPU energy reckoned from CPU time: what is left where nothing measures."""

import os
import time
from typing import Any

import psutil

from frugalnet.energy.reading import Device, Reading

FAMILY_S, FAMILY_SHARE = 5.0, 0.005
"""New descendants are looked for after so many seconds, or later, so that looking takes no more than this share of the time.

One that ended before was counted when its parent waited for it.
"""


class EstimateMeter:
    """Idle watts + utilization x (TDP - idle), where utilization is the share of all cores that this process tree keeps busy.

    The watts are assumptions of the configuration (`measure.cpu_idle_w`, `measure.cpu_tdp_w`): good for comparing runs on one
    machine, not for an absolute claim. Nothing is known of the error of such an estimate, so its gain is None.
    """

    def __init__(self, idle_w: float, tdp_w: float) -> None:
        cores = psutil.cpu_count() or 1
        assumptions: dict[str, Any] = {"idle_w": idle_w, "tdp_w": tdp_w, "cores": cores}
        self.device = Device("cpu", "estimate", "cpu", "estimated", assumptions=assumptions)
        self._idle_w = idle_w
        self._w_per_core = (tdp_w - idle_w) / cores
        self._family: list[psutil.Process] = []
        self._look_s = 0.0
        self._start_s, self._start_cpu_s = time.monotonic(), 0.0
        self._start_cpu_s = self._cpu_s()
        self._last = (0.0, 0.0)

    def read(self) -> Reading:
        now_s = time.monotonic()
        elapsed_s = now_s - self._start_s
        before_s, cpu_before_s = self._last
        # CPU time of a child that nobody waited for vanishes with it; energy must not fall.
        cpu_s = max(self._cpu_s() - self._start_cpu_s, cpu_before_s)
        self._last = (elapsed_s, cpu_s)
        step_s = elapsed_s - before_s
        utilization = (cpu_s - cpu_before_s) / step_s if step_s > 0 else 0.0
        return Reading(
            now_s,
            round((self._idle_w * elapsed_s + self._w_per_core * cpu_s) * 1e6),
            self._idle_w + self._w_per_core * utilization,
            utilization=utilization / self.device.assumptions["cores"],
        )

    def close(self) -> None: ...

    def _cpu_s(self) -> float:
        """Return the CPU seconds of this process, of its ended children and of its living descendants."""
        now_s = time.monotonic()
        if now_s >= self._look_s:
            self._family = psutil.Process().children(recursive=True)
            self._look_s = now_s + max(FAMILY_S, (time.monotonic() - now_s) / FAMILY_SHARE)
        ended = os.times()
        return time.process_time() + ended.children_user + ended.children_system + sum(map(_of, self._family))


def open_estimate(idle_w: float, tdp_w: float) -> list[EstimateMeter]:
    """Return the one meter that is always there."""
    return [EstimateMeter(idle_w, tdp_w)]


def _of(process: psutil.Process) -> float:
    """Return the CPU seconds of a process and its ended children; 0 when it is gone: its parent then has them."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system
