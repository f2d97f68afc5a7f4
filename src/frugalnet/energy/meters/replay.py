"""A recorded timeline, played back: runs get the energy readings of another machine."""

import csv
import math
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, cast, get_args

import numpy as np

from frugalnet.energy.reading import SOURCES, Device, MeterError, Reading, Scope, Source
from frugalnet.energy.smi_log import columns_of
from frugalnet.energy.timeline import COLUMNS, NUMBERS, Timeline
from frugalnet.energy.trace import read_trace
from frugalnet.errors import FrugalNetError

SIGNED = ("time_s", "temperature_c")


class ReplayMeter:
    """Play a timeline from the moment the meter is made: each reading appears at its recorded time."""

    def __init__(self, timeline: Timeline) -> None:
        recorded = timeline.device
        self.device = replace(
            recorded, meter="replay", source="simulated", tick_s=float(median(np.diff(timeline.column("time_s")))), dated=True,
            gain=None, gain_source=None,
            assumptions={"file": recorded.assumptions.get("file"), "recorded_source": recorded.source},
        )  # fmt: skip
        self._timeline = timeline
        self._start_s = time.monotonic()

    def read(self) -> Reading:
        """Return the last recorded reading, dated at its time of play; raises MeterError once the timeline is over."""
        times_s = self._timeline.time_s
        moment_s = times_s[0] + time.monotonic() - self._start_s
        if moment_s > times_s[-1]:
            raise MeterError(f"meter replay: the recorded timeline ended after {times_s[-1] - times_s[0]:.1f} s")
        last = bisect_right(times_s, moment_s) - 1
        played_s = self._start_s + times_s[last] - times_s[0]
        energy_uj, throttle = self._timeline.energy_uj[last], self._timeline.throttle[last]
        return Reading(played_s, energy_uj, throttle=throttle, **self._others(last))

    def close(self) -> None: ...

    def _others(self, number: int) -> dict[str, Any]:
        values = {name: self._timeline.numbers[name][number] for name in NUMBERS}
        others: dict[str, Any] = {name: None if math.isnan(value) else value for name, value in values.items()}
        others["time_error_s"] = others["time_error_s"] or 0.0
        if others["other_processes"] is not None:
            others["other_processes"] = int(others["other_processes"])
        return others


def open_replay(path: Path | str) -> list[ReplayMeter]:
    """Return a meter for every device of a recorded timeline; raises MeterError with the place of an error in it."""
    return [ReplayMeter(timeline) for timeline in read_timelines(Path(path))]


def read_timelines(path: Path) -> list[Timeline]:
    """Read recorded timelines, one per device: `timeline.parquet` of a run, the same table as CSV, or a log of nvidia-smi.

    A missing source is taken as simulated. Raises MeterError, with file and line (parquet: row, from 1), for missing columns,
    times that do not rise, energy that falls, gaps, and values that are not numbers.
    """
    if path.suffix.lower() not in (".parquet", ".csv"):
        raise _error(
            path, "the name ends in neither .parquet nor .csv; expected a recorded timeline or a log of nvidia-smi"
        )
    if not path.is_file():
        raise _error(path, "there is no such file; expected a recorded timeline")
    try:
        found = _read(path)
    except (OSError, csv.Error) as error:
        raise _error(path, f"{getattr(error, 'strerror', None) or error}; expected a recorded timeline") from None
    if not found:
        raise _error(path, "there are no readings; expected at least 2 of a device")
    for timeline, places in found:
        _check(path, timeline, places)
    return [timeline for timeline, _ in found]


def _error(path: Path, why: str) -> MeterError:
    return MeterError(f"meter replay: {path}: {why}")


def _read(path: Path) -> list[tuple[Timeline, list[str]]]:
    """Return the timelines, each with the places of its readings in the file."""
    if path.suffix.lower() == ".parquet":
        return _grouped(path, _parquet_rows(path))
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = [name.strip() for name in next(csv.reader(stream), [])]
    if "time" in columns_of(header) and "time_s" not in header:
        try:
            trace = read_trace(path)
        except FrugalNetError as error:
            raise MeterError(f"meter replay: {error}") from None
        return [(trace.timeline, [f"line {line}" for line in trace.lines])]
    return _grouped(path, _csv_rows(path))


