"""How the ranks of the leading combinations follow from the weights of the score: a line that stays up leads by any weights.

Rightwards, the energy of the training counts more; from panel to panel, the time of an inference does. Quality keeps its weight.
Leading are combinations that are first at some weights, and then those with the best ranks over all; the axis is logarithmic.
Ranks are those of the values as they are, without what seeds would change.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from frugalnet.drawing.layout import PANEL_HEIGHT_IN, finish, message, narrow, panels
from frugalnet.drawing.quantities import kinds, origin

MOST_RUNS = 8
"""Combinations that are drawn, at most, shared by the kinds of runs that are not compared: each has a look of its own."""
MOST_PANELS, NARROW_PANELS = 5, 3
"""Weights of inference that are drawn, at most, evenly over all: in two columns of print, and in one."""
LOOKS = (
    ("#d55e00", "o"),
    ("#0072b2", "s"),
    ("#009e73", "^"),
    ("#cc79a7", "D"),
    ("#222222", "v"),
    ("#56b4e9", "P"),
    ("#e69f00", "X"),
    ("#6f4fa0", "*"),
)
MOST_TICKS = 3
RANKS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def ranking_by_weights(ranks: pd.DataFrame) -> Figure:
    """Draw `rank` of the leading variants against `weight_energy`, a panel per `weight_inference`."""
    known = ranks[ranks["rank"].notna()] if len(ranks) else ranks
    if known.empty:
        return message("There are no runs with a score.")
    known = known.assign(rank=known["rank"].astype(float))
    comparable = list(kinds(known))
    of_kinds = [(heading, own, _leading(own, max(1, MOST_RUNS // len(comparable)))) for heading, own in comparable]
    weights = _spread(sorted(known["weight_inference"].unique()), NARROW_PANELS if narrow() else MOST_PANELS)
    figure, found = panels([1.1 * PANEL_HEIGHT_IN] * len(of_kinds) * len(weights), len(weights))
    names = list(dict.fromkeys(name for _, _, leading in of_kinds for name in leading))
    looks = {name: LOOKS[place % len(LOOKS)] for place, name in enumerate(names)}
    for number, (heading, rows, leading) in enumerate(of_kinds):
        own = rows[rows["variant"].isin(leading)]
        for place, (weight, axes) in enumerate(zip(weights, found[number * len(weights) :], strict=False)):
            _draw(axes, own[own["weight_inference"] == weight], {name: looks[name] for name in leading})
            axes.set_ylim(1.25 * own["rank"].max(), 0.8)
            above = f"{heading}\n" if place == 0 and len(of_kinds) > 1 else ""
            axes.set_title(f"{above}weight of\ninference {weight:g}", loc="left" if above else "center")
            axes.tick_params(labelleft=place == 0)
        found[number * len(weights)].set_ylabel("rank")
    counted = f"{known['variant'].nunique():,} combinations of levels"
    finish(figure, origin(known, counted))
    return figure


def _leading(rows: pd.DataFrame, most: int) -> list[str]:
    """Return the variants that are first at some weights, and others by their mean rank, the best first."""
    best = rows.groupby("variant")["rank"].agg(["min", "mean"]).sort_values("mean", kind="stable")
    first = list(best.index[best["min"] == 1])
    others = [name for name in best.index if name not in first]
    chosen = [*first, *others][:most]
    return [str(name) for name in best.index if name in chosen]


def _spread(values: list[float], most: int) -> list[float]:
    """Return at most so many of some values, evenly from the first to the last."""
    if len(values) <= most:
        return values
    return [values[round(place * (len(values) - 1) / (most - 1))] for place in range(most)]


def _draw(axes: Axes, rows: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    """Draw the lines of a panel, over the weight of energy."""
    for name, (colour, marker) in looks.items():
        own = rows[rows["variant"] == name].sort_values("weight_energy")
        style: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "markersize": 3.5,
            "markeredgewidth": 0,
            "linewidth": 1.1,
        }
        axes.plot(own["weight_energy"], own["rank"], label=name, clip_on=False, **style)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(RANKS))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    ticks = _spread(sorted(rows["weight_energy"].unique()), MOST_TICKS)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel("weight of\nenergy")
