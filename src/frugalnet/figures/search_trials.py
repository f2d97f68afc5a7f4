"""Networks that the architecture search tried: quality on validation data against parameters.

Numbers and shades tell the order in which they were tried; the ring is the winner of a search, which is then trained
from new weights. A cross on the axis is a trial that failed (at the left end where its parameters are not known); the
table of trials says why.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from frugalnet import catalogue
from frugalnet.figures.layout import finish, grid, log_axis, message, provenance, quality_label
from frugalnet.figures.style import NOTE_COLOUR

SHADES = LinearSegmentedColormap.from_list("trials", ["#b7dcf2", "#0072b2", "#01273d"])
FAILED_COLOUR = "#a50026"
WINNER_COLOUR = "#d55e00"
MOST_NUMBERS = 12
"""Trials in a panel up to which each has its number."""
CLOSE = 0.05
"""Fraction of the panel within which points share a label."""


def search_trials(trials: pd.DataFrame) -> Figure:
    """Draw `quality` of `trials` against `parameters`; the numbers are those of the table, from 0."""
    if trials.empty:
        return message("No architecture search is part of this study.")
    figure, panels = grid(trials)
    order = Normalize(0, max(1, trials["trial"].max()))
    for dataset, axes in panels.items():
        rows = trials[trials["dataset"] == dataset]
        done = rows[rows["status"] == "complete"]
        log_axis(axes, rows["parameters"], "parameters")
        axes.set_ylabel(quality_label(dataset, "validation"))
        axes.margins(y=0.15)
        axes.scatter(done["parameters"], done["quality"], c=done["trial"], cmap=SHADES, norm=order, s=36, zorder=3)
        _ring_winners(axes, done, dataset)
        _cross_failures(axes, rows[rows["status"] != "complete"])
        if len(done) <= MOST_NUMBERS:
            _number(axes, done)
    scale = ScalarMappable(order, SHADES)
    figure.colorbar(scale, ax=list(panels.values()), label="trial", ticks=MaxNLocator(integer=True), aspect=40)
    finish(figure, provenance(trials))
    return figure


def _ring_winners(axes: Axes, done: pd.DataFrame, dataset: str) -> None:
    """Ring the best trial of each search; of equal ones the first, as the search does."""
    sign = 1 if catalogue.DATASETS[dataset].metric == "accuracy" else -1
    winners = done.loc[(sign * done["quality"]).groupby(done["run"]).idxmax()]
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": WINNER_COLOUR, "linewidths": 1.5, "zorder": 4}
    axes.scatter(winners["parameters"], winners["quality"], s=110, label="winner of the search", **ring)


def _cross_failures(axes: Axes, failed: pd.DataFrame) -> None:
    """Put a cross on the x axis per failed trial; at the left end where its parameters are not known."""
    for row in failed.itertuples():
        x = axes.get_xlim()[0] if pd.isna(row.parameters) else row.parameters
        on_axis: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False}
        axes.plot(x, 0, marker="x", color=FAILED_COLOUR, linestyle="", label="failed trial", **on_axis)


def _number(axes: Axes, done: pd.DataFrame) -> None:
    """Write the numbers of the trials beside their points; points that are close share one label."""
    axes.set_ylim(axes.get_ylim())  # limits are found late; distances in the panel need them now
    groups: list[tuple[tuple[float, float], set[int]]] = []
    for row in done.itertuples():
        where = axes.transAxes.inverted().transform(axes.transData.transform((row.parameters, row.quality)))
        near = [numbers for place, numbers in groups if max(abs(place[0] - where[0]), abs(place[1] - where[1])) < CLOSE]
        if near:
            near[0].add(row.trial)
        else:
            groups.append(((where[0], where[1]), {row.trial}))
    for place, numbers in groups:
        offset: dict[str, Any] = {"xytext": (7, 5), "textcoords": "offset points", "fontsize": 7, "color": NOTE_COLOUR}
        axes.annotate(", ".join(map(str, sorted(numbers))), place, xycoords="axes fraction", **offset)