def _parquet_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowException as error:
        raise _error(path, f"{error}; expected a parquet file") from None
    _require(path, table.column_names)
    for number, row in enumerate(table.to_pylist(), 1):
        yield f"row {number}", row


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        reader = csv.reader(stream, skipinitialspace=True)
        header = [name.strip() for name in next(reader, [])]
        _require(path, header)
        for fields in reader:
            place = f"line {reader.line_num}"
            if fields and len(fields) != len(header):
                raise _error(path, f"{place}: {len(fields)} fields; expected {len(header)} as in the header")
            if fields:
                yield place, {name: field.strip() or None for name, field in zip(header, fields, strict=True)}


def _require(path: Path, names: list[str]) -> None:
    missing = [name for name in ("time_s", "energy_uj") if name not in names]
    if missing:
        expected = "time_s and energy_uj, or the columns timestamp and power.draw of a log of nvidia-smi"
        raise _error(path, f"no column {' and '.join(missing)}; expected {expected}")


def _grouped(path: Path, rows: Iterator[tuple[str, dict[str, Any]]]) -> list[tuple[Timeline, list[str]]]:
    """Return the timelines in rows of one or more devices, each with the places of its readings."""
    found: dict[str, tuple[Timeline, list[str]]] = {}
    for place, row in rows:
        try:
            device, reading = _device(path, row), _reading(row)
        except ValueError as error:
            raise _error(path, f"{place}: {error}") from None
        timeline, places = found.setdefault(device.name, (Timeline(device), []))
        timeline.append(reading)
        places.append(place)
    return [*found.values()]


def _device(path: Path, row: dict[str, Any]) -> Device:
    name, scope, source = (row.get(column) for column in ("device", "scope", "source"))
    name = name or scope or "cpu"
    scope = scope or ("gpu" if str(name).upper().startswith("GPU") else "cpu")
    if scope not in get_args(Scope):
        raise ValueError(f"scope is {scope!r}; expected {', '.join(get_args(Scope))}")
    known = cast(Source, source if source in SOURCES else "simulated")
    return Device(str(name), "replay", cast(Scope, scope), known, assumptions={"file": path.name})


def _reading(row: dict[str, Any]) -> Reading:
    values = {name: _number(name, row.get(name)) for name in COLUMNS if name != "throttle"}
    for name in ("time_s", "energy_uj"):
        if values[name] is None:
            raise ValueError(f"{name} is not there; expected a number")
    values["time_error_s"] = values["time_error_s"] or 0.0
    return Reading(**values, throttle=row.get("throttle"))


def _number(name: str, value: Any) -> Any:
    """Return a value of a column as a number, None if it is not known; energy stays an integer."""
    if value is None or value != value:
        return None
    whole = name == "energy_uj"
    try:
        number = int(value) if whole else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    fraction_lost = whole and isinstance(value, float) and number != value
    if (
        fraction_lost or not abs(number) < 2**63 or (number < 0 and name not in SIGNED)
    ):  # NaN fails the first comparison
        raise ValueError(
            f"{name} is {value!r}; expected a {'whole ' * whole}number{', 0 or more' * (name not in SIGNED)}"
        )
    return number


def _check(path: Path, timeline: Timeline, places: list[str]) -> None:
    """Refuse a timeline that cannot be played."""
    if len(timeline) < 2:
        raise _error(path, f"{places[0]}: the only reading of {timeline.device.name}; expected at least 2")
    for (before_s, time_s), (before, place) in zip(pairwise(timeline.time_s), pairwise(places), strict=True):
        if time_s <= before_s:
            raise _error(path, f"{place}: time_s is {time_s} after {before_s} in {before}; expected times that rise")
    for (before_uj, energy_uj), (before, place) in zip(pairwise(timeline.energy_uj), pairwise(places), strict=True):
        if energy_uj < before_uj:
            raise _error(path, f"{place}: energy_uj is {energy_uj} after {before_uj} in {before}; expected no fall")
    for number, gap_s in timeline.gaps():
        raise _error(path, f"gap of {gap_s:.1f} s after {places[number]}; expected readings without one")
