"""Points of the comparison: one per method and variant, mean and spread over seeds, with a tail to a second x."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from frugalnet.config.run import DEFAULT
from frugalnet.drawing.labels import Label
from frugalnet.drawing.quality_range import edge, edge_labels, show_range, within_sight
from frugalnet.drawing.style import NOTE_COLOUR, look, looks, marker_style, series

OF_POINTS = [
    *("method", "variant", "family", "granularity", "setting"),
    *("quality_mean", "quality_std", "energy_source"),
]
"""Columns that a point is drawn of, beside its place; three of them are its `looks`."""
MARKER = 0.03
"""About the width of a marker on a logarithmic axis."""


def points(axes: Axes, rows: pd.DataFrame, column: str, tail: str, energy: bool = False) -> list[Label]:
    """Draw the rows of a dataset that have a value in `column`, with tails to another column; return their labels."""
    known = looks(rows[rows[column].notna()])
    shown = within_sight(rows)
    show_range(axes, rows[shown])
    alike = dict[tuple[str, str, str], list[Any]]()
    for row in known[[*OF_POINTS, column, tail]].itertuples():
        alike.setdefault((row.method, row.family, row.energy_source), []).append(row)
    for (method, family, source), own in alike.items():
        style = marker_style(method, source if energy else "measured", own[0].granularity, family)
        named = style | {"label": series(method, family), "zorder": 3}
        for row in own:
            if shown[row.Index]:
                _tail(axes, row, getattr(row, column), getattr(row, tail), style["color"])
            else:
                on_edge(axes, row, getattr(row, column), **named)
        spread(axes, known.loc[[row.Index for row in own if shown[row.Index]]], column, **named)
    return [*setting_labels(known[shown[known.index]], column), *edge_labels(axes, known, column)]


def _tail(axes: Axes, row: Any, x: float, end: float, colour: str) -> None:
    """Draw a thin line from x to a tick at `end`, fainter for one of several variants; none where the marker hides it."""
    if pd.notna(end) and not math.isclose(end, x, rel_tol=MARKER):
        faint: dict[str, Any] = {"color": colour, "alpha": 1 if row.variant == DEFAULT else 0.4, "zorder": 2}
        axes.plot([end, x], [row.quality_mean] * 2, linewidth=0.8, marker="|", markersize=7, markevery=[0], **faint)


def spread(axes: Axes, rows: pd.DataFrame, column: str, **style: Any) -> None:
    """Draw the markers of rows that look alike, with bars of one standard deviation where there are several seeds."""
    if rows.empty:
        return
    x, y = rows[column].astype(float).to_numpy(), rows["quality_mean"].to_numpy()
    several = rows["quality_std"].notna().to_numpy()
    if several.any():
        bar = {"color": style["color"], "zorder": style["zorder"], "capsize": 2.5, "elinewidth": 0.9}
        deviation = rows["quality_std"].astype(float).to_numpy()[several]
        axes.errorbar(x[several], y[several], yerr=deviation, fmt="none", **bar)
    axes.plot(x, y, linestyle="", **style)


def on_edge(axes: Axes, row: Any, x: float, **style: Any) -> None:
    """Draw the marker of a row that is out of sight on the edge of the panel, paler than in the legend."""
    label = style.pop("label")
    axes.plot([], [], linestyle="", label=label, **style)
    axes.plot(x, edge(axes, row.quality_mean), linestyle="", alpha=0.5, **style)


def curves(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of each method and family of variants, from the most weights to the fewest."""
    groups = rows.groupby(["method", "family"], sort=False)
    return [own.sort_values("parameters_nonzero", ascending=False) for _, own in groups]


def setting_labels(rows: pd.DataFrame, column: str) -> list[Label]:
    """Return the sparsities to be written beside the points of methods that are no controls."""
    return [
        Label(x, row.quality_mean, row.setting, look(row.method).colour)
        for row in rows[[*OF_POINTS, column]].itertuples()
        if row.setting and not look(row.method).control and pd.notna(x := getattr(row, column))
    ]


def tail_key(label: str) -> Line2D:
    """Return the legend entry of the tails."""
    return Line2D([], [], marker="|", markersize=7, linewidth=0.8, color=NOTE_COLOUR, label=label)


def spread_note(comparison: pd.DataFrame) -> str:
    """Return what the bars of the points are; empty where no point has one."""
    return "" if comparison["quality_std"].isna().all() else " · bars: ± standard deviation over seeds"
