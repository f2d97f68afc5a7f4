"""Quality of each combination of levels against the energy that its training took: up and to the left is better.

Marks are means over seeds. The line is the front, which nothing else beats in both, chosen on validation data as the ranking
is; on test data, which are drawn, it need not rise. Base cases and the first of the ranking are named where there is room.
Crosses at the bottom are runs without a quality, at the energy that they took; runs that are far worse lie on the edge, paler.
Where energies are not measured, a second panel has the CPU time, which is.
"""

from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.config.varied import OFF, ON, is_base_case
from frugalnet.drawing.axes import log_axis, quality_label
from frugalnet.drawing.fronts import COST_LINE, front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import PANEL_HEIGHT_IN, blank, finish, message, narrow, panels
from frugalnet.drawing.quality_range import edge, show_range
from frugalnet.drawing.quantities import (
    COLOUR,
    CPU_S,
    ENERGY_J,
    MOST_MARKS,
    OF_GROUPS,
    QUALITY,
    counted,
    kinds,
    origin,
    quantity,
)  # fmt: skip
from frugalnet.drawing.style import MEASUREMENTS, RIM_COLOUR, key, shade
from frugalnet.drawing.trial_points import FAILED_COLOUR, cross_failures, in_sight
from frugalnet.record.record import COMPLETE


class Mark(NamedTuple):
    """How runs of a kind are drawn; `area` in square points."""

    name: str
    marker: str
    colour: str
    area: float


DRAWN = Mark("levels drawn at random", "o", COLOUR, 13.0)
BASE = Mark("other base case", "s", "#d55e00", 13.0)
MARKS = {OFF: Mark(OFF, "v", "#111111", 26.0), ON: Mark(ON, "^", "#009e73", 26.0)}
MOST_LARGE, SMALLER = 40, 0.6
"""Drawn runs in a panel above which all marks are smaller, by this fraction of their area."""
RING: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "color": RIM_COLOUR, "markeredgewidth": 1.0}
TALLER = 1.2


def quality_against_energy_of_runs(ranking: pd.DataFrame) -> Figure:
    """Draw `test_quality` against `train_energy_j`, beside it against `train_cpu_s` where energies are not measured."""
    if ranking.empty:
        return message("There are no runs to compare.")
    parts = [(heading, own, cost) for heading, own in kinds(ranking) for cost in _costs(own)]
    beside = 1 if narrow() else min(2, len(parts))
    figure, found = panels([TALLER * PANEL_HEIGHT_IN] * len(parts), beside)
    labels: dict[Axes, list[Label]] = {}
    for axes, (heading, own, cost) in zip(found, parts, strict=True):
        axes.set_title(heading)
        labels[axes] = _draw(axes, own.assign(x=own[cost].astype(float), y=own[QUALITY].astype(float)), cost)
    finish(figure, origin(ranking, counted(ranking)) + _lost(ranking), _legend(ranking))
    place_labels(figure, labels)
    return figure


def _costs(rows: pd.DataFrame) -> list[str]:
    """Return what is on the x axes: energy where it is known, and CPU time where no energy is measured."""
    known = rows.loc[rows[ENERGY_J].notna(), "energy_source"]
    return [*([ENERGY_J] if len(known) else []), *([] if known.isin(MEASUREMENTS).any() else [CPU_S])]


