"""The timeline of one device: its readings as columns, in the order of time.

Meters produce timelines, a replay plays them, and foreign traces are turned into them.
"""

from array import array
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np

from frugalnet.energy.reading import Device, Reading

NUMBERS = tuple(column.name for column in fields(Reading) if column.name not in ("time_s", "energy_uj", "throttle"))
"""Columns of numbers that may be unknown: kept as floats, NaN for None."""
LONGEST_INTERVAL, LONGEST_INTERVAL_S = 10.0, 2.0
"""Between readings further apart than both limits (in usual intervals, and in seconds) the energy is not known."""
BLOCK = 4
"""Least length of a stretch, in intervals between moments at which the energy is known."""
RESOLVED_READINGS = 2
"""A window with fewer readings in it is too short for its energy to be resolved."""
COLUMNS = tuple(column.name for column in fields(Reading))


@dataclass
class Timeline:
    """Readings of a device.

    `lost` is why the last attempt to read failed, None while readings come. `holes` holds why attempts between two readings
    failed, by the number of the first of the two.
    """

    device: Device
    time_s: "array[float]" = field(default_factory=lambda: array("d"))
    energy_uj: "array[int]" = field(default_factory=lambda: array("q"))
    numbers: dict[str, "array[float]"] = field(default_factory=lambda: {name: array("d") for name in NUMBERS})
    throttle: list[str | None] = field(default_factory=list)
    interval_s: float | None = None
    """Intended time between readings; None: the median of the actual times."""
    lost: str | None = None
    holes: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time_s)

    def append(self, reading: Reading) -> None:
        """Add a reading, which must not be before the last one."""
        if self.lost is not None:
            self.holes[len(self) - 1], self.lost = self.lost, None
        for name in NUMBERS:
            value = getattr(reading, name)
            self.numbers[name].append(np.nan if value is None else value)
        self.energy_uj.append(reading.energy_uj)
        self.throttle.append(reading.throttle)
        self.time_s.append(reading.time_s)

    def copied(self) -> Self:
        """Return a copy with the readings so far."""
        return replace(
            self,
            time_s=self.time_s[:],
            energy_uj=self.energy_uj[:],
            numbers={name: values[:] for name, values in self.numbers.items()},
            throttle=self.throttle[:],
            holes=dict(self.holes),
        )

    @classmethod
    def of(cls, device: Device, readings: "list[Reading]") -> Self:
        """Return a timeline of given readings."""
        timeline = cls(device)
        for reading in readings:
            timeline.append(reading)
        return timeline

    def column(self, name: str) -> np.ndarray:
        """Return a column of numbers; NaN for what is not known."""
        if name == "time_s":
            return np.array(self.time_s, dtype=float)
        return np.array(self.energy_uj, dtype=np.int64) if name == "energy_uj" else np.array(self.numbers[name])

    def gaps(self, longer: float = LONGEST_INTERVAL, least_s: float = LONGEST_INTERVAL_S) -> list[tuple[int, float]]:
        """Return (number of the reading before, seconds) of intervals longer than `longer` usual ones and than `least_s`."""
        intervals_s = np.diff(self.column("time_s"))
        usual_s = self.interval_s or (float(np.median(intervals_s)) if len(intervals_s) else 0.0)
        limit_s = max(longer * usual_s, least_s)
        return [(int(i), float(intervals_s[i])) for i in np.flatnonzero(intervals_s > limit_s)]

    @property
    def apart_s(self) -> float:
        """Return the seconds between moments at which the energy is known; 0 for a counter that gives it at any moment."""
        return self.device.tick_s if self.device.cumulative else max(self.interval_s or 0.0, self.device.averaging_s)

    def resolvable_s(self, precision: float) -> float:
        """Return how long a stretch must be, in seconds, to resolve its energy to a relative precision.

        The error from its two edges is P T / sqrt(6) for moments T seconds apart and a power P.
        """
        return float(self.apart_s / (np.sqrt(6) * precision))

    @property
    def block_s(self) -> float:
        """Return how long a stretch must be, in seconds, so that most of its energy is its own wherever its edges fall."""
        return BLOCK * self.apart_s

    def columns(self, origin_s: float = 0.0) -> dict[str, list[Any]]:
        """Return all columns as lists, None for what is not known, with the times counted from `origin_s`."""
        known = {name: [None if value != value else value for value in self.numbers[name]] for name in NUMBERS}
        times = {"time_s": [time_s - origin_s for time_s in self.time_s]}
        return times | {"energy_uj": list(self.energy_uj)} | known | {"throttle": list(self.throttle)}
