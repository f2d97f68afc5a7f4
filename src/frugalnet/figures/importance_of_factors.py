"""How much of each quantity a factor explains: how much R2 falls without it, in two independent models.

Filled: a random forest, on runs that it had not seen, with the factor's levels shuffled; lines are 95 % intervals. Hollow: a
linear model of all runs that leaves the factor out. At zero, a factor tells nothing. The R2 of both models stands below each
panel; where it is near zero, the model explains nothing, and its importances mean nothing.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.drawing.intervals import draw_estimate, show_estimates
from frugalnet.drawing.layout import finish, message, narrow
from frugalnet.drawing.level_rows import Row, level_panels, say
from frugalnet.drawing.quantities import (
    COLOUR,
    ENERGY_J,
    colour,
    common_notes,
    counted_runs,
    kinds,
    ordered,
    origin,
    quantity,
)
from frugalnet.drawing.style import key, shade

LINEAR_COLOUR = "#d55e00"
BESIDE, NARROW_BESIDE = 5, 2
"""Panels beside each other, in two columns of print and in one."""
LIFT = 0.18
"""Distance of the marks of the two models from the middle of their row."""
MOST_NOTES, LABEL_LINES = 3, 3


def importance_of_factors(importance: pd.DataFrame) -> Figure:
    """Draw `importance` with its interval, and `linear`, per quantity and factor; words where they are not known."""
    if importance.empty:
        return message("There are no runs that could tell which factors matter.")
    parts = [
        (heading, name, rows[rows["quantity"] == name])
        for heading, rows in kinds(importance)
        for name in ordered(rows["quantity"])
    ]
    factors = _factors(parts[0][2], importance)
    several = len({heading for heading, _, _ in parts}) > 1
    columns = NARROW_BESIDE if narrow() else min(BESIDE, len(parts))
    figure, panels, places = level_panels([Row(name) for name in factors], len(parts), columns, LABEL_LINES)
    at = dict(zip(factors, places, strict=True))
    told: set[str] = set()
    for axes, (heading, name, own) in zip(panels, parts, strict=True):
        above = f"{heading}\n" if several and heading not in told else ""
        axes.set_title(above + quantity(name, own["dataset"].iloc[0]).title, loc="left" if above else "center")
        _draw(axes, own, name, at)
        told.add(heading)
    finish(
        figure,
        origin(importance, counted_runs(importance["runs"]) or "no runs") + _remarks(importance),
        _keys(importance),
    )
    return figure


def _remarks(importance: pd.DataFrame) -> str:
    """Return what is remarked about models that are drawn."""
    known = importance[importance[["importance", "linear"]].notna().any(axis=1)]
    notes = dict.fromkeys("; ".join(common_notes(own["note"])) for _, own in known.groupby("quantity", sort=False))
    return "".join(f" · {note}" for note in list(notes)[:MOST_NOTES] if note)


def _keys(importance: pd.DataFrame) -> list[Line2D]:
    """Return the legend entries of the models that are drawn."""
    filled = key("forest, shuffled", marker="o", markersize=4, linestyle="-", linewidth=1.0, color=COLOUR)
    hollow = key("linear model, left out", marker="D", markersize=3.5, markerfacecolor="white", color=LINEAR_COLOUR)
    columns = {"importance": filled, "linear": hollow}
    return [entry for column, entry in columns.items() if importance[column].notna().any()]


def _factors(first: pd.DataFrame, importance: pd.DataFrame) -> list[str]:
    """Return the factors, from the one that matters most to the first quantity."""
    by_weight = first.assign(weight=first["importance"].fillna(first["linear"])).sort_values("weight", ascending=False)
    return list(dict.fromkeys([*by_weight["factor"], *importance["factor"]]))


def _draw(axes: Axes, rows: pd.DataFrame, name: str, at: dict[str, float]) -> None:
    """Draw the importances for a quantity, or say why there are none."""
    known = rows[["importance", "linear"]].notna().any(axis=1)
    if not known.any():
        say(axes, "; ".join(common_notes(rows["note"])) or "not known")
        return
    forest = rows[known].assign(estimate=rows["importance"].astype(float))
    linear = forest.assign(estimate=forest["linear"].astype(float))
    show_estimates(axes, pd.concat([forest, linear]))
    source = rows["energy_source"].iloc[0]
    for row in forest[forest["estimate"].notna()].itertuples():
        draw_estimate(axes, row, at[str(row.factor)] - LIFT, colour(name, source))
    pale = shade(LINEAR_COLOUR, source) if name == ENERGY_J else LINEAR_COLOUR
    style: dict[str, Any] = {
        "marker": "D",
        "markersize": 2.6,
        "markerfacecolor": "white",
        "markeredgewidth": 0.8,
        "linestyle": "",
    }
    for row in linear[linear["estimate"].notna()].itertuples():
        axes.plot(row.estimate, at[str(row.factor)] + LIFT, color=pale, zorder=4, **style)
    fits = [("forest", rows["r2_forest"].iloc[0]), ("linear", rows["r2_linear"].iloc[0])]
    of = [f"{value:.2f} ({model})" for model, value in fits if pd.notna(value)]
    axes.set_xlabel("\nof ".join(["loss of R\N{SUPERSCRIPT TWO}", *of]))
