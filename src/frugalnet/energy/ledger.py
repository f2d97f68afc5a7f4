"""The ledger of a run: one timeline of readings, and nested windows on it, so that every joule has one place.

Each window's energy is the difference of two readings taken at its edges, in integer microjoules. The energies of a
window's children and its gap (what happened between them) therefore add up to the window's own energy exactly.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from frugalnet import record
from frugalnet.energy.meters import Meter, Reading

ROOT = "run"


@dataclass
class Window:
    """A named stretch of a run; `name` is its path from the root, times are seconds since the start of the run."""

    name: str
    start_s: float
    end_s: float | None = None
    energy_uj: int | None = None
    inside_uj: int | None = 0
    """Energy of the closed windows directly inside."""

    @property
    def parent(self) -> str | None:
        """Return the name of the window around this one."""
        return self.name.rpartition("/")[0] or None

    @property
    def gap_uj(self) -> int | None:
        """Return the energy that is in none of the windows inside."""
        return None if self.energy_uj is None or self.inside_uj is None else self.energy_uj - self.inside_uj

    @property
    def duration_s(self) -> float:
        """Return the length of the closed window."""
        assert self.end_s is not None, f"window {self.name} is still open"
        return self.end_s - self.start_s

    def add(self, energy_uj: int | None) -> None:
        """Book the energy of a window directly inside, which has just been closed."""
        self.inside_uj = None if self.inside_uj is None or energy_uj is None else self.inside_uj + energy_uj


class Ledger:
    """Read a meter at a steady rate in a thread and at every edge of a window, from `with` to its end.

    `meter` None keeps the times and leaves every energy None. `synchronize` is called before each edge: it waits for work
    that a device still has in hand. The times are those of `time.monotonic`, from the start of the run.
    """

    def __init__(
        self, meter: Meter | None, sampling_hz: float = 10, synchronize: Callable[[], None] = lambda: None
    ) -> None:
        self.meter = meter
        self.windows: list[Window] = []
        self.timeline: list[Reading] = []
        self._open: list[tuple[Window, Reading]] = []
        self._used: Counter[str] = Counter()
        self._synchronize = synchronize
        self._interval_s = 1 / sampling_hz
        self._reading = threading.Lock()
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="ledger", daemon=True)
        self._start_s = 0.0

    def __enter__(self) -> Self:
        self._start_s = time.monotonic()
        self.open(ROOT)
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close(ROOT)
        self._stop.set()
        self._sampler.join()
        if self.meter:
            self.meter.close()

    def __deepcopy__(self, memo: object) -> Self:
        """Return the ledger itself: AutoKeras copies its callbacks, and there is only one meter."""
        return self

    @contextmanager
    def window(self, name: str) -> Iterator[Window]:
        """Open a window inside the one that is open now; it is closed also when the work in it fails."""
        window = self.open(name)
        try:
            yield window
        finally:
            self.close(window.name)

    def open(self, name: str) -> Window:
        """Open a window inside the innermost one; `name` is its own part of the path (`~2` is added for its second use)."""
        reading = self._edge()
        path = f"{self._open[-1][0].name}/{name}" if self._open else name
        self._used[path] += 1
        if self._used[path] > 1:
            path = f"{path}~{self._used[path]}"
        window = Window(path, reading.time_s - self._start_s)
        self.windows.append(window)
        self._open.append((window, reading))
        return window

    def close(self, path: str) -> None:
        """Close the window with this path, and those inside it that an error left open; nothing if it is closed."""
        if not any(window.name == path for window, _ in self._open):
            return
        end = self._edge()
        closed = None
        while closed is None or closed.name != path:
            closed, start = self._open.pop()
            closed.end_s = end.time_s - self._start_s
            if start.energy_uj is not None and end.energy_uj is not None:
                closed.energy_uj = end.energy_uj - start.energy_uj
            if self._open:
                self._open[-1][0].add(closed.energy_uj)

    def entries(self) -> list[record.WindowEntry]:
        """Return the closed windows as they stand in the record."""
        meter = self.meter
        return [
            record.WindowEntry(
                name=window.name,
                parent=window.parent,
                device=meter.device if meter else None,
                start_s=window.start_s,
                end_s=window.start_s + window.duration_s,
                energy_uj=window.energy_uj,
                gap_uj=window.gap_uj,
                source=meter.source if meter and window.energy_uj is not None else None,
            )
            for window in self.windows
        ]

    def energy_source(self) -> record.Energy:
        """Return where the energies come from, or why there are none."""
        if self.meter is None:
            return record.Energy(reason="measure.meters is none")
        meter = self.meter
        return record.Energy(
            meter=meter.name, device=meter.device, scope=meter.scope, source=meter.source, assumptions=meter.assumptions
        )

    def write(self, folder: Path) -> None:
        """Write the timeline and the windows as parquet files."""
        rows = [entry.model_dump() for entry in self.entries()]
        record.write_parquet(
            {name: [row[name] for row in rows] for name in record.WindowEntry.model_fields}, folder / record.WINDOWS
        )
        timeline: dict[str, list[Any]] = {
            "time_s": [reading.time_s - self._start_s for reading in self.timeline],
            "energy_uj": [reading.energy_uj for reading in self.timeline],
            "power_w": [reading.power_w for reading in self.timeline],
        }
        record.write_parquet(timeline, folder / record.TIMELINE)

    def _edge(self) -> Reading:
        self._synchronize()
        return self._read()

    def _read(self) -> Reading:
        with self._reading:
            reading = self.meter.read() if self.meter else Reading(time.monotonic(), None, None)
            self.timeline.append(reading)
            return reading

    def _sample(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._read()
