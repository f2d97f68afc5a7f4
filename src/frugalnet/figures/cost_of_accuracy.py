"""Quality of each configuration on test data against the energy and the time that its training took: up and to the left is better.

Marks are means over seeds, lines 95 % intervals; a thin tail leads from the training alone to all that the model took, with failed tries
and the models that it starts from. On the grey lines, a point of accuracy above the named one costs the same energy. The ring is the best configuration,
chosen on validation data. Energies that are not measured are paler.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet import catalogue
from frugalnet.drawing.axes import log_axis, log_ticks, quality_label, short
from frugalnet.drawing.configurations import BEST_COLOUR, MOST_LINES, Looks, best_key, comparable, shown
from frugalnet.drawing.labels import LABEL_SIZE, Label, place_labels
from frugalnet.drawing.layout import PANEL_HEIGHT_IN, blank, finish, message, narrow, panels
from frugalnet.drawing.quality_range import show_range
from frugalnet.drawing.quantities import ENERGY_J, QUALITY, TIME_S, origin, quantity
from frugalnet.drawing.style import key, shade

COSTS = (ENERGY_J, TIME_S)
WHOLE = "energy_to_solution_j"
TALLER = 1.3
PRICE_COLOUR, TOLD_COLOUR = "#b5b5b5", "#6a6a6a"
TOP = 0.02
"""Part of the panel below its upper end where a line leaves it there, and not at the right."""
MOST_PRICES = 4
RING: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "color": BEST_COLOUR, "markeredgewidth": 1.2}


def cost_of_accuracy(configurations: pd.DataFrame) -> Figure:
    """Draw `test_quality` against `train_energy_j`, with lines of equal energy per point, and against `train_duration_s`."""
    if configurations.empty:
        return message("There are no configurations to compare.")
    parts = [(heading, shown(own), cost) for heading, own in comparable(configurations) for cost in COSTS]
    figure, found = panels([TALLER * PANEL_HEIGHT_IN] * len(parts), 1 if narrow() else 2)
    labels: dict[Axes, list[Label]] = {}
    keys: dict[str, Any] = {}
    for axes, (heading, own, cost) in zip(found, parts, strict=True):
        axes.set_title(heading)
        looks = Looks(own)
        labels[axes] = _draw(axes, own, cost, looks)
        keys |= {str(each.get_label()): each for each in _keys(own, looks)}
    finish(figure, origin(configurations) + _remarks(configurations) + Looks(configurations).note, list(keys.values()))
    place_labels(figure, labels)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, cost: str, looks: Looks) -> list[Label]:
    """Draw the configurations of a panel; return their names."""
    dataset, of = str(rows["dataset"].iloc[0]), quantity(cost, str(rows["dataset"].iloc[0]))
    known = rows[rows[cost].notna() & rows[QUALITY].notna()]
    if known.empty:
        blank(axes, f"{of.of} is not known")
        axes.set_yticks([])
        return []
    source = known["energy_source"].dropna().unique() if cost == ENERGY_J else []
    ends = [cost, *([f"{cost}_low", f"{cost}_high"]), *([WHOLE] if cost == ENERGY_J else [])]
    values = pd.concat([known[name] for name in ends]).dropna().astype(float)
    log_axis(axes, values[values > 0], f"{of.of} ({of.unit})" + (f"\n{', '.join(source)}" if len(source) else ""))
    axes.set_ylabel(quality_label(dataset, "test"))
    half = ((known[f"{QUALITY}_high"] - known[f"{QUALITY}_low"]) / 2).astype(float).fillna(0)
    show_range(axes, known[QUALITY].astype(float), half)
    if cost == ENERGY_J and catalogue.DATASETS[dataset].metric == "accuracy":
        _draw_prices(axes, known)
    for _, row in known.iterrows():
        _mark(axes, row, cost, looks)
    best = known[known["is_best"].fillna(False).astype(bool)]
    axes.plot(best[cost], best[QUALITY], linestyle="", markersize=8, zorder=6, **RING)
    return [
        Label(
            float(row[cost]),
            float(row[QUALITY]),
            str(row["variant"]),
            BEST_COLOUR if row["is_best"] else "#333333",
            bool(row["is_best"]) or row["part"] == "row",
        )
        for _, row in known.sort_values("rank", na_position="last").iterrows()
    ]


def _mark(axes: Axes, row: pd.Series, cost: str, looks: Looks) -> None:
    """Draw the mark of a configuration, with its intervals and the tail to all that its model took, failed tries included."""
    colour = looks.of(row).colour
    colour = shade(colour, row["energy_source"]) if cost == ENERGY_J else colour
    x, y = float(row[cost]), float(row[QUALITY])
    thin: dict[str, Any] = {"color": colour, "linewidth": 0.9, "zorder": 3}
    if pd.notna(row[f"{cost}_low"]):
        low = max(float(row[f"{cost}_low"]), axes.get_xlim()[0])
        axes.plot([low, float(row[f"{cost}_high"])], [y, y], **thin)
    if pd.notna(row[f"{QUALITY}_low"]):
        axes.plot([x, x], [float(row[f"{QUALITY}_low"]), float(row[f"{QUALITY}_high"])], **thin)
    if cost == ENERGY_J and pd.notna(row[WHOLE]) and float(row[WHOLE]) > 1.03 * x:
        axes.plot([x, float(row[WHOLE])], [y, y], marker="|", markevery=[1], alpha=0.6, **thin | {"linewidth": 0.7})
    axes.plot(
        x, y, marker="o", markersize=3.6 if narrow() else 4.6, markeredgewidth=0, linestyle="", color=colour, zorder=5
    )


def _draw_prices(axes: Axes, known: pd.DataFrame) -> None:
    """Draw lines on which a point of accuracy above the same one costs the same energy, each with its price."""
    prices = known["energy_per_point_j"].dropna().astype(float)
    if prices.empty:
        return
    above = float(known["above"].dropna().iloc[0])
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    ground: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    for price in log_ticks(prices.min() / 1.5, prices.max() * 1.5, MOST_PRICES):
        energies = np.geomspace(left, right, 200)
        quality = above + energies / price / 100
        inside = (quality >= low) & (quality <= high)
        if inside.sum() < 2:
            continue
        axes.plot(
            energies[inside], quality[inside], color=PRICE_COLOUR, linewidth=0.7, zorder=1, scalex=False, scaley=False
        )
        x, y = energies[inside][-1], quality[inside][-1]
        beside = y < high - TOP * (high - low)
        style: dict[str, Any] = {"ha": "right", "va": "center"} if beside else {"ha": "center", "va": "top"}
        axes.text(x, y, f"{short(price)} J", fontsize=LABEL_SIZE, color=TOLD_COLOUR, bbox=ground, zorder=1.5, **style)
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)


def _keys(rows: pd.DataFrame, looks: Looks) -> list[Any]:
    """Return the legend entries of a panel."""
    known = rows[rows[QUALITY].notna()]
    best = known[known["is_best"].fillna(False).astype(bool)]
    found = best_key(best, marker="o", linestyle="", markersize=6) + looks.keys(marks=True)
    above = known.loc[known["energy_per_point_j"].notna(), "above"].dropna().unique()
    return found + [
        key(f"J per point above {value:g}", linestyle="-", linewidth=0.9, color=PRICE_COLOUR) for value in above[:1]
    ]


def _remarks(configurations: pd.DataFrame) -> str:
    """Return which configurations are not drawn, and why."""
    if len(configurations) > MOST_LINES:
        return f" · of {len(configurations)} configurations the best, rows and others evenly by rank"
    lost = configurations[configurations[QUALITY].isna()]
    return f" · no quality is known of {', '.join(lost['variant'])}" if len(lost) else ""
