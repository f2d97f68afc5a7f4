"""Curves over epochs: mean over seeds, with a band of one standard deviation where there are several."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from frugalnet import catalogue

BAND_NOTE = " · lines: mean over seeds, bands: ± standard deviation"


def curve(axes: Axes, rows: pd.DataFrame, column: str, start: int = 0, **style: Any) -> None:
    """Draw a column of one method's `epochs` rows, its first epoch at `start` + 1."""
    over_seeds = rows.groupby("epoch")[column]
    mean, deviation = over_seeds.mean(), over_seeds.std()
    axes.plot(mean.index + start, mean, **style)
    if deviation.notna().any():
        low, high = mean - deviation, mean + deviation
        axes.fill_between(mean.index + start, low, high, color=str(style["color"]), alpha=0.15, linewidth=0)


def epochs_before(method: str, rows: pd.DataFrame) -> int:
    """Return the epochs that the model of a method had been trained for when the method started from it."""
    known = catalogue.METHODS.get(method)
    if known is None or known.parent is None:
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
