"""Hourly carbon intensities, read from a file."""

import csv
import math
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from frugalnet.config.carbon import MOST_G_PER_KWH
from frugalnet.config.shown import shown
from frugalnet.errors import FrugalNetError

COLUMNS = ["hour_utc", "g_per_kwh"]
EXPECTED = f"expected CSV with the columns {','.join(COLUMNS)}, as in 2026-01-01T00:00Z,363"
HOUR = timedelta(hours=1)
BYTES, YEARS = 20_000_000, range(1900, 2201)
"""Limits: size of the file, and years of its hours."""
NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?|\.[0-9]+")


@dataclass(frozen=True)
class Hours:
    """Grams of CO2 equivalent per kWh by the start of the hour, in UTC; there is no gap between hours."""

    path: str
    g_per_kwh: Mapping[datetime, float]

    @property
    def span(self) -> str:
        """Return the first and the last hour in words."""
        first, *_, last = (*self.g_per_kwh, *self.g_per_kwh)
        return f"{first:%Y-%m-%dT%H} to {last:%Y-%m-%dT%H}, UTC"

    @property
    def mean_g_per_kwh(self) -> float:
        """Return the mean over all hours."""
        return sum(self.g_per_kwh.values()) / len(self.g_per_kwh)


@cache
def read_hours(path: str) -> Hours:
    """Return the hours of a file; a process reads it once, so that a run ends with the values that it began with.

    Raises FrugalNetError for a missing file, other columns, invalid hours or numbers, and gaps between hours.
    """
    name = shown(path, length=200)
    try:
        if (wrong := _unreadable(Path(path))) is not None:
            raise FrugalNetError(f"{name}: {wrong}; {EXPECTED}")
        lines = list(csv.reader(Path(path).read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise FrugalNetError(f"{name}: {reason}; {EXPECTED}") from None
    if not lines or lines[0] != COLUMNS:
        found = shown(",".join(lines[0])) if lines else "missing"
        raise FrugalNetError(f"{name}: its first line is {found}; {EXPECTED}")
    rows = [(f"{name}, line {number}", cells) for number, cells in enumerate(lines[1:], 2) if cells]
    if not rows:
        raise FrugalNetError(f"{name}: has no hours; {EXPECTED}")
    read = [(place, *_row(place, cells)) for place, cells in rows]
    for (_, before, _), (place, hour, _) in pairwise(read):
        if hour - before != HOUR:
            raise FrugalNetError(
                f"{place}: {hour:%Y-%m-%dT%H} comes after {before:%Y-%m-%dT%H}; expected the next hour"
            )
    return Hours(path, {hour: g_per_kwh for _, hour, g_per_kwh in read})


def _unreadable(path: Path) -> str | None:
    """Return why a file cannot be read; raises OSError for a missing one."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        return "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
    return f"more than {BYTES:,} bytes" if found.st_size > BYTES else None


def _row(place: str, cells: list[str]) -> tuple[datetime, float]:
    if len(cells) != len(COLUMNS):
        raise FrugalNetError(f"{place}: {shown(','.join(cells))}; {EXPECTED}")
    try:
        hour = datetime.fromisoformat(cells[0].strip())
        hour = hour.replace(tzinfo=UTC) if hour.tzinfo is None else hour.astimezone(UTC)
    except (ValueError, OverflowError):
        hour = datetime.min
    if (hour.minute, hour.second, hour.microsecond) != (0, 0, 0) or hour.year not in YEARS:
        raise FrugalNetError(
            f"{place}: hour_utc = {shown(cells[0])}; expected the start of an hour, as in 2026-01-01T00:00Z"
        )
    text = cells[1].strip()
    g_per_kwh = float(text) if NUMBER.fullmatch(text) else math.nan
    if not 0 <= g_per_kwh <= MOST_G_PER_KWH:
        raise FrugalNetError(
            f"{place}: g_per_kwh = {shown(cells[1])}; expected a number of at least 0 and at most {MOST_G_PER_KWH:,}"
        )
    return hour, g_per_kwh
