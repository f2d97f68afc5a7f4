"""The path of each search: the best objective so far, over the energy that its trials have cost.

A line is a search, a point a trial, a cross a failed one, the circle the winner; trials far worse lie on the edge. The
objective is the quality on validation data, less what size, operations, energy and latency count for in the configuration;
where energies are not known, a panel is over time.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from frugalnet import catalogue
from frugalnet.drawing.fronts import sign
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.quality_range import edge_labels, show_range
from frugalnet.drawing.style import look
from frugalnet.drawing.trial_points import MOST_FAR, cross_failures, draw_trials, in_sight, source_colour, trial_keys

PANEL_HEIGHT_IN = 2.1


def search_path(trials: pd.DataFrame) -> Figure:
    """Draw `objective` of `trials` and its best so far against the sum of `energy_j`, else of `duration_s`."""
    if trials.empty:
        return message("No architecture search is part of this study.")
    figure, panels = grid(trials, panel_height_in=PANEL_HEIGHT_IN)
    labels: dict[Axes, list[Label]] = {}
    for dataset, axes in panels.items():
        labels[axes] = _draw(axes, _path(trials[trials["dataset"] == dataset]), dataset)
    finish(figure, provenance(trials, energy=True), trial_keys(trials))
    place_labels(figure, labels)
    return figure


def _path(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of a dataset, each search in order, with `x`, `y`, `best`, and what the points need."""
    rows = trials.sort_values(["run", "trial"], kind="stable")
    cost = rows["energy_j"] if _energy_known(rows) else rows["duration_s"]
    way = sign(rows["dataset"].iloc[0])
    objective = rows["objective"].astype(float)
    best = way * (way * objective).groupby(rows["run"]).cummax().groupby(rows["run"]).ffill()
    return rows.assign(
        x=cost.astype(float).groupby(rows["run"]).cumsum(), y=objective, best=best, front=False,
        winner=rows["winner"].eq(True), shown=in_sight(objective, rows["dataset"].iloc[0]),
    )  # fmt: skip


def _draw(axes: Axes, rows: pd.DataFrame, dataset: str) -> list[Label]:
    """Draw the searches of a panel; return the labels of the points on its edge."""
    energy = _energy_known(rows)
    show_range(axes, rows.loc[rows["shown"], "y"])
    axes.set_xlim(0, 1.05 * rows["x"].max())
    for (method, _), own in rows.groupby(["method", "run"], sort=False):
        colour = source_colour(str(method), own) if energy else look(str(method)).colour
        axes.plot(own["x"], own["best"], drawstyle="steps-post", color=colour, linewidth=1.0, zorder=2)
    tried = rows[rows["y"].notna()]
    draw_trials(axes, tried, rows["trial"].max(), energy)
    cross_failures(axes, rows.loc[rows["status"] != "complete", "x"])
    sources = ", ".join(rows["energy_source"].dropna().unique())
    axes.set_xlabel(f"energy of the trials so far (J)\n{sources}" if energy else "time of the trials so far (s)")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    entry = catalogue.DATASETS[dataset]
    axes.set_ylabel("objective\nhigher is better" if entry.sign > 0 else f"objective ({entry.unit})\nlower is better")
    return edge_labels(axes, tried, MOST_FAR)


def _energy_known(rows: pd.DataFrame) -> bool:
    """Return whether the energy of every trial is known."""
    return bool(rows["energy_j"].notna().all())
