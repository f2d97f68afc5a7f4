"""Quality gained over the reference against the energy of an inference: up is better, left saves energy.

The reference, in the middle, has the quality of the better of baseline and continued training, and the energy of the baseline.
Energies are those of compacted models in large batches, measured in turn with the baseline's; thin lines are 95 % intervals,
which may go on beyond the panel, and pale marks at *worse* lie far below. Marks with a dark rim have a recipe of their own.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, NullLocator

from frugalnet import catalogue
from frugalnet.analysis.statistics.wording import NO_WORSE
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.axes import RoomyLogLocator
from frugalnet.drawing.labels import LABEL_SIZE, Label, place_labels
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.style import GRANULARITY_MARKERS, NOTE_COLOUR, key, look, looks, marker_style, shade, title

RATIO, GAIN = "energy_per_inference_ratio", "quality_gain"
GROUND = "#eaf4e6"
"""Colour of where a model is better and saves energy."""
PANEL_HEIGHT_IN = 2.6
SIDE = 0.3
"""Part of a panel, at least, at each side of one time the energy."""
FAR = 3
"""A panel reaches down so many times the best gain, or the usual distance from the reference."""
EDGE = 0.13
"""Where models far below are drawn, as a fraction of the panel's height."""
MINUS = "\N{MINUS SIGN}"
STEPS, MOST_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5), 6
"""Distances of ticks, of which the smallest with so many ticks is taken; beyond them ticks are at 1, 2 and 5."""
REFERENCE: dict[str, Any] = {"linestyle": "", "marker": "o", "color": "#111111", "label": "the reference"}


def gain_for_energy(comparison: pd.DataFrame, statistics: pd.DataFrame) -> Figure:
    """Draw `quality_gain` against `energy_per_inference_ratio`; `statistics` tells which models are no worse."""
    rows = _compared(comparison, statistics)
    known = rows[rows["x"].notna() & rows["y"].notna()]
    if known.empty:
        return message("There are no methods whose quality and energy are known beside those of a reference.")
    figure, panels = grid(known, panel_height_in=PANEL_HEIGHT_IN)
    labels = {axes: _draw(axes, known[known["dataset"] == dataset]) for dataset, axes in panels.items()}
    if len(panels) == 1:
        next(iter(panels.values())).set_title("")
    unknown = len(rows) - len(known)
    left_out = f" · {unknown} left out: energy or reference not known" if unknown else ""
    finish(figure, provenance(known, energy=True) + _intervals(known) + left_out, _keys(known))
    place_labels(figure, labels)
    return figure


def _intervals(rows: pd.DataFrame) -> str:
    """Return what the lines are; empty where there are none."""
    if rows["y_low"].notna().any():
        return " · lines: 95 % intervals"
    return " · lines: 95 % intervals of measuring inference" if rows["x_low"].notna().any() else ""


