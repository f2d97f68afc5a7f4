"""How configurations of a grid are drawn: a hue per network, a tint and dashes per level of two other axes; further rows have hues of their own."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.lines import Line2D

from frugalnet.analysis.factors import LEVEL
from frugalnet.drawing.quantities import kinds
from frugalnet.drawing.style import NOTE_COLOUR, key, mixed

BEST_COLOUR = "#d55e00"
HUES = ("#0072b2", "#7a6a00", "#6f4fa0", "#444444", "#4f7a1f", "#8c2d62")
"""Of networks; further ones share the last."""
ROW_HUES = ("#009e73", "#cc79a7", "#56b4e9", "#a6761d")
"""Of rows beside the grid; further ones share the last."""
PALEST = 0.55
"""Part of a hue that is left at the first level of the axis of tints."""
DASHES = ("-", "--", "-.", ":")
NETWORK = "network"
OF = "of_network"
"""Name of the column of networks where these are levels, which are compared, and not what rows may differ in."""
ROW = "row"
MOST_LINES = 60
"""Configurations in a panel at most: the best, and others evenly by rank."""


class Look(NamedTuple):
    """How a configuration is drawn."""

    colour: str
    dashes: str


class Looks:
    """How the configurations of a table are drawn, and what the legend says of it."""

    def __init__(self, configurations: pd.DataFrame) -> None:
        rows = configurations[
            (configurations["part"] == ROW) & ~configurations.index.isin(best_of(configurations).index)
        ]
        grid = configurations[configurations["part"] != ROW]
        others = [str(name) for name in grid if str(name).startswith(LEVEL) and name != LEVEL + NETWORK]
        axes = [name for name in others if grid[name].nunique() > 1]
        self._networks = _levels(grid[NETWORK])
        self._rows = _levels(rows["variant"])
        self._axes = [(name, _levels(grid[name])) for name in axes]
        self._alike = [name.removeprefix(LEVEL) for name in axes[2:]]

    def of(self, row: Any) -> Look:
        """Return the look of a row of the table, a Series or a mapping."""
        if row["is_best"]:
            return Look(BEST_COLOUR, "-")
        if row["part"] == ROW:
            return Look(_nth(ROW_HUES, _place(self._rows, row["variant"])), "-")
        hue = _nth(HUES, _place(self._networks, row[NETWORK]))
        tint, dashes = 1.0, DASHES[0]
        if self._axes:
            name, levels = self._axes[0]
            tint = _tint(_place(levels, row[name]), len(levels))
        if len(self._axes) > 1:
            name, levels = self._axes[1]
            dashes = _nth(DASHES, _place(levels, row[name]))
        return Look(mixed(hue, tint), dashes)

    def keys(self, marks: bool = False) -> list[Line2D]:
        """Return the legend entries of networks, levels and rows; `marks`: as dots, without what dashes tell."""
        line: dict[str, Any] = {"marker": "o", "markersize": 4} if marks else {"linestyle": "-", "linewidth": 1.6}
        found = [key(name, color=_nth(HUES, place), **line) for place, name in enumerate(self._networks) if str(name)]
        if self._axes:
            name, levels = self._axes[0]
            found += [
                key(f"{_named(name)} {level}", **line | {"color": mixed(NOTE_COLOUR, _tint(place, len(levels)))})
                for place, level in enumerate(levels)
            ]
        if len(self._axes) > 1 and not marks:
            name, levels = self._axes[1]
            found += [
                key(f"{_named(name)} {level}", **line | {"linestyle": _nth(DASHES, place), "linewidth": 1.0})
                for place, level in enumerate(levels)
            ]
        return found + [key(name, color=_nth(ROW_HUES, place), **line) for place, name in enumerate(self._rows)]

    @property
    def note(self) -> str:
        """Return which axes no look tells apart; empty where there is none."""
        return f" · levels of {', '.join(self._alike)} look alike" if self._alike else ""


def comparable(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows that may be compared with each other, of all networks, and a heading that tells them from the others."""
    for heading, own in kinds(rows.rename(columns={NETWORK: OF})):
        yield heading, own.rename(columns={OF: NETWORK})


def shown(configurations: pd.DataFrame) -> pd.DataFrame:
    """Return the configurations that have room in a panel: the best and the rows, and of the grid evenly by rank."""
    if len(configurations) <= MOST_LINES:
        return configurations
    kept = configurations["is_best"].astype(bool) | (configurations["part"] == ROW)
    others = configurations[~kept].sort_values("rank", na_position="last")
    room = max(1, MOST_LINES - int(kept.sum()))
    step = max(1.0, (len(others) - 1) / max(1, room - 1))
    places = sorted({min(len(others) - 1, round(number * step)) for number in range(room)})
    return configurations[kept | configurations.index.isin(others.index[places])]


def best_of(configurations: pd.DataFrame) -> pd.DataFrame:
    """Return the row of the best configuration; none where no run is complete."""
    return configurations[configurations["is_best"].fillna(False).astype(bool)].head(1)


def best_key(best: pd.DataFrame, **style: Any) -> list[Line2D]:
    """Return the legend entry of the best configuration."""
    return [
        key(f"best: {name}", **{"color": BEST_COLOUR, "linestyle": "-", "linewidth": 2.0} | style)
        for name in best["variant"]
    ]


def _levels(values: pd.Series) -> list[Any]:
    """Return the different levels: numbers from the largest, then words by the alphabet."""
    found = sorted(values.dropna().unique())
    numbers = {level: number for level in found if (number := _number(level)) is not None}
    return sorted(numbers, key=lambda level: -numbers[level]) + [level for level in found if level not in numbers]


def _number(level: Any) -> float | None:
    try:
        return float(level)
    except (TypeError, ValueError):
        return None


def _place(levels: list[Any], level: Any) -> int:
    return levels.index(level) if level in levels else 0


def _tint(place: int, count: int) -> float:
    return 1 - (1 - PALEST) * place / max(1, count - 1)


def _nth(of: tuple[str, ...], place: int) -> str:
    return of[min(place, len(of) - 1)]


def _named(column: str) -> str:
    return column.removeprefix(LEVEL).replace("_", " ")
