"""CPU time of this process tree, and of the whole machine."""

import os
import time

import psutil

FAMILY_S, FAMILY_SHARE = 5.0, 0.005
"""New descendants are looked for every FAMILY_S seconds, or less often, so that looking takes at most FAMILY_SHARE of the time.

A descendant that ended earlier was counted when its parent waited for it.
"""

BUSY = ("user", "nice", "system", "irq", "softirq")
"""States of a processor that count as work; the first two include time for guests."""


def machine_s() -> float:
    """Return the CPU seconds that all processes of this machine have used on all cores since it started."""
    times = psutil.cpu_times()
    return float(sum(getattr(times, state, 0.0) for state in BUSY))


class CpuTime:
    """CPU seconds of this process, of its ended children and of its living descendants; the sum never falls."""

    def __init__(self) -> None:
        self._family: list[psutil.Process] = []
        self._look_s = 0.0
        self._last_s = 0.0

    def read_s(self) -> float:
        """Return the CPU seconds until now, counted from an arbitrary start."""
        # The time of a child that nobody waited for vanishes with it.
        self._last_s = max(self._now_s(), self._last_s)
        return self._last_s

    def _now_s(self) -> float:
        now_s = time.monotonic()
        if now_s >= self._look_s:
            self._family = psutil.Process().children(recursive=True)
            self._look_s = now_s + max(FAMILY_S, (time.monotonic() - now_s) / FAMILY_SHARE)
        ended = os.times()
        return time.process_time() + ended.children_user + ended.children_system + sum(map(_of, self._family))


def _of(process: psutil.Process) -> float:
    """Return the CPU seconds of a process and its ended children; 0 if it has ended: its parent then counts them."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system
