"""Panels with a row per method and variant, whose names stand at the left."""

import textwrap
from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes

from frugalnet.figures.layout import PANEL_HEIGHT_IN
from frugalnet.figures.style import title

MOST_WIDE_ROWS = 12
"""Rows in a panel above which they are low, and their names small and on one line."""
ROW_HEIGHT_IN, LOW_ROW_HEIGHT_IN = 0.27, 0.155
LABEL_CHARACTERS = 24
SMALL = 6.5


def rows_height_in(most: int) -> float:
    """Return the height of panels that have at most so many rows."""
    return max(PANEL_HEIGHT_IN, 0.7 + most * (ROW_HEIGHT_IN if most <= MOST_WIDE_ROWS else LOW_ROW_HEIGHT_IN))


def row_titles(comparison: pd.DataFrame) -> dict[str, list[str]]:
    """Return the names of the rows of each dataset."""
    return {
        str(dataset): [title(row.method, row.variant) for row in rows.itertuples()]
        for dataset, rows in comparison.groupby("dataset", sort=False)
    }


def name_rows(panels: dict[str, Axes], names: dict[str, list[str]]) -> None:
    """Name the rows of every panel, from the top; a panel whose rows are those of the one at its left has no names."""
    low = max(map(len, names.values())) > MOST_WIDE_ROWS
    left: list[str] = []
    for dataset, axes in panels.items():
        own = names[dataset]
        axes.set_yticks(range(len(own)), own if low else [textwrap.fill(name, LABEL_CHARACTERS) for name in own])
        axes.set_ylim(len(own) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0, **({"labelsize": SMALL} if low else {}))
        place = axes.get_subplotspec()
        if place is None or place.is_first_col():
            left = own
        elif own == left:
            axes.set_yticklabels([])


def separate(axes: Axes, methods: list[str]) -> None:
    """Draw a faint line between the rows of different methods."""
    for place, (above, below) in enumerate(pairwise(methods)):
        if above != below:
            axes.axhline(place + 0.5, color="#dddddd", linewidth=0.6, zorder=0)