def _draw(axes: Axes, rows: pd.DataFrame, cost: str) -> list[Label]:
    """Draw the runs of a panel; return the names of base cases and of the first of the ranking."""
    dataset, known = rows["dataset"].iloc[0], rows[rows["x"].notna() & rows["y"].notna()]
    of = quantity(cost, dataset)
    if known.empty:
        blank(axes, "no quality is known with its cost")
        return []
    sources = ", ".join(known["energy_source"].dropna().unique())
    log_axis(axes, rows["x"], f"{of.of} ({of.unit})" + (f"\n{sources}" if cost == ENERGY_J else ""))
    axes.set_ylabel(quality_label(dataset, "test"))
    known = known.assign(shown=in_sight(known["y"], dataset), base=known["variant"].map(is_base_case).astype(bool))
    show_range(axes, known.loc[known["shown"], "y"])
    known["height"] = [row.y if row.shown else edge(axes, row.y) for row in known.itertuples()]
    best_for_cost = _front(known, cost).sort_values("x")
    axes.plot(best_for_cost["x"], best_for_cost["height"], zorder=2, **COST_LINE)
    source = known["energy_source"].iloc[0]
    large = (~known["base"]).sum() <= MOST_LARGE
    for mark, own in known.groupby(known["variant"].map(_mark), sort=False):
        face = mark.colour if cost != ENERGY_J else shade(mark.colour, source)
        area = mark.area if large else mark.area * SMALLER
        style: dict[str, Any] = {"marker": mark.marker, "color": face, "linewidths": 0, "zorder": 3 + (mark != DRAWN)}
        style["rasterized"] = len(own) > MOST_MARKS
        style["alpha"] = [1.0 if shown else 0.4 for shown in own["shown"]]
        axes.scatter(own["x"], own["height"], s=area, **style)
    best = known[known["rank"] == known["rank"].min()]
    axes.plot(best["x"], best["height"], linestyle="", markersize=6.5, zorder=5, **RING)
    cross_failures(axes, rows.loc[rows["y"].isna() & rows["x"].notna(), "x"])
    return _labels(known, best)


def _front(known: pd.DataFrame, cost: str) -> pd.DataFrame:
    """Return the runs that no other one beats in both validation quality and cost."""
    if cost == ENERGY_J:
        return known[known["on_front"].fillna(False).astype(bool)]
    validated = known.assign(y=known["validation_quality"].astype(float))
    return front(validated[validated["y"].notna()]) if validated["y"].notna().any() else known.iloc[:0]


def _mark(variant: str) -> Mark:
    return MARKS.get(variant, BASE if is_base_case(variant) else DRAWN)


def _labels(known: pd.DataFrame, best: pd.DataFrame) -> list[Label]:
    """Return names: of the first of the ranking, of base cases with all, none or a group of factors on, and of others."""
    first = {name: place for place, name in enumerate(dict.fromkeys((*best["variant"], OFF, ON, *OF_GROUPS)))}
    order = known["variant"].map(lambda variant: first.get(variant, len(first)))
    named = known.assign(order=order)[known["base"] | (order == 0)].sort_values("order", kind="stable")
    return [
        Label(row.x, row.height, row.variant, _mark(row.variant).colour, row.order < len(first))
        for row in named.itertuples()
    ]


def _lost(ranking: pd.DataFrame) -> str:
    """Return how many combinations have no quality, why, and of how many of them no energy is known either."""
    lost = ranking[ranking[QUALITY].isna()]
    kinds_lost = lost["status"].where(lost["status"] != COMPLETE, "without a quality").value_counts()
    told = [f"{count} {str(status).replace('_', ' ')}" for status, count in kinds_lost.items()]
    unknown = int(lost[ENERGY_J].isna().sum()) if ranking[ENERGY_J].notna().any() else 0
    without = f", {unknown} of them without a known energy" if unknown else ""
    return f" · {', '.join(told)}{without}" if told else ""


def _legend(ranking: pd.DataFrame) -> list[Line2D]:
    marks = {_mark(variant) for variant in ranking.loc[ranking[QUALITY].notna(), "variant"]}
    order = [mark for mark in (DRAWN, *MARKS.values(), BASE) if mark in marks]
    keys = [key(mark.name, marker=mark.marker, markersize=mark.area**0.5, color=mark.colour) for mark in order]
    keys += [key("first of the ranking", markersize=6.5, **RING)] if ranking["rank"].notna().any() else []
    lost = ranking[QUALITY].isna() & (ranking[ENERGY_J].notna() | ranking[CPU_S].notna())
    keys += [key("no quality: diverged or stopped", marker="x", color=FAILED_COLOUR)] if lost.any() else []
    return [*keys, key("front on validation data", linestyle="-", **COST_LINE)]
