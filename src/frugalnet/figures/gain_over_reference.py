"""How much better each method is than its reference, on test data: right of the line is better.

The reference of a method is what does best on validation data: of *baseline* and *continued*, so far as they were trained for no
more epochs in all, by no teacher or by the same one. Below a panel stands which; a raised number beside a name is another one.
What is its own reference has no row. Small dots are seeds: the method's quality less that of the reference with the same
seed. The large mark is their mean, the line its 95 % interval over seeds, and where a note says so over test samples (none for
one seed). An arrow is where a line or a mark goes on beyond the panel, in which case the mean stands beside it. In the shaded
band are differences that count as no worse, or as no better, by the margin that the configuration fixed before the runs.
Triangles are pruned weights, diamonds pruned units, a dark rim marks another recipe; hollow and half filled markers are
controls.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frugalnet import catalogue
from frugalnet.analysis import gains
from frugalnet.drawing.axes import RoomyLocator
from frugalnet.drawing.fronts import sign
from frugalnet.drawing.layout import finish, grid, message, narrow, provenance
from frugalnet.drawing.quality_range import within_sight
from frugalnet.drawing.rows import name_rows, rows_heights_in, separate
from frugalnet.drawing.style import NOTE_COLOUR, looks, marker_style, title

MARGIN_COLOUR = "#ececec"
LABEL_SIZE = 6
MOST_SPAN = 1.0
"""An interval goes on beyond the panel where it is longer than all marks and dots are apart, so many times, at either end."""
COLUMNS = 2
"""Panels beside each other at most."""
SINGLE_KEY = Line2D([], [], linestyle="", marker="o", markersize=5, color=NOTE_COLOUR, label="one seed, no interval")
SEED_KEY = Line2D([], [], linestyle="", marker="o", markersize=2, color=NOTE_COLOUR, label="one of the seeds")
MEAN_KEY = Line2D(
    [], [], marker="o", markersize=5, linewidth=1.1, color=NOTE_COLOUR, label="mean over seeds, 95 % interval"
)
RAISED = "\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT FOUR}\N{SUPERSCRIPT FIVE}"
"""What tells the references of a panel apart, beside the first of them; later ones share the last."""
MARGIN_KEY = Patch(color=MARGIN_COLOUR, linewidth=0, label="within the margin of equivalence")


def gain_over_reference(comparison: pd.DataFrame, runs: pd.DataFrame, statistics: pd.DataFrame) -> Figure:
    """Draw `quality_gain` and its interval per method and variant, the gains of single `runs`, and the margin."""
    rows = comparison
    if len(rows):
        own = (rows["method"] == rows["reference"]) & (rows["variant"] == rows["reference_variant"])
        rows = rows[rows["quality_gain"].notna() & ~own]
    if rows.empty:
        return message("There are no methods to compare with a reference.")
    names = {str(dataset): _names(own) for dataset, own in rows.groupby("dataset", sort=False)}
    figure, panels = grid(rows, min(COLUMNS, len(names)), rows_heights_in(names), fixed=True)
    margins = {dataset: _margin(statistics, dataset) for dataset in panels}
    for dataset, axes in panels.items():
        own = rows[rows["dataset"] == dataset].assign(shown=within_sight(comparison[comparison["dataset"] == dataset]))
        _draw(axes, own, _of_seeds(runs, own), margins[dataset])
    name_rows(panels, names)
    several = rows["quality_gain_low"].notna().any()
    keys: list[Artist] = [MEAN_KEY, SEED_KEY] if several else [SINGLE_KEY]
    keys += [MARGIN_KEY] if any(margins.values()) else []
    finish(figure, provenance(rows) + _paired_note(rows), keys)
    return figure


def _paired_note(rows: pd.DataFrame) -> str:
    """Return what intervals are of; empty where there are none."""
    contents = gains.contents(rows)
    return f" · gains paired by seed, intervals over {contents}" if contents else ""


def _references(rows: pd.DataFrame) -> dict[str, str]:
    """Return the references of the rows of a dataset, the most frequent first, and what marks the names of rows that have them."""
    found = [title(*label) for label in zip(rows["reference"], rows["reference_variant"], strict=True)]
    often = list(pd.Series(found).value_counts(sort=True).index)
    return {name: f" {RAISED[min(place, len(RAISED)) - 1]}" if place else "" for place, name in enumerate(often)}


def _names(rows: pd.DataFrame) -> list[str]:
    """Return the names of the rows of a dataset, marked where their reference is not that of most."""
    marks = _references(rows)
    return [
        title(row.method, row.variant) + marks[title(row.reference, row.reference_variant)] for row in rows.itertuples()
    ]


def _margin(statistics: pd.DataFrame, dataset: str) -> float | None:
    """Return the margin of equivalence of a dataset's quality; None where there is none."""
    if statistics.empty:
        return None
    known = statistics.loc[statistics["dataset"] == dataset, "equivalence_margin"].dropna()
    return None if known.empty else float(known.iloc[0])


