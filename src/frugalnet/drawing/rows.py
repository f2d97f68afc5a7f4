"""Panels with a row per method and variant, whose names stand at the left."""

import textwrap
from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.drawing.layout import PANEL_HEIGHT_IN, grid, narrow
from frugalnet.drawing.style import title

MOST_WIDE_ROWS = 12
"""Rows in a panel above which they are low, and their names small and on one line; in one column they always are."""
ROW_HEIGHT_IN, LOW_ROW_HEIGHT_IN = 0.27, 0.155
NARROW_ROW_HEIGHT_IN, FOLDED_ROW_HEIGHT_IN = 0.125, 0.19
"""Heights of rows in one column of print: with names on one line, and on two."""
FRAME_IN, NARROW_FRAME_IN = 0.7, 0.55
"""Height of what is above and below the rows of a panel."""
LABEL_CHARACTERS = 24
NARROW_CHARACTERS = 31
"""Characters of a name in one column of print; longer ones stand in two lines."""
SMALL, SMALLEST = 6.5, 6.0
MOST_COLUMNS = 2
"""Panels beside each other at most."""


def row_panels(
    rows: pd.DataFrame,
    names: dict[str, list[str]],
    columns: int | None = MOST_COLUMNS,
    low_in: float = NARROW_ROW_HEIGHT_IN,
) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with a panel per dataset and `names` for its rows, from the top; low rows are at least `low_in` high.

    A panel whose rows are those of the one at its left has no names. A faint line is between the rows of different methods.
    """
    figure, panels = grid(rows, columns and min(columns, len(names)), _heights_in(names, low_in), fixed=True)
    _name_rows(panels, names)
    for dataset, axes in panels.items():
        axes.grid(axis="y", visible=False)
        for place, (above, below) in enumerate(pairwise(rows.loc[rows["dataset"] == dataset, "method"])):
            if above != below:
                axes.axhline(place + 0.5, color="#dddddd", linewidth=0.6, zorder=0)
    return figure, panels


def _heights_in(names: dict[str, list[str]], low_in: float) -> list[float]:
    """Return the heights of panels with these rows."""
    most = max(map(len, names.values()))
    if narrow():
        folded = any(len(name) > NARROW_CHARACTERS for own in names.values() for name in own)
        row_in = max(low_in, FOLDED_ROW_HEIGHT_IN if folded else 0)
        return [NARROW_FRAME_IN + (len(own) + 0.2) * row_in for own in names.values()]
    row_in = ROW_HEIGHT_IN if most <= MOST_WIDE_ROWS else max(low_in, LOW_ROW_HEIGHT_IN)
    return [max(PANEL_HEIGHT_IN, FRAME_IN + len(own) * row_in) for own in names.values()]


def row_titles(comparison: pd.DataFrame) -> dict[str, list[str]]:
    """Return the names of the rows of each dataset."""
    return {
        str(dataset): [title(row.method, row.variant) for row in rows.itertuples()]
        for dataset, rows in comparison[["dataset", "method", "variant"]].groupby("dataset", sort=False)
    }


def _name_rows(panels: dict[str, Axes], names: dict[str, list[str]]) -> None:
    """Write the names at the left of panels."""
    low = max(map(len, names.values())) > MOST_WIDE_ROWS
    width = NARROW_CHARACTERS if narrow() else 999 if low else LABEL_CHARACTERS
    size = {"labelsize": SMALLEST if narrow() else SMALL} if low or narrow() else {}
    left: list[str] = []
    for dataset, axes in panels.items():
        own = names[dataset]
        axes.set_yticks(range(len(own)), [textwrap.fill(name, width) for name in own], linespacing=0.95)
        axes.set_ylim(len(own) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0, **size)
        place = axes.get_subplotspec()
        if place is None or place.is_first_col():
            left = own
        elif own == left:
            axes.set_yticklabels([])
