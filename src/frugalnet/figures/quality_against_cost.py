"""Quality on test data against what the compacted model costs: its file, its operations and its time.

A curve joins the variants of a method that differ in sparsity alone (the numbers beside points); times are multiples of the
baseline's, measured in turn, and bars one standard deviation over seeds. Thin steps are the front, the best mean quality for at
most that cost; dotted lines are the references, and controls far worse than all methods lie on the edge, paler.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.drawing.axes import label_first, log_axis, quality_label
from frugalnet.drawing.fronts import FRONT_KEY, draw_cost_front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import blank, finish, matrix, message, provenance
from frugalnet.drawing.points import of_points, points, spread_note
from frugalnet.drawing.style import NOTE_COLOUR, key

COSTS = {
    "compacted_bytes": "compacted file (B)",
    "macs_compacted": "multiply-accumulates",
    "latency_ratio": "1 sample (\N{MULTIPLICATION SIGN} baseline)",
    "latency_large_ratio": "large batch (\N{MULTIPLICATION SIGN} baseline)",
}
PANEL_HEIGHT_IN = 1.75
MARKER_SIZE = 4.5
DOTS: dict[str, Any] = {"linewidth": 0.9, "linestyle": (0, (1, 1))}


def quality_against_cost(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against the compacted model's bytes, multiply-accumulates, and times beside the baseline's."""
    if comparison.empty:
        return message("There are no runs to compare.")
    found = of_points(comparison, *COSTS)
    figure, panels = matrix(found, len(COSTS), PANEL_HEIGHT_IN)
    labels: dict[Axes, list[Label]] = {}
    for dataset, row in panels.items():
        label_first(row, quality_label(dataset, "test"))
        for axes, column in zip(row, COSTS, strict=True):
            labels[axes] = _draw(axes, found[found["dataset"] == dataset], column)
    keys = [key("a reference", **DOTS), FRONT_KEY]
    finish(figure, provenance(comparison) + spread_note(comparison), keys)
    place_labels(figure, labels)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, column: str) -> list[Label]:
    """Draw the curves of a panel; return the labels of its points."""
    for quality in rows.loc[rows["is_reference"], "quality_mean"]:
        axes.axhline(quality, color=NOTE_COLOUR, zorder=1, **DOTS)
    labels = points(axes, rows, column, markersize=MARKER_SIZE)
    draw_cost_front(axes, rows, column)
    log_axis(axes, rows[column].astype(float), COSTS[column])
    if rows[column].isna().all():
        blank(axes, "not measured")
    return labels
