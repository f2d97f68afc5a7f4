"""Points of the comparison: one per method and variant, mean and spread over seeds, at what it costs."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from frugalnet.config.run import DEFAULT
from frugalnet.drawing.labels import Label
from frugalnet.drawing.quality_range import edge, edge_labels, show_range, within_sight
from frugalnet.drawing.style import key, look, looks, marker_style, series

OF_POINTS = [
    *("dataset", "method", "variant", "family", "granularity", "setting", "quality_mean", "quality_std"),
    *("energy_source", "is_reference", "parameters_nonzero"),
]
"""Columns that points are drawn of, beside their costs; three of them are their `looks`. Narrow tables are quick to cut."""
MARKER = 0.03
"""About the width of a marker on a logarithmic axis."""

TAIL: dict[str, Any] = {"linewidth": 0.8, "marker": "|", "markersize": 7}


def of_points(comparison: pd.DataFrame, *costs: str) -> pd.DataFrame:
    """Return what points are drawn of, with `y`, their quality, its `deviation`, and whether that is in sight (`shown`)."""
    rows = looks(comparison).reset_index(drop=True)[[*OF_POINTS, *costs]]
    shown = pd.concat([within_sight(own) for _, own in rows.groupby("dataset", sort=False)])
    deviation = rows["quality_std"].astype(float)
    return rows.assign(y=rows["quality_mean"], deviation=deviation, shown=shown)


def points(
    axes: Axes, rows: pd.DataFrame, column: str, tail: str = "", energy: bool = False, **size: Any
) -> list[Label]:
    """Draw the points of a dataset that have a value in `column`; return their labels: sparsities, and what is out of sight.

    Thin lines lead from them to another column, the `tail`; without one, a line goes through those that differ in sparsity.
    Of an `energy`, the source decides how pale they are.
    """
    known = rows[rows[column].notna()]
    known = known.assign(x=known[column].astype(float), end=known[tail or column].astype(float))
    in_sight = rows[rows["shown"]]
    show_range(axes, in_sight["y"], in_sight["deviation"].fillna(0))
    alike = ["method", "family", *(["energy_source"] if energy else [])]
    for (method, family, *sources), rows_alike in known.groupby(alike, sort=False, dropna=False):
        own, chosen = rows_alike.sort_values("parameters_nonzero", ascending=False), look(method)
        style = marker_style(method, sources[0] if sources else "measured", own["granularity"].iloc[0], family, "white")
        style |= {"label": series(method, family), "zorder": 3 if chosen.control else 5} | size
        if not tail:
            line: dict[str, Any] = {"color": chosen.colour, "linestyle": chosen.dashes, "linewidth": 0.9}
            axes.plot(own["x"], own["y"], zorder=style["zorder"] - 1, **line)
        _spread(axes, own[own["shown"]], style)
        for row in own.itertuples():
            if not row.shown:
                on_edge(axes, row.x, row.y, style)
            elif pd.notna(row.end) and not math.isclose(row.end, row.x, rel_tol=MARKER):
                faint = {"color": style["color"], "alpha": 1 if row.variant == DEFAULT else 0.4}
                axes.plot([row.end, row.x], [row.y] * 2, zorder=2, markevery=[0], **faint, **TAIL)
    return [*_settings(known[known["shown"]]), *edge_labels(axes, known)]


def _spread(axes: Axes, rows: pd.DataFrame, style: dict[str, Any]) -> None:
    """Draw the markers of rows that look alike, with bars of one standard deviation where there are several seeds."""
    if rows.empty:
        return
    several = rows[rows["deviation"].notna()]
    if len(several):
        bar = {"color": style["color"], "zorder": style["zorder"], "capsize": 2.5, "elinewidth": 0.9}
        axes.errorbar(several["x"], several["y"], yerr=several["deviation"], fmt="none", **bar)
    axes.plot(rows["x"], rows["y"], linestyle="", **style)


def on_edge(axes: Axes, x: float, y: float, style: dict[str, Any]) -> None:
    """Draw a marker that is out of sight on the edge of the panel, paler than in the legend."""
    axes.plot([], [], linestyle="", **style)
    axes.plot(x, edge(axes, y), linestyle="", **style | {"alpha": 0.5, "label": None})


def _settings(rows: pd.DataFrame) -> list[Label]:
    """Return the sparsities to be written beside the points of methods that are no controls."""
    return [
        Label(row.x, row.y, row.setting, look(row.method).colour)
        for row in rows.itertuples()
        if row.setting and not look(row.method).control
    ]


def tail_key(label: str) -> Line2D:
    """Return the legend entry of the tails."""
    return key(label, linestyle="-", **TAIL)


def spread_note(comparison: pd.DataFrame) -> str:
    """Return what the bars of the points are; empty where no point has one."""
    return "" if comparison["quality_std"].isna().all() else " · bars: ± standard deviation over seeds"
