"""The ledger of a run: a timeline per device, and nested windows on them, so that every joule has one place."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

import numpy as np

from frugalnet.energy.booking import Booked, Idle, between, book, idle_powers
from frugalnet.energy.cpu_time import CpuTime, machine_s
from frugalnet.energy.disturbances import other_load
from frugalnet.energy.reading import MACHINE, Meter
from frugalnet.energy.sampler import Sampler
from frugalnet.energy.timeline import Timeline

ROOT = "run"
SETTLING = 0.2
"""Wait before an idle bracket, as a fraction of its length."""
GPU_SETTLE_S = 1.5
"""Least wait if there is a GPU: its clocks go down, and its power may be a mean over a second."""


@dataclass
class Window:
    """A named stretch of a run; `name` is its path from the root, times are seconds on the clock of `time.monotonic`."""

    name: str
    start_s: float
    parent: int
    """Number of the window around this one; -1 for the root."""
    end_s: float | None = None
    start_cpu_s: float = 0.0
    """CPU seconds of this process tree at its start, counted from an arbitrary origin."""
    end_cpu_s: float = 0.0
    start_machine_s: float = 0.0
    """CPU seconds of all processes of the machine at its start, counted from an arbitrary origin."""
    end_machine_s: float = 0.0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def duration_s(self) -> float:
        """Return the length of the closed window."""
        assert self.end_s is not None, f"window {self.name} is still open"
        return self.end_s - self.start_s

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds that this process tree used in the closed window."""
        return self.end_cpu_s - self.start_cpu_s

    @property
    def other_cores(self) -> float:
        """Return how many of the machine's cores other processes kept busy in the closed window, on average."""
        other_s = self.end_machine_s - self.start_machine_s - self.cpu_s
        return max(0.0, other_s) / max(self.duration_s, 1e-9)

    @property
    def other_load(self) -> list[str]:
        """Return the flag of a closed window in which other processes used the machine; no flag if they did not."""
        return other_load(self.other_cores, os.cpu_count() or 1, self.duration_s)


@dataclass
class Stretch:
    """A part of the open window that is booked separately; times are seconds on the clock of `time.monotonic`."""

    start_s: float
    end_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return self.end_s - self.start_s


