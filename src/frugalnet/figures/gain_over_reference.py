"""How much better each method is than its reference, on test data: right of the line is better.

The reference is the best of *baseline* and *continued* on validation data that was trained for no more epochs, by no other
teacher. Small dots are seeds: the method's quality less that of the reference with the same seed. The large mark is their mean,
the line its 95 % interval (over seeds, and over test samples where predictions were kept; none for one seed). An arrow is where a line or a mark goes on beyond the panel, in which case the mean stands beside
it. In the shaded band are differences that count as no worse, or as no better, by the margin that the configuration fixed
before the runs. Triangles are pruned weights, diamonds pruned units, a dark rim marks another recipe; hollow and half filled
markers are controls.
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
from frugalnet.analysis.references import LABEL, REFERENCE
from frugalnet.drawing.axes import RoomyLocator
from frugalnet.drawing.fronts import sign
from frugalnet.drawing.layout import finish, grid, message, narrow, provenance
from frugalnet.drawing.quality_range import within_sight
from frugalnet.drawing.rows import name_rows, row_titles, rows_heights_in, separate
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
MARGIN_KEY = Patch(color=MARGIN_COLOUR, linewidth=0, label="within the margin of equivalence")


def gain_over_reference(comparison: pd.DataFrame, runs: pd.DataFrame, statistics: pd.DataFrame) -> Figure:
    """Draw `quality_gain` and its interval per method and variant, the gains of single `runs`, and the margin."""
    rows = comparison
    if len(rows):
        is_own = [own == other for own, other in zip(_labels(rows, LABEL), _labels(rows, REFERENCE), strict=True)]
        rows = rows[rows["quality_gain"].notna() & ~np.array(is_own)]
    if rows.empty:
        return message("There are no methods to compare with a reference.")
    names = row_titles(rows)
    figure, panels = grid(rows, min(COLUMNS, len(names)), rows_heights_in(names), fixed=True)
    margins = {dataset: _margin(statistics, dataset) for dataset in panels}
    for dataset, axes in panels.items():
        own = rows[rows["dataset"] == dataset].assign(shown=within_sight(comparison[comparison["dataset"] == dataset]))
        _draw(axes, own, _gains(runs, own), margins[dataset])
    name_rows(panels, names)
    several = rows["quality_gain_low"].notna().any()
    keys: list[Artist] = [MEAN_KEY, SEED_KEY] if several else [SINGLE_KEY]
    keys += [MARGIN_KEY] if any(margins.values()) else []
    finish(figure, provenance(rows) + _paired_note(rows), keys)
    return figure


def _paired_note(rows: pd.DataFrame) -> str:
    return "" if rows["quality_gain_low"].isna().all() else " · gains paired by seed"


def _margin(statistics: pd.DataFrame, dataset: str) -> float | None:
    """Return the margin of equivalence of a dataset's quality; None where there is none."""
    if statistics.empty:
        return None
    known = statistics.loc[statistics["dataset"] == dataset, "equivalence_margin"].dropna()
    return None if known.empty else float(known.iloc[0])


def _gains(runs: pd.DataFrame, rows: pd.DataFrame) -> list[np.ndarray]:
    """Return, per row of a dataset, how much better its runs are than those of its reference with the same seeds."""
    dataset = rows["dataset"].iloc[0]
    own = runs[runs["dataset"] == dataset]
    quality = {label: group.set_index("seed")["test_quality"] for label, group in own.groupby(LABEL, sort=False)}
    nothing = pd.Series(dtype=float)
    return [
        (sign(dataset) * (quality.get(label, nothing) - quality.get(reference, nothing))).dropna().to_numpy(dtype=float)
        for label, reference in zip(_labels(rows, LABEL), _labels(rows, REFERENCE), strict=True)
    ]


def _labels(rows: pd.DataFrame, columns: list[str]) -> list[tuple[str, str]]:
    return list(rows[columns].itertuples(index=False, name=None))


def _draw(axes: Axes, rows: pd.DataFrame, gains: list[np.ndarray], margin: float | None) -> None:
    """Draw the marks, dots and intervals of a panel."""
    low, high = _frame(axes, rows, gains, margin)
    axes.axvline(0, color="#111111", linewidth=0.8, zorder=1)
    if margin is not None:
        axes.axvspan(-margin, margin, color=MARGIN_COLOUR, linewidth=0, zorder=0)
    shown = ["method", "family", "granularity", "quality_gain", "quality_gain_low", "quality_gain_high"]
    drawn = looks(rows)[shown].itertuples()
    for place, (row, dots) in enumerate(zip(drawn, gains, strict=True)):
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
    dataset, references = rows["dataset"].iloc[0], list(dict.fromkeys(_labels(rows, REFERENCE)))
    over = title(*references[0]) if len(references) == 1 else "the reference"
    entry = catalogue.DATASETS[dataset]
    unit = "accuracy" if entry.metric == "accuracy" else f"{entry.metric.upper()} ({entry.unit})"
    axes.set_xlabel(f"gain over {over}\ntest {unit}, better \N{RIGHTWARDS ARROW}")
    axes.xaxis.set_major_locator(RoomyLocator())


def _frame(axes: Axes, rows: pd.DataFrame, gains: list[np.ndarray], margin: float | None) -> tuple[float, float]:
    """Set the x axis to what is in sight, zero and margin included, and to intervals that are not too long; return it."""
    shown = rows["shown"].to_numpy()
    marks = [0.0, -(margin or 0), margin or 0, *rows.loc[rows["shown"], "quality_gain"]]
    marks += [each for dots, visible in zip(gains, shown, strict=True) if visible for each in dots]
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
