"""The three sizes of every model's file: masked, zipped, and really smaller.

*Masked* is the file of the model as it was trained: weights that are zero are stored like all others, so that pruning
saves nothing in it. *Zipped* is the same file after gzip, which saves what zeros take on disk, and nothing once the model
is loaded. *Compacted* is the file of the smaller network that computes the same (`frugalnet.pruning.compact`): units that
are never used are gone from it. The dotted line is the baseline's file; marks that lie on each other are equal sizes.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.rows import name_rows, row_titles, rows_heights_in, separate
from frugalnet.drawing.style import NOTE_COLOUR

MASKED_COLOUR, COMPACTED_COLOUR = "#6b6b6b", "#d55e00"
SIZES: dict[str, dict[str, Any]] = {
    "model_bytes": {"label": "masked", "marker": "o", "markersize": 7, "color": MASKED_COLOUR},
    "gzip_bytes": {
        "label": "masked, zipped",
        "marker": "D",
        "markersize": 5,
        "color": MASKED_COLOUR,
        "markerfacecolor": "white",
    },
    "compacted_bytes": {"label": "compacted", "marker": "o", "markersize": 4.5, "color": COMPACTED_COLOUR},
    "gzip_bytes_compacted": {
        "label": "compacted, zipped",
        "marker": "D",
        "markersize": 3.5,
        "color": COMPACTED_COLOUR,
        "markerfacecolor": "white",
    },
}
"""Columns with their marks: the colour says which model, hollow is zipped; later ones are smaller, so that all are seen."""


def three_sizes(comparison: pd.DataFrame) -> Figure:
    """Draw `model_bytes`, `gzip_bytes`, `compacted_bytes` and `gzip_bytes_compacted`, a line per method and variant."""
    if comparison.empty:
        return message("There are no models whose sizes could be compared.")
    names = row_titles(comparison)
    figure, panels = grid(comparison, panel_height_in=rows_heights_in(names), fixed=True)
    for dataset, axes in panels.items():
        _draw(axes, comparison[comparison["dataset"] == dataset])
    name_rows(panels, names)
    finish(figure, provenance(comparison, "sizes"))
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw a line per row from its smallest to its largest size, with a mark per size."""
    sizes = rows[list(SIZES)].astype(float)
    places = range(len(rows))
    axes.grid(axis="y", visible=False)
    separate(axes, rows["method"].tolist())
    axes.hlines(places, sizes.min(axis=1), sizes.max(axis=1), color="#c8c8c8", linewidth=1.2, zorder=1)
    for column, style in SIZES.items():
        axes.plot(sizes[column], places, linestyle="", zorder=3, **style)
    for yardstick in rows.loc[rows["method"] == "baseline", "model_bytes"].dropna():
        axes.axvline(yardstick, color=NOTE_COLOUR, linestyle=":", linewidth=0.9, zorder=1, label="baseline's file")
    log_axis(axes, sizes.stack(), "file (B)")
