"""Which combination had which levels, the first of the ranking at the top, and how it did: quality, energy and score.

A row is a combination, a column a factor; the key below says which shade is which level, and light grey is that of `all-off`.
Where rows are many, base cases alone have names, and of thousands the map shows some, evenly over the ranks. Lines are 95 % intervals of the score; crosses are combinations without a
quality, which have no rank. Energies are on a logarithmic axis; where none is known, it is the CPU time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullLocator

from frugalnet.analysis.factors import LEVEL
from frugalnet.config.varied import OFF, ON, is_base_case
from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, message, narrow, width_in
from frugalnet.drawing.quantities import (
    CPU_S,
    ENERGY_J,
    MOST_MARKS,
    OF_GROUPS,
    QUALITY,
    colour,
    counted,
    factors,
    kinds,
    origin,
    quantity,
)  # fmt: skip
from frugalnet.drawing.rows import SMALL, SMALLEST
from frugalnet.drawing.shades import coded, draw_key, key_height_in, shades
from frugalnet.drawing.style import key
from frugalnet.drawing.trial_points import FAILED_COLOUR
from frugalnet.record.record import COMPLETE

MOST_NAMED = 40
"""Rows up to which each has its name."""
ROW_IN, LOW_ROW_IN, MOST_IN = 0.125, 0.055, 5.6
"""Height of a row with a name, of one without, and of all rows without names."""
NAME_IN = 0.1
"""Distance of names at least."""
FRAME_IN = 1.35
"""Height of what is above and below the rows: names of factors, axes and their labels."""
LEVEL_PARTS = 0.36
"""Width of a factor, as a fraction of that of quality, energy or score."""
MOST_CELLS = 4000
"""Cells above which the map is an image in a vector graphic."""
SCORE = "score"


def what_had_what(ranking: pd.DataFrame) -> Figure:
    """Draw the columns `factor.*` as shades, by `rank`, and `test_quality`, `train_energy_j` and `score` beside."""
    names = factors(ranking)
    if ranking.empty or not names:
        return message("There are no runs whose levels can be shown.")
    parts = [(heading, own.sort_values("rank", na_position="last", kind="stable")) for heading, own in kinds(ranking)]
    codes = coded(ranking, names)
    colours = shades(max(max(levels.values()) for levels in codes.values()) - 1)
    heights_in = [FRAME_IN + len(own) * _row_in(len(own)) for _, own in parts]
    key_in = key_height_in(codes)
    figure = Figure(figsize=(width_in(), sum(heights_in) + key_in), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[sum(heights_in), key_in]).flat
    ratios = [LEVEL_PARTS * len(names), 1, 1, 1]
    panels = above.subplots(len(parts), 4, squeeze=False, width_ratios=ratios, height_ratios=heights_in)
    for row, (heading, own) in zip(panels, parts, strict=True):
        _map(row[0], own, names, codes, colours)
        row[0].set_title(heading, loc="left")
        _beside(row[1:], own)
    draw_key(below.subplots(), codes, colours)
    lost = ranking[ranking[QUALITY].isna()]
    keys = [key("no quality: " + _why(lost), marker="x", markersize=3.5, color=FAILED_COLOUR)] if len(lost) else []
    finish(figure, origin(ranking, counted(ranking)), keys)
    return figure


def _row_in(rows: int) -> float:
    return ROW_IN if rows <= MOST_NAMED else min(LOW_ROW_IN, MOST_IN / rows)


def _why(lost: pd.DataFrame) -> str:
    """Return what became of combinations without a quality."""
    found = lost.loc[lost["status"] != COMPLETE, "status"].str.replace("_", " ").unique()
    return ", ".join(found) or "not known"


def _map(
    axes: Axes, rows: pd.DataFrame, names: list[str], codes: dict[str, dict[str, int]], colours: list[str]
) -> None:
    """Draw the levels of the rows as shades, with the names of the factors above and of the rows at the left."""
    cells = pd.DataFrame({name: rows[LEVEL + name].astype(str).map(codes[name]) for name in names}).astype(float)
    lines = 0.6 if len(rows) <= MOST_NAMED else 0.0
    seaborn.heatmap(
        cells, ax=axes, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(colours) - 0.5, cbar=False, linewidths=lines,
        linecolor="white", xticklabels=False, yticklabels=False, rasterized=cells.size > MOST_CELLS,
    )  # fmt: skip
    axes.vlines(range(1, len(names)), 0, len(rows), color="white", linewidth=1.0)
    size = SMALLEST if narrow() else SMALL
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90)
    labels = _names(rows)
    axes.set_yticks([place + 0.5 for place in labels], list(labels.values()), rotation=0)
    axes.tick_params(length=0, labelsize=size)
    if len(rows) > MOST_NAMED:
        axes.tick_params(axis="y", length=2)
    axes.set(xlabel="", ylabel="")
    ranked = int(rows["rank"].notna().sum())
    if ranked < len(rows):
        axes.axhline(ranked, color="#111111", linewidth=0.8)


def _names(rows: pd.DataFrame) -> dict[int, str]:
    """Return the names of rows by their places: of all, or of the first and of base cases where these have room."""
    texts = [
        f"{row.variant}  {row.rank:.0f}" if pd.notna(row.rank) else f"{row.variant}  \N{EN DASH}"
        for row in rows.itertuples()
    ]
    if len(rows) <= MOST_NAMED:
        return dict(enumerate(texts))
    variants = list(rows["variant"])
    first = [place for name in (OFF, ON, *OF_GROUPS) for place, variant in enumerate(variants) if variant == name]
    others = [place for place, variant in enumerate(variants) if is_base_case(variant)]
    apart, found = NAME_IN / _row_in(len(rows)), list[int]()
    for place in (0, *first, *others):
        if all(abs(place - other) >= apart for other in found):
            found.append(place)
    return {place: texts[place] for place in sorted(found)}


def _beside(panels: Sequence[Axes], rows: pd.DataFrame) -> None:
    """Draw quality, energy and score of the rows beside their levels."""
    cost = ENERGY_J if rows[ENERGY_J].notna().any() else CPU_S
    middle = np.arange(len(rows)) + 0.5
    size = 2.6 if len(rows) <= MOST_NAMED else 1.6
    source = rows.loc[rows[cost].notna(), "energy_source"]
    for axes, name in zip(panels, (QUALITY, cost, SCORE), strict=True):
        values = rows[name].astype(float)
        face = colour(name, source.iloc[0] if len(source) else None)
        style: dict[str, Any] = {"color": face, "rasterized": len(rows) > MOST_MARKS}
        axes.plot(values, middle, linestyle="", marker="o", markersize=size, markeredgewidth=0, zorder=3, **style)
        if name == SCORE:
            ends = rows[["score_low", "score_high"]].astype(float).T.to_numpy()
            axes.hlines(middle, *ends, linewidth=0.6, alpha=0.7, zorder=2, **style)
        _scale(axes, values, name == cost)
        axes.set_ylim(len(rows), 0)
        axes.set_yticks([])
        axes.set_xlabel(_label(name, rows["dataset"].iloc[0], source), fontsize=SMALLEST if narrow() else None)
        axes.tick_params(axis="x", labelsize=SMALLEST)
    cross: dict[str, Any] = {"marker": "x", "markersize": 1.4 * size, "color": FAILED_COLOUR, "linestyle": ""}
    lost = middle[rows[QUALITY].isna().to_numpy()]
    # An empty line that is not clipped reaches to the corner of the figure, and the layout makes room for it.
    if len(lost):
        panels[0].plot([0.06] * len(lost), lost, transform=panels[0].get_yaxis_transform(), clip_on=False, **cross)


def _scale(axes: Axes, values: pd.Series, log: bool) -> None:
    """Set the x axis to values, a cost on a logarithmic one, with two ticks: there is no room for more."""
    if log:
        log_axis(axes, values, "")
        axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_xlim()
    locator = LogLocator(subs=(1, 2, 5)) if log else MaxNLocator(4)
    inside = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator([*inside[:1], *inside[1:][-1:]]))


def _label(name: str, dataset: str, source: pd.Series) -> str:
    """Return what is below the panel of a quantity."""
    if name == SCORE:
        return "score\n(dB)"
    of = quantity(name, dataset)
    if name == QUALITY:
        return of.of.replace(" ", "\n", 1) + (f"\n({of.unit})" if of.unit else "")
    estimated = "\n" + ", ".join(source.dropna().unique()) if name == ENERGY_J else ""
    return f"{of.title}\n({of.unit}){estimated}"
