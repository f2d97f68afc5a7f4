"""How much better each method is than its reference on test data: right of the line is better.

The large mark is the mean over seeds, the line its 95 % interval, small dots are single seeds; arrows go on beyond the panel.
In the shaded band a difference counts as no worse; a raised number beside a name tells that its reference is another one.
"""

from typing import Any

import pandas as pd
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frugalnet import catalogue
from frugalnet.analysis import gains
from frugalnet.drawing.axes import RoomyLocator
from frugalnet.drawing.fronts import sign
from frugalnet.drawing.labels import LABEL_SIZE
from frugalnet.drawing.layout import finish, message, narrow, provenance
from frugalnet.drawing.quality_range import within_sight
from frugalnet.drawing.rows import row_panels
from frugalnet.drawing.style import key, look, looks, marker_style, title

MARGIN_COLOUR = "#ececec"
MOST_SPAN = 1.0
"""An interval goes on beyond the panel where it is longer than all marks and dots are apart, so many times, at either end."""
SINGLE_KEY = key("one seed, no interval", marker="o", markersize=5)
SEED_KEY = key("one of the seeds", marker="o", markersize=2)
MEAN_KEY = key("mean over seeds, 95 % interval", marker="o", markersize=5, linestyle="-", linewidth=1.1)
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
    figure, panels = row_panels(rows, names)
    margins = {dataset: _margin(statistics, dataset) for dataset in panels}
    for dataset, axes in panels.items():
        own = rows[rows["dataset"] == dataset].assign(shown=within_sight(comparison[comparison["dataset"] == dataset]))
        _draw(axes, own.assign(place=range(len(own))), runs, margins[dataset])
    several = rows["quality_gain_low"].notna().any()
    keys: list[Artist] = [MEAN_KEY, SEED_KEY] if several else [SINGLE_KEY]
    keys += [MARGIN_KEY] if any(margins.values()) else []
    contents = gains.contents(rows)
    paired = f" · gains paired by seed, intervals over {contents}" if contents else ""
    finish(figure, provenance(rows) + paired, keys)
    return figure


def _references(rows: pd.DataFrame) -> dict[str, str]:
    """Return the references of the rows of a dataset, the most frequent first, and what marks the names of rows that have them."""
    found = [title(*label) for label in zip(rows["reference"], rows["reference_variant"], strict=True)]
    often = list(pd.Series(found).value_counts(sort=True).index)
    return {name: f" {RAISED[min(place, len(RAISED)) - 1]}" if place else "" for place, name in enumerate(often)}


def _names(rows: pd.DataFrame) -> list[str]:
    """Return the names of the rows of a dataset, marked where their reference is not that of most."""
    marks = _references(rows)
    labels = rows[["method", "variant", "reference", "reference_variant"]].itertuples(index=False)
    return [title(*label[:2]) + marks[title(*label[2:])] for label in labels]


def _margin(statistics: pd.DataFrame, dataset: str) -> float | None:
    """Return the margin of equivalence of a dataset's quality; None where there is none."""
    if statistics.empty:
        return None
    known = statistics.loc[statistics["dataset"] == dataset, "equivalence_margin"].dropna()
    return None if known.empty else float(known.iloc[0])


