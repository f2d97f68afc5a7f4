"""Logs of nvidia-smi: their columns, rows and samples. Damage is refused with its line, never mended."""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from frugalnet.errors import FrugalNetError

COLUMNS = {
    "time": ("timestamp",),
    "power_w": ("power.draw", "power.draw.average", "power.draw.instant", "gpu_power_draw"),
    "utilization": ("utilization.gpu", "gpu_usage"),
    "memory_mib": ("memory.used", "gpu_memory_used"),
    "temperature_c": ("temperature.gpu", "gpu_temperature"),
    "clock_mhz": ("clocks.current.sm", "clocks.sm", "clocks.current.graphics", "clocks.gr"),
    "memory_clock_mhz": ("clocks.current.memory", "clocks.mem"),
    "uuid": ("uuid", "gpu_uuid"),
    "index": ("index", "gpu_index"),
    "bus": ("pci.bus_id", "gpu_bus_id"),
    "serial": ("serial", "gpu_serial"),
    "model": ("name", "gpu_name"),
}
"""Names of a column in logs of nvidia-smi (without the unit) and in renamed ones, the preferred first."""
UNITS = {
    "power_w": "W", "utilization": "%", "memory_mib": "MiB", "temperature_c": "C", "clock_mhz": "MHz",
    "memory_clock_mhz": "MHz",
}  # fmt: skip
IDENTITY = ("uuid", "index", "bus", "serial", "model")
TIME = re.compile(r"\d{4}([/-])\d\d\1\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")
NUMBER = re.compile(r"(\d{1,7}(?:\.\d+)?) ?([A-Za-z%]*)")
UNKNOWN = re.compile(r"\[.*\]|N/A|None|", re.IGNORECASE)


class Row(NamedTuple):
    line: int
    fields: list[str]


class Sample(NamedTuple):
    line: int
    time: datetime
    power_uw: int
    others: dict[str, Any]


@dataclass(frozen=True)
class Log:
    path: Path
    header: list[str]
    columns: dict[str, int]
    rows: list[Row]
    ended: bool
    """Whether the last row has its end of line."""

    def refusal(self, row: Row, why: str) -> FrugalNetError:
        return FrugalNetError(f"{self.path}, line {row.line}: {why}")


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Return the positions of the columns that a header has; a log of nvidia-smi has at least `time` and `power_w`."""
    names = [re.sub(r"\s*[\[(][^\[(]*[\])]$", "", name.strip()).lower() for name in header]
    found = {key: [names.index(name) for name in choice if name in names] for key, choice in COLUMNS.items()}
    return {key: places[0] for key, places in found.items() if places}


def read_log(path: Path) -> Log:
    """Split a log into the fields of its rows; blank rows are skipped."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FrugalNetError(f"{path}: {error.strerror}; expected a log of nvidia-smi") from None
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # PowerShell's `>` writes UTF-16
    lines = data.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace").split("\n")
    rows = [Row(number, _fields(line)) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise FrugalNetError(f"{path}: the file is empty; expected a log of nvidia-smi")
    for row in rows[:-1] or rows:
        if "\0" in "".join(row.fields):
            raise FrugalNetError(f"{path}, line {row.line}: NUL characters; expected text. The log was damaged there")
    log = Log(path, rows[0].fields, columns_of(rows[0].fields), rows[1:], ended=not lines[-1].strip())
    if not {"time", "power_w"} <= log.columns.keys():
        found = "no header" if TIME.match(log.header[0]) else f"columns {', '.join(log.header)[:200]}"
        expected = "a header with timestamp and power.draw (or gpu_power_draw), as nvidia-smi --format=csv writes it"
        raise log.refusal(rows[0], f"{found}; expected {expected}")
    return log


def _fields(line: str) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line.strip()], skipinitialspace=True))]
    except csv.Error:  # an unclosed quote: not a row of a log
        return [line]


