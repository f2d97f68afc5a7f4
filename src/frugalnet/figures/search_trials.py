"""Networks that the architecture searches tried: quality on validation data against size, and against energy of training.

Squares are trials of *NAS*, stars those of *NAS with pruning inside*, whose networks are smaller after compaction. The later
one was tried, the darker it is; numbers are those of the table of trials. The steps are the front of the two axes of a panel:
the best quality that trials of a method had for at most so much. A dark rim marks a trial that no other one of its search
beats in quality, size, operations, energy and latency together. The circle is the winner of a search, which is then trained
anew, for more epochs than a trial. Baseline and pruned models are the final ones, at the energy of their own training
(pruning starts from the baseline). A cross on the axis is a trial that failed, at the left end where its place is not known;
the table of trials says why. Those that are far worse lie on the edge, paler. Pale colours in the right panels are energies
that are estimated or simulated.
"""

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.drawing.axes import label_first, log_axis, quality_label
from frugalnet.drawing.fronts import draw_front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import finish, matrix, message, provenance
from frugalnet.drawing.quality_range import edge
from frugalnet.drawing.style import NOTE_COLOUR, RIM_COLOUR, look, looks, marker_style, series
from frugalnet.drawing.trial_points import (
    cross_failures,
    draw_trials,
    far_labels,
    in_sight,
    show_values,
    source_colour,
    trial_keys,
)

COSTS = {"parameters_compacted": "parameters after compaction", "train_energy_j": "energy of the training (J)"}
"""Columns of trials and of final models, with their labels."""
FINAL = ("baseline", "pruning")
"""Methods whose final models are drawn beside the trials."""
PANEL_HEIGHT_IN = 1.95
MARKER_SIZE = 5.0
MOST_NUMBERS = 12
"""Trials in a panel up to which each has its number, where there is room."""


def search_trials(trials: pd.DataFrame, pareto: pd.DataFrame, comparison: pd.DataFrame) -> Figure:
    """Draw `quality` of `trials` against each of COSTS, with final models of `comparison`; `pareto` has the front."""
    if trials.empty:
        return message("No architecture search is part of this study.")
    marked = _marked(trials, pareto)
    figure, panels = matrix(marked, len(COSTS), PANEL_HEIGHT_IN)
    labels: dict[Axes, list[Label]] = {}
    for dataset, row in panels.items():
        rows, models = _shown(marked[marked["dataset"] == dataset], _final(comparison, dataset), dataset)
        label_first(row, quality_label(dataset, "validation"))
        show_values(row[0], pd.concat([each.loc[each["shown"], "y"] for each in (rows, models)]))
        for axes, column in zip(row, COSTS, strict=True):
            labels[axes] = _draw(axes, rows, models, column)
    finish(figure, provenance(trials, energy=True), _keys(marked))
    place_labels(figure, labels)
    return figure


def _marked(trials: pd.DataFrame, pareto: pd.DataFrame) -> pd.DataFrame:
    """Return the trials with whether they won, and whether they are on their search's front over all costs."""
    best = pareto[pareto["front"].eq(True)] if len(pareto) else pareto
    on_front = set(zip(best["run"], best["trial"], strict=True)) if len(best) else set()
    keys = zip(trials["run"], trials["trial"], strict=True)
    return trials.assign(winner=trials["winner"].eq(True), front=[key in on_front for key in keys])


def _final(comparison: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Return the rows of the final models that are drawn."""
    if comparison.empty:
        return pd.DataFrame(columns=["validation_quality_mean", *COSTS])
    return looks(comparison[(comparison["dataset"] == dataset) & comparison["method"].isin(FINAL)])


def _shown(trials: pd.DataFrame, models: pd.DataFrame, dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return trials and models with `y`, their quality, and whether it is in the range drawn (`shown`)."""
    y = [trials["quality"].astype(float), models["validation_quality_mean"].astype(float)]
    shown = in_sight(pd.concat(y, ignore_index=True), dataset).to_numpy()
    return trials.assign(y=y[0], shown=shown[: len(trials)]), models.assign(y=y[1], shown=shown[len(trials) :])


def _draw(axes: Axes, trials: pd.DataFrame, models: pd.DataFrame, column: str) -> list[Label]:
    """Draw the points of a panel; return their labels."""
    energy = column == "train_energy_j"
    trials, models = (rows.assign(x=rows[column].astype(float)) for rows in (trials, models))
    if not energy:  # a network that was never trained was never compacted
        trials["x"] = trials["x"].where(trials["status"] == "complete", trials["parameters"].astype(float))
    points, final = (rows[rows["x"].notna() & rows["y"].notna()] for rows in (trials, models))
    axis = pd.concat([trials["x"], final["x"]])
    log_axis(axes, axis, COSTS[column] + (f"\n{_sources(trials, final)}" if energy else ""))
    if axis.isna().all():
        axes.text(0.5, 0.5, "not known", ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
        axes.set_xticks([])
    for method, own in points[points["shown"]].groupby("method", sort=False):
        colour = source_colour(str(method), own) if energy else look(str(method)).colour
        draw_front(axes, own, color=colour, linewidth=1.0)
    draw_trials(axes, points, trials["trial"].max(), energy)
    cross_failures(axes, trials.loc[trials["status"] != "complete", "x"])
    for row in final.itertuples():
        style = marker_style(row.method, row.energy_source if energy else "measured", row.granularity, row.family)
        height, alpha = (row.y, 1.0) if row.shown else (edge(axes, row.y), 0.5)
        label = f"{series(row.method, row.family)} (final)"
        axes.plot(row.x, height, linestyle="", markersize=MARKER_SIZE, alpha=alpha, zorder=3, label=label, **style)
    numbered = points[points["shown"]] if len(points) <= MOST_NUMBERS else points.iloc[:0]
    numbers = [Label(row.x, row.y, str(row.trial), look(row.method).colour) for row in numbered.itertuples()]
    return [*numbers, *far_labels(axes, points, final)]


def _sources(trials: pd.DataFrame, models: pd.DataFrame) -> str:
    """Return how the energies of a panel are known."""
    sources = [rows["energy_source"].dropna() for rows in (trials, models) if len(rows)]
    return ", ".join(pd.concat(sources).unique()) or "not known"


def _keys(trials: pd.DataFrame) -> list[Artist]:
    """Return the legend entries of trials and fronts."""
    keys: list[Artist] = [*trial_keys(trials)]
    if trials["front"].any():
        rim: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": RIM_COLOUR}
        keys.append(Line2D([], [], linestyle="", marker="s", markersize=5, label="on the front over all costs", **rim))
    return [*keys, Line2D([], [], color=NOTE_COLOUR, linewidth=1.0, label="front of these two axes")]
