"""Estimates with intervals in rows: the range that a panel shows, and arrows where an interval goes on beyond it."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from frugalnet.drawing.axes import RatioLocator, RoomyLocator
from frugalnet.drawing.layout import narrow

MOST_SPAN = 1.0
"""An interval goes on beyond the panel where it is longer than all marks are apart, so many times, at either end."""
LEAST_RATIO = 1.2
"""A panel of ratios shows at least so much less and more than 1."""
SPARE = 0.06


def show_estimates(axes: Axes, rows: pd.DataFrame, ratio: bool = False) -> None:
    """Set the x axis to `estimate` of rows, no effect included, and to their intervals so far as these are not too long."""
    change = np.log if ratio else np.asarray
    marks = [0.0, *change(rows["estimate"].dropna().astype(float))]
    low, high = min(marks), max(marks)
    if ratio:
        low, high = min(low, -np.log(LEAST_RATIO)), max(high, np.log(LEAST_RATIO))
    far = MOST_SPAN * max(high - low, 1e-6)
    ends = change(rows[["low", "high"]].astype(float).to_numpy())
    if np.isfinite(ends).any():
        low, high = min(low, max(low - far, np.nanmin(ends))), max(high, min(high + far, np.nanmax(ends)))
    spare = SPARE * max(high - low, 1e-6)
    low, high = low - spare, high + spare
    if ratio:
        axes.set_xscale("log")
        low, high = np.exp(low), np.exp(high)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(RatioLocator() if ratio else RoomyLocator())
    axes.axvline(1 if ratio else 0, color="#111111", linewidth=0.8, zorder=1)


def draw_estimate(axes: Axes, row: Any, y: float, colour: str, **style: Any) -> None:
    """Draw `estimate` of a row with its interval; an arrow is at the end of a panel that the interval goes on beyond."""
    low, high = axes.get_xlim()
    if pd.notna(row.low) and pd.notna(row.high):
        axes.plot([max(low, row.low), min(high, row.high)], [y, y], color=colour, linewidth=1.0, zorder=2)
        for at, marker, beyond in ((low, "<", row.low < low), (high, ">", row.high > high)):
            if beyond:
                axes.plot(at, y, marker=marker, markersize=3, color=colour, linestyle="", clip_on=False, zorder=2)
    mark: dict[str, Any] = {"marker": "o", "markersize": 3.0 if narrow() else 3.8, "markeredgewidth": 0.9} | style
    axes.plot(row.estimate, y, linestyle="", color=colour, zorder=3, **mark)
