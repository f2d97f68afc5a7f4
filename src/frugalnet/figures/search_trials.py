"""Networks that the searches tried: quality on validation data against size, and against energy of training.

A mark is a trial, darker the later it was tried; the circle is the winner, crosses are failed trials, and a dark rim means that
no other trial of the search beats it in all costs together. Steps are the best quality for at most that cost; final models
stand at the energy of their own training, and trials far worse lie on the edge, paler.
"""

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.drawing.axes import label_first, log_axis, quality_label
from frugalnet.drawing.fronts import draw_front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import blank, finish, matrix, message, provenance
from frugalnet.drawing.quality_range import edge, edge_labels, show_range
from frugalnet.drawing.style import RIM_COLOUR, key, look, looks, marker_style, series
from frugalnet.drawing.trial_points import MOST_FAR, cross_failures, draw_trials, in_sight, source_colour, trial_keys

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
    rows = _with_models(trials, pareto, comparison)
    figure, panels = matrix(trials, len(COSTS), PANEL_HEIGHT_IN)
    labels: dict[Axes, list[Label]] = {}
    for dataset, row in panels.items():
        own = rows[rows["dataset"] == dataset]
        own = own.assign(shown=in_sight(own["y"], dataset))
        label_first(row, quality_label(dataset, "validation"))
        show_range(row[0], own.loc[own["shown"], "y"])
        for axes, column in zip(row, COSTS, strict=True):
            labels[axes] = _draw(axes, own, column)
    finish(figure, provenance(trials, energy=True), _keys(rows[~rows["final"]]))
    place_labels(figure, labels)
    return figure


def _with_models(trials: pd.DataFrame, pareto: pd.DataFrame, comparison: pd.DataFrame) -> pd.DataFrame:
    """Return trials and `final` models with `y`, their quality, and which won, and are on their search's front over all costs."""
    best = pareto[pareto["front"].eq(True)] if len(pareto) else pareto
    on_front = set(zip(best["run"], best["trial"], strict=True)) if len(best) else set()
    front = [each in on_front for each in zip(trials["run"], trials["trial"], strict=True)]
    y = trials["quality"].astype(float)
    rows = trials.assign(winner=trials["winner"].eq(True), front=front, y=y, final=False)
    models = comparison[comparison["method"].isin(FINAL)] if len(comparison) else comparison
    if models.empty:
        return rows
    y = models["validation_quality_mean"].astype(float)
    return pd.concat([rows, looks(models).assign(winner=False, front=False, y=y, final=True)], ignore_index=True)


def _draw(axes: Axes, rows: pd.DataFrame, column: str) -> list[Label]:
    """Draw the points of a panel; return their labels."""
    energy, failed = column == "train_energy_j", ~rows["final"] & (rows["status"] != "complete")
    rows = rows.assign(x=rows[column].astype(float))
    if not energy:  # a network that was never trained was never compacted
        rows["x"] = rows["x"].mask(failed, rows["parameters"].astype(float))
    known = rows[rows["x"].notna() & rows["y"].notna()]
    points = known[~known["final"]]
    sources = ", ".join(rows["energy_source"].dropna().unique()) or "not known"
    log_axis(axes, rows["x"], COSTS[column] + (f"\n{sources}" if energy else ""))
    if rows["x"].isna().all():
        blank(axes, "not known")
    for method, own in points[points["shown"]].groupby("method", sort=False):
        colour = source_colour(str(method), own) if energy else look(str(method)).colour
        draw_front(axes, own, color=colour, linewidth=1.0)
    draw_trials(axes, points, rows["trial"].max(), energy)
    cross_failures(axes, rows.loc[failed, "x"])
    for row in known[known["final"]].itertuples():
        style = marker_style(row.method, row.energy_source if energy else "measured", row.granularity, row.family)
        height, alpha = (row.y, 1.0) if row.shown else (edge(axes, row.y), 0.5)
        label = f"{series(row.method, row.family)} (final)"
        axes.plot(row.x, height, linestyle="", markersize=MARKER_SIZE, alpha=alpha, zorder=3, label=label, **style)
    numbered = points[points["shown"]] if len(points) <= MOST_NUMBERS else points.iloc[:0]
    numbers = [Label(row.x, row.y, f"{row.trial:.0f}", look(row.method).colour) for row in numbered.itertuples()]
    return [*numbers, *edge_labels(axes, known, MOST_FAR)]


def _keys(trials: pd.DataFrame) -> list[Artist]:
    """Return the legend entries of trials and fronts."""
    rim: dict[str, Any] = {"marker": "s", "markersize": 5, "markerfacecolor": "white", "markeredgecolor": RIM_COLOUR}
    rims = [key("on the front over all costs", **rim)] if trials["front"].any() else []
    return [*trial_keys(trials), *rims, key("front of these two axes", linestyle="-", linewidth=1.0)]
