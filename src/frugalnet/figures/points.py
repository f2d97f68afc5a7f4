"""Points of the comparison: one per method and variant, mean and spread over seeds, with a tail to a second x."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from frugalnet.figures.style import NOTE_COLOUR, marker_style, title

MARKER = 0.03
"""About the width of a marker on a logarithmic axis."""


def point(axes: Axes, row: Any, x: float, tail: float, source: str = "measured") -> None:
    """Draw a row of `comparison` at x; a thin line leads to a tick at `tail`, unless the marker would hide it."""
    style = marker_style(row.method, source)
    if pd.notna(tail) and not math.isclose(tail, x, rel_tol=MARKER):
        axes.plot([tail, x], [row.quality_mean] * 2, color=style["color"], linewidth=0.8, zorder=2)
        axes.plot(tail, row.quality_mean, marker="|", markersize=7, color=style["color"], zorder=2)
    spread = None if pd.isna(row.quality_std) else row.quality_std
    name = title(row.method, row.variant)
    axes.errorbar(
        x, row.quality_mean, yerr=spread, label=name, linestyle="", capsize=2.5, elinewidth=1, zorder=3, **style
    )
    if row.variant != "default":
        axes.annotate(row.variant, (x, row.quality_mean), (4, 4), textcoords="offset points", fontsize=6)


def tail_key(label: str) -> Line2D:
    """Return the legend entry of the tails."""
    return Line2D([], [], marker="|", markersize=7, linewidth=0.8, color=NOTE_COLOUR, label=label)


def spread_note(comparison: pd.DataFrame) -> str:
    """Return what the bars of the points are; empty where no point has one."""
    return "" if comparison["quality_std"].isna().all() else " · bars: ± standard deviation over seeds"
