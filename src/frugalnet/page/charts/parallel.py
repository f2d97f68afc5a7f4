"""Parallel coordinates: a line per row of a table across axes, on which intervals are brushed that filter the table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.ticker import EngFormatter, MaxNLocator

from frugalnet.config.levels import NONE
from frugalnet.drawing.layout import Note
from frugalnet.page.cells import Cell
from frugalnet.page.charts.parts import framed, ink, ticks

UNKNOWN = "not known"
MARGIN, LOG_MARGIN = 0.06, 0.02
"""Part of its span that an axis goes on beyond its values; decades, where they are all the same."""
ROOM = 0.15
"""Part of its span by which lines without a value lie below an axis' lowest one."""
LEVEL_MARGIN = 0.35
"""Distance of the ends of an axis of levels from the outer levels, which are 1 apart."""
TICKS, LEAST_LABELS = 6, 2
PLAIN = 1000
"""Number from which on labels have prefixes: 20k."""
COLOURS, LIGHT, DARK = 6, (0.65, 0.0), (0.35, 1.0)
"""Parts of the colour map viridis from the worst to the best, so that the best stands out most from the ground."""


@dataclass(frozen=True)
class Axis:
    """An axis with labels at places, and the places of all lines on it; those that are null lie at `unknown`.

    Its `kind` is "levels", "value" or "log".
    """

    name: str
    low: float
    high: float
    labels: Mapping[float, str]
    places: Sequence[float | None]
    unknown: float | None = None
    kind: str = "levels"

    def as_option(self) -> dict[str, Any]:
        """Return what the script draws it from."""
        named = {**self.labels} if self.unknown is None else {self.unknown: UNKNOWN, **self.labels}
        ends = {"min": self.low, "max": self.high, "unknown": self.unknown}
        return {"name": self.name, "kind": self.kind, **ends, "ticks": list(named), "labels": list(named.values())}


@dataclass(frozen=True)
class Kind:
    """How the lines of one kind look; without a colour, they have that of their value on the axis of colours."""

    name: str
    width: float
    dashes: str = "solid"
    colour: str | None = None


@dataclass(frozen=True)
class Parallel:
    """A figure of parallel coordinates; every line has a name, a kind, and the name of its row in the table below.

    `coloured` is the place of the axis of colours, on which more is better where `sign` is 1; none where it is not there.
    """

    heading: str
    about: str
    axes: Sequence[Axis]
    names: Sequence[str]
    kinds: Sequence[Kind]
    rows: Sequence[str]
    coloured: int | None
    sign: int
    note: Note

    def as_html(self) -> str:
        """Return the figure. Without scripts it says where the numbers stand."""
        groups = [
            {"name": kind.name, "width": kind.width, "dashes": kind.dashes, "lines": self._lines(kind)}
            | {"colour": kind.colour and ink(kind.colour)}
            for kind in sorted(set(self.kinds), key=lambda kind: kind.width)
        ]
        colour = None if self.coloured is None else self._colours(self.coloured)
        drawn = {"heading": self.heading, "about": self.about, "axes": [axis.as_option() for axis in self.axes]}
        return framed(
            "parallel", drawn | {"colour": colour, "groups": groups}, self.note, "The table below has the same numbers."
        )

    def _colours(self, axis: int) -> dict[str, Any]:
        """Return the colours, and the values that the first and the last one stand for."""
        known = [place for place in self.axes[axis].places if place is not None]
        return {"axis": axis, "low": min(known), "high": max(known), "ramp": ramp(self.sign)}

    def _lines(self, kind: Kind) -> list[dict[str, Any]]:
        """Return the lines of one kind."""
        places = zip(*(axis.places for axis in self.axes), strict=True)
        each = zip(self.names, self.rows, places, self.kinds, strict=True)
        return [{"name": name, "row": row, "value": value} for name, row, value, own in each if own == kind]


def ramp(sign: int) -> dict[str, list[str]]:
    """Return the colours from the lowest to the highest value, for both schemes."""
    parts = [step / (COLOURS - 1) for step in range(COLOURS)][::sign]
    ends = {"light": LIGHT, "dark": DARK}
    return {
        scheme: [to_hex(colormaps["viridis"](worst + part * (best - worst))) for part in parts]
        for scheme, (worst, best) in ends.items()
    }


def number_of(text: Any) -> float:
    """Return the number that a level is; not a number for others."""
    try:
        found = float(text)
    except (TypeError, ValueError):
        return math.nan
    return found if math.isfinite(found) else math.nan


def ordered(levels: pd.Series) -> list[str]:
    """Return the levels, each once: numbers by their size, then others as they come first; missing ones are none."""
    found = [str(level) for level in levels.dropna().unique()]
    numbers = sorted((level for level in found if not math.isnan(number_of(level))), key=number_of)
    return numbers + [level for level in found if level not in numbers]


def level_cells(levels: pd.Series) -> list[str]:
    """Return levels as cells of a table, which are sorted by size where they are numbers (and `none`)."""
    known = ordered(levels)
    texts = ["" if pd.isna(level) else str(level) for level in levels]
    others = {level for level in known if math.isnan(number_of(level))}
    return [Cell(text, number_of(text)) for text in texts] if known and others <= {NONE} != set(known) else texts


def level_axis(name: str, levels: pd.Series) -> Axis:
    """Return an axis with a place per level, 1 apart."""
    known = {level: float(place) for place, level in enumerate(ordered(levels))}
    places = [None if pd.isna(level) else known[str(level)] for level in levels]
    unknown = -1.0 if None in places else None
    low = min(0.0, unknown or 0.0) - LEVEL_MARGIN
    labels = {place: level for level, place in known.items()}
    return Axis(name, low, max(len(known), 1) - 1 + LEVEL_MARGIN, labels, places, unknown)


def number_axis(name: str, values: pd.Series, log: bool = False) -> Axis | None:
    """Return an axis of numbers; None where none is known. A logarithmic one knows those above 0 alone."""
    known = values.astype(float).where(values.astype(float).abs() < math.inf)
    known = known.where(known > 0) if log else known
    if known.isna().all():
        return None
    lowest, highest = (math.log10(end) if log else end for end in (known.min(), known.max()))
    margin = MARGIN * (highest - lowest) or (LOG_MARGIN if log else LOG_MARGIN * abs(highest) or LOG_MARGIN)
    low, high = lowest - margin, highest + margin
    inside = _back(low, log), _back(high, log)
    places = ticks(*inside) if log else [round(float(tick), 10) for tick in MaxNLocator(TICKS).tick_values(*inside)]
    labels = {place: _label(place) for place in places if inside[0] <= place <= inside[1]}
    if len(labels) < LEAST_LABELS:
        labels = {float(end): f"{end:.3g}" for end in (known.min(), known.max())}
    unknown = low - ROOM * (high - low) if known.isna().any() else None
    below = None if unknown is None else _back(unknown, log)
    end = inside[0] if unknown is None else _back(unknown - margin, log)
    return Axis(name, end, inside[1], labels, [_rounded(value) for value in known], below, "log" if log else "value")


def _back(place: float, log: bool) -> float:
    return float(10**place if log else place)


def _rounded(value: float) -> float | None:
    """Return a number with six digits, all that a line needs; None for what is not known."""
    return None if math.isnan(value) else float(f"{value:.6g}")


def _label(value: float) -> str:
    return f"{value:g}" if abs(value) < PLAIN else EngFormatter(sep="")(value)
