"""The three sizes of every model's file: masked, zipped and compacted.

*Masked* is the file as trained, in which zeros take as much room as other weights; *zipped* is that file after gzip;
*compacted* is the smaller network that computes the same. The dotted line is the baseline's file; marks on each other are equal
sizes.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, message, provenance
from frugalnet.drawing.rows import row_panels, row_titles
from frugalnet.drawing.style import NOTE_COLOUR

MASKED: dict[str, Any] = {"color": "#6b6b6b"}
COMPACTED: dict[str, Any] = {"color": "#d55e00"}
ZIPPED: dict[str, Any] = {"marker": "D", "markerfacecolor": "white"}
SIZES: dict[str, dict[str, Any]] = {
    "model_bytes": MASKED | {"label": "masked", "marker": "o", "markersize": 7},
    "gzip_bytes": MASKED | ZIPPED | {"label": "masked, zipped", "markersize": 5},
    "compacted_bytes": COMPACTED | {"label": "compacted", "marker": "o", "markersize": 4.5},
    "gzip_bytes_compacted": COMPACTED | ZIPPED | {"label": "compacted, zipped", "markersize": 3.5},
}
"""Columns with their marks: the colour says which model, hollow is zipped; later ones are smaller, so that all are seen."""


def three_sizes(comparison: pd.DataFrame) -> Figure:
    """Draw `model_bytes`, `gzip_bytes`, `compacted_bytes` and `gzip_bytes_compacted`, a line per method and variant."""
    if comparison.empty:
        return message("There are no models whose sizes could be compared.")
    figure, panels = row_panels(comparison, row_titles(comparison), columns=None)
    for dataset, axes in panels.items():
        _draw(axes, comparison[comparison["dataset"] == dataset])
    finish(figure, provenance(comparison, "sizes"))
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw a line per row from its smallest to its largest size, with a mark per size."""
    sizes, places = rows[list(SIZES)].astype(float), range(len(rows))
    axes.hlines(places, sizes.min(axis=1), sizes.max(axis=1), color="#c8c8c8", linewidth=1.2, zorder=1)
    for column, style in SIZES.items():
        axes.plot(sizes[column], places, linestyle="", zorder=3, **style)
    for yardstick in rows.loc[rows["method"] == "baseline", "model_bytes"].dropna():
        axes.axvline(yardstick, color=NOTE_COLOUR, linestyle=":", linewidth=0.9, zorder=1, label="baseline's file")
    log_axis(axes, sizes.stack(), "file (B)")
