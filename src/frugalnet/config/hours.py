"""Carbon intensity by the hour, as a file has it."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from frugalnet.errors import FrugalNetError

COLUMNS = ["hour_utc", "g_per_kwh"]
EXPECTED = f"expected CSV with the columns {','.join(COLUMNS)}, as in 2026-01-01T00:00Z,363"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hours:
    """Grams of CO2 equivalent per kWh by the hour, in which it begins, in UTC; hours follow each other."""

    path: str
    g_per_kwh: Mapping[datetime, float]

    @property
    def span(self) -> str:
        """Return which hours they are."""
        first, *_, last = (*self.g_per_kwh, *self.g_per_kwh)
        return f"{first:%Y-%m-%dT%H} to {last:%Y-%m-%dT%H}, UTC"

    @property
    def mean_g_per_kwh(self) -> float:
        """Return the mean over all hours."""
        return sum(self.g_per_kwh.values()) / len(self.g_per_kwh)


@cache
def read_hours(path: str) -> Hours:
    """Return the hours of a file, which a process reads once: what a run began with, it ends with.

    Raises FrugalNetError for a file that is not there, other columns, what is no hour or no number, and hours that do not
    follow each other.
    """
    try:
        lines = list(csv.reader(Path(path).read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise FrugalNetError(f"{path!r}: {reason}; {EXPECTED}") from None
    if not lines or lines[0] != COLUMNS:
        raise FrugalNetError(
            f"{path!r}: its first line is {','.join(lines[0]) if lines else 'not there'!r}; {EXPECTED}"
        )
    rows = [(f"{path!r}, line {number}", cells) for number, cells in enumerate(lines[1:], 2) if cells]
    if not rows:
        raise FrugalNetError(f"{path!r}: has no hours; {EXPECTED}")
    found = [(place, *_row(place, cells)) for place, cells in rows]
    for (_, before, _), (place, hour, _) in pairwise(found):
        if hour - before != HOUR:
            raise FrugalNetError(
                f"{place}: {hour:%Y-%m-%dT%H} comes after {before:%Y-%m-%dT%H}; expected the next hour"
            )
    return Hours(path, {hour: g_per_kwh for _, hour, g_per_kwh in found})


def _row(place: str, cells: list[str]) -> tuple[datetime, float]:
    if len(cells) != len(COLUMNS):
        raise FrugalNetError(f"{place}: {','.join(cells)!r}; {EXPECTED}")
    try:
        hour = datetime.fromisoformat(cells[0].strip())
        hour = hour.replace(tzinfo=UTC) if hour.tzinfo is None else hour.astimezone(UTC)
    except ValueError:
        hour = datetime.min.replace(minute=1)
    if (hour.minute, hour.second, hour.microsecond) != (0, 0, 0):
        raise FrugalNetError(
            f"{place}: hour_utc = {cells[0]!r}; expected the start of an hour, as in 2026-01-01T00:00Z"
        )
    try:
        g_per_kwh = float(cells[1])
    except ValueError:
        g_per_kwh = math.nan
    if not 0 <= g_per_kwh < math.inf:
        raise FrugalNetError(f"{place}: g_per_kwh = {cells[1]!r}; expected a number of at least 0")
    return hour, g_per_kwh