class Ledger:
    """Sample every meter and note the edges of windows inside the `with` block; energies are booked afterwards.

    The devices are left alone for `idle_s` at a time to measure their idle power: before the root window `run` opens, without a
    context and then (after a call of `wake`) with one, and again after `run` has closed. `synchronize` is called before each
    edge and waits for unfinished work of a device. Without meters only times are kept.
    """

    def __init__(
        self,
        meters: Sequence[Meter],
        sampling_hz: float = 10,
        idle_s: float = 0,
        synchronize: Callable[[], None] = lambda: None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.windows: list[Window] = []
        self.idle_stretches: dict[str, tuple[float, float]] = {}
        self._idle_load: dict[str, list[str]] = {}
        self._sampler = Sampler(meters, sampling_hz)
        self._idle_s = idle_s if meters else 0
        settle_s = [GPU_SETTLE_S for meter in meters if meter.device.scope == "gpu"]
        self._settle_s = max([*settle_s, *(meter.device.averaging_s for meter in meters)], default=0.0)
        self._synchronize = synchronize
        self._wake = wake
        self._averaging_s = max((meter.device.power_averaging_s for meter in meters), default=0.0)
        self._cpu = CpuTime()
        self._open: list[int] = []
        self._used: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._sampler.start()
        try:
            self._leave_alone("no_context")
            self._wake()
            self._leave_alone("before")
        except BaseException:
            self._sampler.stop()
            raise
        self.open(ROOT)
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            if failure is None:
                self.close(ROOT)
                self._leave_alone("after")
        finally:  # without `synchronize`: a failed device may never answer
            self._close(ROOT, time.monotonic())
            self._sampler.stop()

    def __deepcopy__(self, memo: object) -> Self:
        """Return the ledger itself: tuners copy their callbacks, but a device exists only once."""
        return self

    @property
    def timelines(self) -> list[Timeline]:
        """Return the readings so far, a timeline per device."""
        return self._sampler.timelines

    def timelines_so_far(self) -> list[Timeline]:
        """Return copies of the present timelines, while the run goes on."""
        return self._sampler.so_far()

    def timelines_until_now(self) -> list[Timeline]:
        """Return copies of the timelines once they reach this moment, for booking while the run goes on."""
        return self._sampler.until_now()

    @property
    def origin_s(self) -> float:
        """Return the start of the run on the clock of the readings."""
        return self.windows[0].start_s if self.windows else 0.0

    @property
    def sampler_cpu_s(self) -> float:
        """Return the CPU seconds of the thread that reads the meters."""
        return self._sampler.cpu_s

    @contextmanager
    def window(self, name: str) -> Iterator[Window]:
        """Open a window inside the innermost one; it is closed even if the work in it fails."""
        window = self.open(name)
        try:
            yield window
        except BaseException:  # without `synchronize`: a failed device may never answer
            self._close(window.name, time.monotonic())
            raise
        self.close(window.name)

    def open(self, name: str) -> Window:
        """Open a window inside the innermost one; `name` is the last part of its path (`~2` is added at its second use)."""
        cpu_s, all_s, edge_s = self._cpu.read_s(), machine_s(), self._edge()
        path = f"{self.windows[self._open[-1]].name}/{name}" if self._open else name
        self._used[path] += 1
        if self._used[path] > 1:
            path = f"{path}~{self._used[path]}"
        parent = self._open[-1] if self._open else -1
        window = Window(path, edge_s, parent, start_cpu_s=cpu_s, start_machine_s=all_s)
        self._open.append(len(self.windows))
        self.windows.append(window)
        return window

    def close(self, path: str) -> None:
        """Close the window with this path, and those inside it that an error left open; do nothing if it is closed."""
        if self._is_open(path):
            self._close(path, self._edge())

    def _is_open(self, path: str) -> bool:
        return any(self.windows[number].name == path for number in self._open)

    def _close(self, path: str, edge_s: float) -> None:
        cpu_s, all_s = self._cpu.read_s(), machine_s()
        while self._is_open(path):
            window = self.windows[self._open.pop()]
            window.end_s, window.end_cpu_s, window.end_machine_s = edge_s, cpu_s, all_s

    def idle(self, timeline: Timeline) -> dict[str, Idle | None]:
        """Return the idle power of a device in each bracket; None where it is not known."""
        found = idle_powers(timeline, self.idle_stretches)
        return {
            name: idle and replace(idle, flags=(*idle.flags, *self._idle_load[name])) for name, idle in found.items()
        }

    def numbers(self, path: str) -> list[int]:
        """Return the numbers of the window with this path and of those inside it."""
        return [
            number
            for number, window in enumerate(self.windows)
            if window.name == path or window.name.startswith(f"{path}/")
        ]

    def book(self, timeline: Timeline, numbers: Sequence[int]) -> Booked:
        """Book closed windows, given by their numbers, on the readings of a device."""
        windows = [self.windows[number] for number in numbers]
        place = {number: place for place, number in enumerate(numbers)}
        start_s = np.array([window.start_s for window in windows])
        end_s = np.array([window.end_s for window in windows], dtype=float)
        parent = np.array([place.get(window.parent, -1) for window in windows], dtype=int)
        return book(timeline, start_s, end_s, parent, self._idle_power(timeline))

    def _idle_power(self, timeline: Timeline) -> Idle | None:
        idle = self.idle(timeline)
        return between(idle.get("before"), idle.get("after"))

    def begin(self) -> Stretch:
        """Begin a stretch of the open window, right after a reading of the meters that can be read at any moment."""
        self._synchronize()
        self._sampler.edge()
        return Stretch(time.monotonic())

    def end(self, stretch: Stretch) -> Stretch:
        """End a stretch, right before such a reading of the meters."""
        stretch.end_s = self._edge()
        return stretch

    def book_stretches(self, timeline: Timeline, stretches: Sequence[Stretch]) -> Booked:
        """Book stretches on the readings of a device."""
        start_s, end_s = np.array([(each.start_s, each.end_s) for each in stretches]).reshape(-1, 2).T
        return book(timeline, start_s, end_s, np.full(len(stretches), -1), self._idle_power(timeline))

    def resolvable_s(self, precision: float) -> float:
        """Return how many seconds stretches must last in total so that every device resolves their energy to a relative precision."""
        return max((each.resolvable_s(precision) for each in self._read), default=0.0)

    @property
    def block_s(self) -> float:
        """Return how many seconds a stretch must last so that every device can tell its energy from the energy around it."""
        return max((each.block_s for each in self._read), default=0.0)

    @property
    def _read(self) -> list[Timeline]:
        """Return the timelines that still get readings; the whole machine only if no part of it does: tables prefer parts."""
        read = [each for each in self.timelines if each.lost is None]
        return [each for each in read if each.device.scope != MACHINE] or read

    def _leave_alone(self, name: str) -> None:
        if self._idle_s:
            time.sleep(max(SETTLING * self._idle_s, self._settle_s))
            bracket = Window(name, time.monotonic(), -1, start_cpu_s=self._cpu.read_s(), start_machine_s=machine_s())
            time.sleep(self._idle_s)
            bracket.end_s, bracket.end_cpu_s, bracket.end_machine_s = time.monotonic(), self._cpu.read_s(), machine_s()
            self.idle_stretches[name] = (bracket.start_s, bracket.end_s)
            self._idle_load[name] = bracket.other_load
            time.sleep(self._averaging_s)

    def _edge(self) -> float:
        self._synchronize()
        moment_s = time.monotonic()
        self._sampler.edge()
        return moment_s
