"""Quality on test data against what the compacted model costs: its file, its operations, and its time.

Each point is a method's variant after compaction: the smaller network that computes the same (`frugalnet.pruning.compact`).
A curve goes through the variants of a method that differ in sparsity alone, which stands beside some points; triangles are
pruned weights, diamonds pruned units, a dark rim marks another recipe. Time is the median for a single sample, and for a
large batch, as a multiple of that of the baseline's compacted model, which was measured in turn in the same process. Hollow
markers and dashed curves are controls: *random* prunes by chance, *scratch* trains the compacted shape from new weights for
as many epochs. Those that are far worse than all methods lie on the edge of the panel, paler, with their quality beside them.
Dotted lines are the references: of *baseline* and *continued*, what does best on validation data and was trained for no more
epochs than what is compared with it. The thin steps are the front: the best mean quality of all points, controls included, for
at most so much cost. Bars, where there are several seeds, are one
standard deviation over seeds up and down.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.drawing.axes import label_first, log_axis, quality_label
from frugalnet.drawing.fronts import FRONT_KEY, draw_cost_front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import finish, matrix, message, provenance
from frugalnet.drawing.points import OF_POINTS, curves, on_edge, setting_labels, spread, spread_note
from frugalnet.drawing.quality_range import edge_labels, show_range, within_sight
from frugalnet.drawing.style import NOTE_COLOUR, look, looks, marker_style, series

COSTS = {
    "compacted_bytes": "compacted file (B)",
    "macs_compacted": "multiply-accumulates",
    "latency_ratio": "1 sample (\N{MULTIPLICATION SIGN} baseline)",
    "latency_large_ratio": "large batch (\N{MULTIPLICATION SIGN} baseline)",
}
OF_ROWS = ["dataset", "is_reference", "seeds", "data_level", "energy_scope", "parameters_nonzero"]
"""Columns that are needed beside those of points and costs; narrow tables are quick to cut."""
PANEL_HEIGHT_IN = 1.75
MARKER_SIZE = 4.5
DOTS: Any = (0, (1, 1))
REFERENCE = Line2D([], [], color=NOTE_COLOUR, linewidth=0.9, linestyle=DOTS, label="a reference")


def quality_against_cost(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against the compacted model's bytes, multiply-accumulates, and times beside the baseline's."""
    if comparison.empty:
        return message("There are no runs to compare.")
    points = looks(comparison)[[*OF_POINTS, *OF_ROWS, *COSTS]]
    figure, panels = matrix(points, len(COSTS), PANEL_HEIGHT_IN)
    labels: dict[Axes, list[Label]] = {}
    for dataset, row in panels.items():
        rows = points[points["dataset"] == dataset]
        shown = within_sight(rows)
        label_first(row, quality_label(dataset, "test"))
        show_range(row[0], rows[shown])
        for axes, column in zip(row, COSTS, strict=True):
            labels[axes] = _draw(axes, rows.assign(shown=shown), column)
    finish(figure, provenance(points) + spread_note(points), [REFERENCE, FRONT_KEY])
    place_labels(figure, labels)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, column: str) -> list[Label]:
    """Draw the curves of a panel; return the labels of its points."""
    known = rows[rows[column].notna()]
    for quality in rows.loc[rows["is_reference"], "quality_mean"]:
        axes.axhline(quality, color=NOTE_COLOUR, linewidth=0.9, linestyle=DOTS, zorder=1)
    if known.empty:
        axes.text(0.5, 0.5, "not measured", ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
        axes.set_xticks([])
        axes.set_xlabel(COSTS[column])
        return []
    draw_cost_front(axes, known, column)
    for own in curves(known):
        _draw_curve(axes, own, column)
    log_axis(axes, known[column].astype(float), COSTS[column])
    return [*setting_labels(known, column), *edge_labels(axes, known, column)]


def _draw_curve(axes: Axes, rows: pd.DataFrame, column: str) -> None:
    """Draw the variants of a family as points, and a line through them; controls lie below the others."""
    method, family, granularity = rows[["method", "family", "granularity"]].iloc[0]
    chosen = look(method)
    style = marker_style(method, granularity=granularity, family=family, hollow_face="white")
    style |= {"markersize": MARKER_SIZE}
    style["zorder"] = 3 if chosen.control else 5
    line: dict[str, Any] = {"color": chosen.colour, "linestyle": chosen.dashes, "linewidth": 0.9}
    axes.plot(rows[column].astype(float), rows["quality_mean"], zorder=style["zorder"] - 1, **line)
    spread(axes, rows[rows["shown"]], column, label=series(method, family), **style)
    if rows["shown"].all():
        return
    for row in rows.loc[~rows["shown"], [*OF_POINTS, column]].itertuples():
        on_edge(axes, row, getattr(row, column), label=series(method, family), **style)