def _of_seeds(runs: pd.DataFrame, rows: pd.DataFrame) -> list[np.ndarray]:
    """Return, per row of a dataset, how much better its runs are than those of its reference with the same seeds."""
    dataset = rows["dataset"].iloc[0]
    columns = ["method", "variant", "seed", "test_quality"]
    own = runs.loc[runs["dataset"] == dataset, columns]
    named = dict(zip(columns, ["reference", "reference_variant", "seed", "quality_of_reference"], strict=True))
    paired = rows[["method", "variant", "reference", "reference_variant"]].reset_index(names="row").merge(own)
    paired = paired.merge(own.rename(columns=named))
    gain = sign(dataset) * (paired["test_quality"] - paired["quality_of_reference"]).astype(float)
    found = dict(list(gain.groupby(paired["row"])))
    return [found.get(row, gain.iloc[:0]).dropna().to_numpy() for row in rows.index]


def _draw(axes: Axes, rows: pd.DataFrame, of_seeds: list[np.ndarray], margin: float | None) -> None:
    """Draw the marks, dots and intervals of a panel."""
    low, high = _frame(axes, rows, of_seeds, margin)
    axes.axvline(0, color="#111111", linewidth=0.8, zorder=1)
    if margin is not None:
        axes.axvspan(-margin, margin, color=MARGIN_COLOUR, linewidth=0, zorder=0)
    shown = ["method", "family", "granularity", "quality_gain", "quality_gain_low", "quality_gain_high"]
    drawn = looks(rows)[shown].itertuples()
    for place, (row, dots) in enumerate(zip(drawn, of_seeds, strict=True)):
        style = marker_style(row.method, granularity=row.granularity, family=row.family, hollow_face="white")
        style |= {"markersize": 4 if narrow() else 5}
        if not low <= row.quality_gain <= high:
            _beyond(axes, row.quality_gain, place, style["color"])
            continue
        _interval(axes, row, place, style["color"])
        axes.plot(row.quality_gain, place, linestyle="", zorder=4, **style)
        seeds = {"marker": "o", "markersize": 1.8, "color": style["color"], "linestyle": "", "markeredgewidth": 0}
        if len(dots) > 1:
            axes.plot(dots, [place + 0.3] * len(dots), zorder=3, **seeds)
    axes.grid(axis="y", visible=False)
    separate(axes, rows["method"].tolist())
    axes.set_xlabel(_axis_label(rows))
    axes.xaxis.set_major_locator(RoomyLocator())


def _axis_label(rows: pd.DataFrame) -> str:
    """Return what the zero line is, a line for each reference, and what is gained."""
    entry = catalogue.DATASETS[rows["dataset"].iloc[0]]
    unit = "accuracy" if entry.metric == "accuracy" else f"{entry.metric.upper()} ({entry.unit})"
    first, *others = _references(rows).items()
    told = [f"gain over {first[0]}", *(f"{mark.strip()} over {name}" for name, mark in others)]
    return "\n".join([*told, f"test {unit}, better \N{RIGHTWARDS ARROW}"])


def _frame(axes: Axes, rows: pd.DataFrame, of_seeds: list[np.ndarray], margin: float | None) -> tuple[float, float]:
    """Set the x axis to what is in sight, zero and margin included, and to intervals that are not too long; return it."""
    shown = rows["shown"].to_numpy()
    marks = [0.0, -(margin or 0), margin or 0, *rows.loc[rows["shown"], "quality_gain"]]
    marks += [each for dots, visible in zip(of_seeds, shown, strict=True) if visible for each in dots]
    low, high = min(marks), max(marks)
    far = MOST_SPAN * max(high - low, 1e-6)
    ends = rows.loc[rows["shown"], ["quality_gain_low", "quality_gain_high"]].astype(float)
    if ends.notna().any(axis=None):
        low, high = min(low, max(low - far, ends.min().min())), max(high, min(high + far, ends.max().max()))
    spare = 0.06 * max(high - low, 1e-6)
    axes.set_xlim(low - spare, high + spare)
    return low - spare, high + spare


def _interval(axes: Axes, row: Any, place: int, colour: str) -> None:
    """Draw the interval of a row, with an arrow where it goes on beyond the panel."""
    if pd.isna(row.quality_gain_low):
        return
    low, high = axes.get_xlim()
    start, end = max(low, row.quality_gain_low), min(high, row.quality_gain_high)
    axes.plot([start, end], [place, place], color=colour, linewidth=1.1, zorder=2)
    for at, marker, beyond in ((low, "<", row.quality_gain_low < low), (high, ">", row.quality_gain_high > high)):
        if beyond:
            axes.plot(at, place, marker=marker, markersize=3.5, color=colour, linestyle="", clip_on=False, zorder=2)


def _beyond(axes: Axes, gain: float, place: int, colour: str) -> None:
    """Draw an arrow at the end of the panel, and the gain beside it."""
    left = gain < 0
    at, offset = axes.get_xlim()[0 if left else 1], (5, 0) if left else (-5, 0)
    axes.plot(at, place, marker="<" if left else ">", markersize=4, color=colour, linestyle="", clip_on=False, zorder=4)
    axes.annotate(
        f"{gain:+.3g}", (at, place), offset, textcoords="offset points", fontsize=LABEL_SIZE, color=colour,
        ha="left" if left else "right", va="center_baseline",
    )  # fmt: skip