def _compared(comparison: pd.DataFrame, statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are not their own reference: `x` and `y`, accuracies in points, their ends, and `no_worse`."""
    if comparison.empty:
        return comparison.assign(x=[], y=[])
    own = (comparison["method"] == comparison["reference"]) & (comparison["variant"] == comparison["reference_variant"])
    rows = looks(comparison[~own])
    scale = rows["metric"].eq("accuracy").map({True: 100.0, False: 1.0})
    ends = {f"y{end}": scale * rows[f"{GAIN}{end}"].astype(float) for end in ("", "_low", "_high")}
    ends |= {f"x{end}": rows[f"{RATIO}{end}"].astype(float) for end in ("", "_low", "_high")}
    kind = ["dataset", "method", "variant"]
    told = statistics if "equivalence" in statistics else pd.DataFrame(columns=[*kind, "equivalence"])
    found = told[told["equivalence"] == NO_WORSE]
    shown = pd.MultiIndex.from_frame(rows[kind]).isin(pd.MultiIndex.from_frame(found[kind]))
    control = rows["method"].map(lambda method: look(method).control).astype(bool)
    return rows.assign(**ends, no_worse=shown, control=control)


def _draw(axes: Axes, rows: pd.DataFrame) -> list[Label]:
    """Draw the models of a panel around their reference; return their labels."""
    floor = _frame(axes, rows)
    bottom, top = axes.get_ylim()
    shown = rows["y"] >= floor
    for row in rows.itertuples():
        inside = row.y >= floor
        style = _style(row) | {"alpha": 1 if inside else 0.5, "zorder": 3 if row.control else 4}
        axes.plot(row.x, row.y if inside else bottom + EDGE * (top - bottom), linestyle="", **style)
        faint = {"color": style["color"], "linewidth": 0.6, "alpha": 0.3 if row.control else 0.7, "zorder": 2}
        if inside and pd.notna(row.x_low):
            axes.hlines(row.y, row.x_low, row.x_high, **faint)
        if inside and pd.notna(row.y_low):
            axes.vlines(row.x, row.y_low, row.y_high, **faint)
    axes.plot(1, 0, markersize=6, zorder=5, **REFERENCE)
    return _labels(rows[shown])


def _style(row: Any) -> dict[str, Any]:
    """Return the keywords that draw a model: methods in their colours, controls hollow, small and grey."""
    style = marker_style(row.method, row.energy_source, row.granularity, row.family)
    if not row.control:
        return style | {"markersize": 5.5}
    grey = shade(NOTE_COLOUR, row.energy_source)
    hollow = {"color": grey, "markeredgecolor": grey, "markerfacecolor": "none", "fillstyle": "full"}
    return style | hollow | {"markersize": 3.2}


def _frame(axes: Axes, rows: pd.DataFrame) -> float:
    """Set the axes around the reference, with what their sides mean; return the lowest gain that is in sight."""
    entry = catalogue.DATASETS[rows["dataset"].iloc[0]]
    best = max(rows["y"].max(), 0)
    floor = min(0, max(rows["y"].min(), -FAR * max(best, rows["y"].abs().median())))
    span, beyond = max(best - floor, 1e-6), bool((rows["y"] < floor).any())
    axes.set_ylim(floor - (0.32 if beyond else 0.18) * span, best + 0.22 * span)
    bottom, top = axes.get_ylim()
    places = [tick for tick in MaxNLocator(5).tick_values(floor, top) if floor <= tick <= top]
    ticks = {tick: f"{tick:+.3g}".replace("-", MINUS) if tick else "0" for tick in places}
    ticks |= {bottom + EDGE * (top - bottom): "worse"} if beyond else {}
    axes.set_yticks(list(ticks), list(ticks.values()))
    unit = "accuracy (points)" if entry.metric == "accuracy" else f"{entry.metric.upper()} ({entry.unit})"
    axes.set_ylabel(f"gain in {unit}")
    _energies(axes, rows["x"])
    axes.fill_between([axes.get_xlim()[0], 1], 0, axes.get_ylim()[1], color=GROUND, linewidth=0, zorder=0)
    cross: dict[str, Any] = {"color": "#777777", "linewidth": 0.7, "alpha": 0.8, "zorder": 1}
    axes.vlines(1, *axes.get_ylim(), **cross)
    axes.hlines(0, *axes.get_xlim(), **cross)
    axes.grid(visible=False)
    word: dict[str, Any] = {"textcoords": "offset points", "fontsize": LABEL_SIZE, "color": NOTE_COLOUR}
    word["weight"] = "bold"
    sides: dict[str, Any] = word | {"xycoords": axes.get_xaxis_transform()}
    axes.annotate("\N{BLACK LEFT-POINTING TRIANGLE} saves energy", (1, 0), (-4, 3), ha="right", **sides)
    axes.annotate("takes more \N{BLACK RIGHT-POINTING TRIANGLE}", (1, 0), (4, 3), **sides)
    axes.annotate("\N{BLACK UP-POINTING TRIANGLE} better", (0, 1), (3, -3), xycoords="axes fraction", va="top", **word)
    return float(floor)


def _energies(axes: Axes, ratios: pd.Series) -> None:
    """Make x logarithmic, with room at both sides of the baseline's energy, and a tick there."""
    share = SIDE / (1 - SIDE)
    low, high = min(1.0, ratios.min() / 1.15), max(1.0, ratios.max() * 1.15)
    low, high = min(low, high**-share), max(high, low**-share)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    even = next((step for step in STEPS if high - low < MOST_TICKS * step), None)
    axes.xaxis.set_major_locator(MultipleLocator(even) if even else RoomyLogLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}\N{MULTIPLICATION SIGN}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("energy per inference, large batch (\N{MULTIPLICATION SIGN} baseline)")


def _labels(rows: pd.DataFrame) -> list[Label]:
    """Return the names of the best, of the cheapest that is no worse, and of the cheapest of the methods."""
    methods = rows[~rows["control"]]
    ordered = [methods.nlargest(1, "y"), methods[methods["no_worse"]].nsmallest(1, "x"), methods.nsmallest(1, "x")]
    first = pd.concat(ordered).drop_duplicates(["method", "variant"])
    names = [title(row.method, row.variant).replace(", ", "\n") for row in first.itertuples()]
    places = zip(first["x"], first["y"], names, first["method"], strict=True)
    return [Label(x, y, name, look(method).colour, important=True) for x, y, name, method in places]


def _keys(rows: pd.DataFrame) -> list[Line2D]:
    """Return the legend entries: the reference, the methods in their colours, and controls."""
    named = rows[~rows["control"]].drop_duplicates("method")[["method", "energy_source"]].to_numpy()
    keys = [key(title(method, DEFAULT), markersize=5, **marker_style(method, source)) for method, source in named]
    units = [key("units pruned", marker=GRANULARITY_MARKERS["unit"], markersize=4, color=NOTE_COLOUR)]
    units = units if (rows["granularity"] == "unit").any() else []
    controls = [key("controls", marker="o", markersize=4, markerfacecolor="none")] if rows["control"].any() else []
    return [key(markersize=5, **REFERENCE), *keys, *units, *controls]
