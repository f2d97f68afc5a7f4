"""Curves over epochs: mean over seeds, with a band of one standard deviation where there are several."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from frugalnet import catalogue
from frugalnet.drawing.style import marker_style, series, tint

BAND_NOTE = " · lines: mean over seeds, bands: ± standard deviation"

MOST_MARKS = 10
"""Epochs from which on not every one has a marker."""
SEVERAL = 4
"""Lines of a family from which on they are thin, with markers at their ends alone."""


def variant_lines(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame, dict[str, Any]]]:
    """Yield method, variant and rows of each line, and the keywords that draw it.

    The rows have their `looks`. The variants of a family share marker and legend entry; later ones are darker.
    """
    variants = rows[["method", "family", "variant", "granularity"]].drop_duplicates()
    of_variants = dict(list(rows.groupby(["method", "variant"], sort=False)))
    for (method, family), own in variants.groupby(["method", "family"], sort=False):
        for place, (variant, granularity) in enumerate(zip(own["variant"], own["granularity"], strict=True)):
            style = marker_style(method, granularity=granularity, family=family, hollow_face="white")
            style |= {"markersize": 3}
            shades = {style["color"]: tint(style["color"], place, len(own))}
            style = {key: shades.get(value, value) for key, value in style.items()}
            if len(own) >= SEVERAL:
                style |= {"linewidth": 0.9, "markevery": [-1]}
            if place == len(own) - 1:
                style["label"] = series(method, family)
            yield method, variant, of_variants[method, variant], style


def curve(axes: Axes, rows: pd.DataFrame, column: str, start: int = 0, **style: Any) -> None:
    """Draw a column of one method's `epochs` rows, its first epoch at `start` + 1."""
    marked = {"markevery": math.ceil(rows["epoch"].nunique() / MOST_MARKS)} | style
    band = {"alpha": 0.15, "linewidth": 0}
    rows = rows.assign(epoch=rows["epoch"] + start)
    seaborn.lineplot(rows, x="epoch", y=column, errorbar="sd", err_kws=band, legend=False, ax=axes, **marked)


def epochs_before(method: str, rows: pd.DataFrame) -> int:
    """Return the epochs that the model of a method had been trained for when the method started from it."""
    known = catalogue.METHODS.get(method)
    if known is None or known.parent is None or known.new_weights:
        return 0
    own = rows.loc[rows["method"] == known.parent, "epoch"]
    return epochs_before(known.parent, rows) + (0 if own.empty else int(own.max()))


def epoch_axis(axes: Axes, label: str) -> None:
    """Label x and give it whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel(label)


def band_note(epochs: pd.DataFrame) -> str:
    """Return what the bands are; empty for one seed."""
    return BAND_NOTE if epochs["seed"].nunique() > 1 else ""