def _of_seeds(runs: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return how much better (`gain`) the runs of the rows are than those of their reference with the same seeds."""
    dataset = rows["dataset"].iloc[0]
    columns = ["method", "variant", "seed", "test_quality"]
    own = runs.loc[runs["dataset"] == dataset, columns]
    named = dict(zip(columns, ["reference", "reference_variant", "seed", "quality_of_reference"], strict=True))
    rows = rows[["method", "variant", "reference", "reference_variant", "quality_gain", "shown", "place"]]
    paired = rows.merge(own).merge(own.rename(columns=named))
    gain = sign(dataset) * (paired["test_quality"] - paired["quality_of_reference"]).astype(float)
    return paired.assign(gain=gain)[gain.notna()]


def _draw(axes: Axes, rows: pd.DataFrame, runs: pd.DataFrame, margin: float | None) -> None:
    """Draw the marks, dots and intervals of a panel."""
    of_seeds = _of_seeds(runs, rows)
    low, high = _frame(axes, rows, of_seeds, margin)
    axes.axvline(0, color="#111111", linewidth=0.8, zorder=1)
    if margin is not None:
        axes.axvspan(-margin, margin, color=MARGIN_COLOUR, linewidth=0, zorder=0)
    shown = ["method", "family", "granularity", "quality_gain", "quality_gain_low", "quality_gain_high", "place"]
    for row in looks(rows)[shown].itertuples():
        style = marker_style(row.method, granularity=row.granularity, family=row.family, hollow_face="white")
        if low <= row.quality_gain <= high:
            _interval(axes, row, style["color"])
            axes.plot(row.quality_gain, row.place, linestyle="", zorder=4, markersize=4 if narrow() else 5, **style)
        else:
            _beyond(axes, row, style["color"])
    several = of_seeds.groupby("place")["gain"].transform("size") > 1
    dots = of_seeds[several & of_seeds["quality_gain"].between(low, high)]
    colours = {method: look(method).colour for method in dots["method"]}
    if len(dots):
        seaborn.stripplot(
            x=dots["gain"], y=dots["place"] + 0.3, hue=dots["method"], palette=colours, size=1.8, jitter=False,
            orient="h", native_scale=True, legend=False, ax=axes, zorder=3,
        )  # fmt: skip
    axes.set(xlabel=_axis_label(rows), ylabel="")
    axes.xaxis.set_major_locator(RoomyLocator())


def _axis_label(rows: pd.DataFrame) -> str:
    """Return what the zero line is, a line for each reference, and what is gained."""
    entry = catalogue.DATASETS[rows["dataset"].iloc[0]]
    unit = "accuracy" if entry.metric == "accuracy" else f"{entry.metric.upper()} ({entry.unit})"
    first, *others = _references(rows).items()
    told = [f"gain over {first[0]}", *(f"{mark.strip()} over {name}" for name, mark in others)]
    return "\n".join([*told, f"test {unit}, better \N{RIGHTWARDS ARROW}"])


def _frame(axes: Axes, rows: pd.DataFrame, of_seeds: pd.DataFrame, margin: float | None) -> tuple[float, float]:
    """Set the x axis to what is in sight, zero and margin included, and to intervals that are not too long; return it."""
    marks = [0.0, -(margin or 0), margin or 0, *rows.loc[rows["shown"], "quality_gain"]]
    marks += list(of_seeds.loc[of_seeds["shown"], "gain"])
    low, high = min(marks), max(marks)
    far = MOST_SPAN * max(high - low, 1e-6)
    ends = rows.loc[rows["shown"], ["quality_gain_low", "quality_gain_high"]].astype(float)
    if ends.notna().any(axis=None):
        low, high = min(low, max(low - far, ends.min().min())), max(high, min(high + far, ends.max().max()))
    spare = 0.06 * max(high - low, 1e-6)
    axes.set_xlim(low - spare, high + spare)
    return low - spare, high + spare


def _interval(axes: Axes, row: Any, colour: str) -> None:
    """Draw the interval of a row, with an arrow where it goes on beyond the panel."""
    if pd.isna(row.quality_gain_low):
        return
    low, high = axes.get_xlim()
    start, end = max(low, row.quality_gain_low), min(high, row.quality_gain_high)
    axes.plot([start, end], [row.place, row.place], color=colour, linewidth=1.1, zorder=2)
    for at, marker, beyond in ((low, "<", row.quality_gain_low < low), (high, ">", row.quality_gain_high > high)):
        if beyond:
            axes.plot(at, row.place, marker=marker, markersize=3.5, color=colour, linestyle="", clip_on=False, zorder=2)


def _beyond(axes: Axes, row: Any, colour: str) -> None:
    """Draw an arrow at the end of the panel, and the gain beside it."""
    left, (low, high) = row.quality_gain < 0, axes.get_xlim()
    at, marker, offset, side = (low, "<", (5, 0), "left") if left else (high, ">", (-5, 0), "right")
    axes.plot(at, row.place, marker=marker, markersize=4, color=colour, linestyle="", clip_on=False, zorder=4)
    text: dict[str, Any] = {"fontsize": LABEL_SIZE, "color": colour, "ha": side, "va": "center_baseline"}
    axes.annotate(f"{row.quality_gain:+.3g}", (at, row.place), offset, textcoords="offset points", **text)
