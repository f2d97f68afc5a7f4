"""Trials as points: a marker per method, darker the later they were tried; rings and crosses."""

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from frugalnet.config.run import DEFAULT
from frugalnet.drawing.fronts import sign
from frugalnet.drawing.quality_range import FAR, LEAST_SPAN, edge
from frugalnet.drawing.style import MEASUREMENTS, RIM_COLOUR, key, look, shade, title

FAILED_COLOUR = "#a50026"
WINNER, FAILED = "winner of the search", "failed trial"
DARKEST = 0.5
"""Brightness of the last trial, as a fraction of its method's colour; no shade is that of an estimate, which is paler."""
FEW = 24
"""Trials in a panel up to which they are drawn large."""
AREA, SMALL_AREA = 34.0, 15.0
"""Areas of markers, in square points."""
RIM, SMALL_RIM = 0.9, 0.55
STAR = 2.0
"""A star has an area so many times as large, to look as large as other markers."""
MOST_FAR = 4
"""Points on the edge of a panel up to which each has its value beside it."""


def in_sight(values: pd.Series, dataset: str) -> pd.Series:
    """Return which values are in the range drawn: not those far worse than the median, as a network that learned nothing."""
    quality = sign(dataset) * values.astype(float)
    best, median = quality.max(), quality.median()
    return quality >= median - FAR * max(best - median, LEAST_SPAN * abs(best))


def draw_trials(axes: Axes, rows: pd.DataFrame, last: int, energy: bool = False) -> None:
    """Draw a marker per trial at its `x` and `y`, those that are not `shown` on the edge; `last` is the highest number.

    Trials on the front over all costs (`front`) have a dark rim. Of an `energy`, the source decides how pale they are.
    """
    area, rim = (AREA, RIM) if len(rows) <= FEW else (SMALL_AREA, SMALL_RIM)
    placed = rows.assign(height=[row.y if row.shown else edge(axes, row.y) for row in rows.itertuples()])
    for (method, source), own in placed.groupby(["method", "energy_source"], sort=False, dropna=False):
        chosen = look(str(method))
        colours = [_darker(chosen.colour, trial / max(1, last)) for trial in own["trial"]]
        style: dict[str, Any] = {
            "marker": chosen.marker,
            "s": area * (STAR if chosen.marker == "*" else 1),
            "c": [shade(colour, source) if energy else colour for colour in colours],
            "alpha": [1.0 if shown else 0.5 for shown in own["shown"]],
            "edgecolors": [RIM_COLOUR if best else "white" for best in own["front"]],
            "linewidths": [rim if best else 0.4 for best in own["front"]],
        }
        axes.scatter(own["x"], own["height"], zorder=4, **style)
    winners = placed[placed["winner"]]
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": RIM_COLOUR, "linewidths": 1.0, "zorder": 5}
    axes.scatter(winners["x"], winners["height"], s=3.6 * area, label=f"_{WINNER}", **ring)


def cross_failures(axes: Axes, places: pd.Series) -> None:
    """Put a cross on the x axis per failed trial; at the left end where its place is not known."""
    cross: dict[str, Any] = {"marker": "x", "color": FAILED_COLOUR, "linestyle": "", "markersize": 5, "zorder": 6}
    for place in places.astype(float).fillna(axes.get_xlim()[0]):
        axes.plot(place, 0, transform=axes.get_xaxis_transform(), clip_on=False, **cross)


def source_colour(method: str, rows: pd.DataFrame) -> str:
    """Return a method's colour for lines along energies: pale where any of the rows is not measured."""
    sources = rows["energy_source"]
    return shade(look(method).colour, "measured" if sources.isin(MEASUREMENTS).all() else None)


def trial_keys(rows: pd.DataFrame) -> list[Artist]:
    """Return the legend entries of trials: a marker per method, the ring, and the cross where one failed."""
    names = {f"trials of {title(name, DEFAULT)}": look(name) for name in rows["method"].unique()}
    keys = [key(name, marker=chosen.marker, color=chosen.colour) for name, chosen in names.items()]
    ring = key(WINNER, marker="o", markersize=8, markerfacecolor="none", color=RIM_COLOUR)
    failed = [key(FAILED, marker="x", color=FAILED_COLOUR)] if (rows["status"] != "complete").any() else []
    return [*keys, ring, *failed]


def _darker(colour: str, part: float) -> str:
    """Return a colour, darker for later trials; `part` is 0 for the first trial, 1 for the last."""
    return to_hex([(1 - (1 - DARKEST) * part) * each for each in to_rgb(colour)])