def is_cut(log: Log) -> bool:
    """Tell whether the last row may lack its end.

    It does if it has too few fields. If the row has no end of line, its last field must have the form of the field above
    (decimals, unit). A bare whole number cannot be checked, since `33` may be the beginning of `334`, so it is not trusted as power.
    """
    count, fields = len(log.header), log.rows[-1].fields
    if len(fields) != count:
        return len(fields) < count
    last, above = fields[-1], log.rows[-2].fields[-1] if len(log.rows) > 1 else ""
    if log.ended:
        unit_lost = last[-1:].isdigit() and above[:1].isdigit() and not above[-1:].isdigit()
        return (not last and bool(above)) or last.endswith(".") or unit_lost
    if last.isdecimal():
        return not above.isdecimal() or len(last) < len(above) or log.columns["power_w"] == count - 1
    return _form(last) != _form(above)


def _form(field: str) -> str:
    return re.sub(r"\d", "0", re.sub(r"^\d+", "#", field))


def samples_of(log: Log, rows: list[Row]) -> list[Sample]:
    """Return the samples of whole rows, which must be from one GPU and in order of time."""
    samples: list[Sample] = []
    for row in rows:
        if row.fields == log.header:
            raise log.refusal(row, "a second header; expected one log. Split the file there")
        if len(row.fields) != len(log.header):
            raise log.refusal(row, f"{len(row.fields)} fields; expected {len(log.header)} as in the header")
        _refuse_other_gpu(log, row)
        sample = _sample(log, row)
        if samples and sample.time <= samples[-1].time:
            relation = "as" if sample.time == samples[-1].time else "before that"
            why = "the clock was set back, a row was written twice, or the log has several GPUs (nvidia-smi -i INDEX logs one)"
            stands = f"time {row.fields[log.columns['time']]}, {relation} in line {samples[-1].line}"
            raise log.refusal(row, f"{stands}; expected a later one. Possibly {why}")
        samples.append(sample)
    _refuse_bunches(log, samples)
    return samples


def _sample(log: Log, row: Row) -> Sample:
    """Return a row as numbers."""
    time = row.fields[log.columns["time"]]
    try:
        moment = datetime.fromisoformat(time.replace("/", "-")) if TIME.fullmatch(time) else None
    except ValueError:
        moment = None
    if moment is None:
        raise log.refusal(row, f"time is {time!r}; expected one like 2023/03/08 13:11:36.142")
    numbers: dict[str, Decimal] = {}
    for key, unit in UNITS.items():
        if key not in log.columns:
            continue
        field = row.fields[log.columns[key]]
        number = NUMBER.fullmatch(field)
        if number and number[2] in ("", unit):
            numbers[key] = Decimal(number[1]) / (100 if unit == "%" else 1)
        elif key == "power_w" or not UNKNOWN.fullmatch(field):
            raise log.refusal(row, f"{log.header[log.columns[key]]} is {field!r}; expected a number in {unit}")
    power_uw = round(numbers.pop("power_w") * 10**6)
    return Sample(row.line, moment, power_uw, {key: float(value) for key, value in numbers.items()})


def _refuse_other_gpu(log: Log, row: Row) -> None:
    for key in IDENTITY:
        place = log.columns.get(key)
        if place is not None and row.fields[place] != log.rows[0].fields[place]:
            raise log.refusal(
                row, f"{log.header[place]} is {row.fields[place]!r} after {log.rows[0].fields[place]!r}; expected a log of one "
                "GPU. Split the file by that column, with the header in each part, or log one GPU (nvidia-smi -i INDEX)",
            )  # fmt: skip


def _refuse_bunches(log: Log, samples: list[Sample]) -> None:
    """Refuse rows that come in bunches: several GPUs logged at about the same moment, with no column that tells them apart."""
    times_s = [(sample.time - samples[0].time).total_seconds() for sample in samples]
    if len(times_s) < 20:
        return
    short_s, long_s = np.quantile(np.diff(times_s), (0.05, 0.95))
    if long_s >= 0.1 and short_s < long_s / 10:
        raise FrugalNetError(
            f"{log.path}: rows come in bunches, {short_s:.3f} s and {long_s:.3f} s apart, as in a log of several GPUs without "
            "their index; expected a log of one GPU (nvidia-smi -i INDEX)"
        )
