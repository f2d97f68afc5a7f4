"""Axes of figures: logarithmic ones with as many ticks as have room, and the labels of qualities."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from frugalnet import catalogue

STEPS = ((1, 2, 5), (1, 3), (1,))
"""Ticks of a decade, from the densest; beyond them decades are left out."""
CLOSE_STEPS = (1, 1.5, 2, 3, 5, 7)
"""Ticks of a decade where an axis has little more than one."""
SHORT_TICK_CHARACTERS, TICK_CHARACTERS, LONG_TICK_CHARACTERS = 5.0, 6.5, 8.0
"""Distance of ticks at least, in characters of half their size: for ratios, for short labels, and for such as -0.005."""


RATIO_STEPS = (1.1, 1.2, 1.5, 2, 3, 5, 10, 100, 1000, 10_000)
"""Steps between ticks of a ratio, from the densest."""


class RoomyLogLocator(LogLocator):
    """Ticks at 1, 2 and 5, at 1 and 3, or at decades, whatever the panel has room for; none above `most`."""

    def __init__(self, most: float = math.inf) -> None:
        super().__init__()
        self._most = most

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the places of the ticks."""
        needed = math.log10(vmax / vmin) / _room(self.axis, TICK_CHARACTERS)
        steps = next((each for each in STEPS if _gap(each) >= needed), STEPS[-1])
        stride = max(1, math.ceil(needed))
        decades = range(math.floor(math.log10(vmin)), math.ceil(math.log10(vmax)) + 1)
        places = [step * 10.0**decade for decade in decades if decade % stride == 0 for step in steps]
        return [place for place in places if place <= self._most]


class RatioLocator(LogLocator):
    """Ticks at ratios that are powers of one step, 1 among them, as many as the panel has room for."""

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the places of the ticks, round to two digits."""
        room = max(2.0, _room(self.axis, SHORT_TICK_CHARACTERS))
        wide = math.log(vmax / vmin)
        step = next((each for each in RATIO_STEPS if wide / math.log(each) <= room), RATIO_STEPS[-1])
        ends = [math.log(end) / math.log(step) for end in (vmin, vmax)]
        return [float(f"{step**power:.2g}") for power in range(math.ceil(ends[0]), math.floor(ends[1]) + 1)]


class RoomyLocator(MaxNLocator):
    """Ticks at round numbers, as many as the panel has room for."""

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the places of the ticks."""
        self.set_params(nbins=max(1, int(_room(self.axis, LONG_TICK_CHARACTERS))))
        return super().tick_values(vmin, vmax)


def _room(axis: Any, characters: float) -> float:
    """Return how many labels of so many characters a panel has room for beside each other."""
    panel_in = axis.axes.bbox.width / axis.axes.get_figure(root=True).dpi
    size_pt = axis.get_major_ticks(1)[0].label1.get_fontsize()
    return max(1e-9, float(panel_in * 72 / (characters * size_pt / 2)))


def _gap(steps: tuple[int, ...]) -> float:
    """Return the smallest distance of ticks, in decades."""
    ends = [math.log10(step) for step in (*steps, 10)]
    return min(end - start for start, end in pairwise(ends))


def log_axis(axes: Axes, values: pd.Series, label: str) -> None:
    """Make x logarithmic over at least a decade around the values, with ticks like 20k; values may be null."""
    low, high = (values.min() / 1.5, values.max() * 1.5) if values.notna().any() else (1, 10)
    spare = max(1.0, math.sqrt(10 * low / high))
    axes.set_xscale("log")
    axes.set_xlim(low / spare, high * spare)
    axes.xaxis.set_major_locator(RoomyLogLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(short))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Return the ticks of a logarithmic axis between two ends: at as many steps of each decade as give no more than `most`."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for steps in (CLOSE_STEPS, *STEPS):
        places = (float(f"{step * 10.0**decade:.3g}") for decade in decades for step in steps)
        found = [place for place in places if low <= place <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def short(value: float, _: int = 0) -> str:
    """Return 20k for 20,000 and 0.2 for 0.2."""
    return f"{value:g}" if value < 1000 else EngFormatter(sep="")(value)


def quality_label(dataset: str, part: str) -> str:
    """Return the axis label of a quality: metric, unit and which way is better."""
    entry = catalogue.DATASETS[dataset]
    if entry.metric == "accuracy":
        return f"{part} accuracy"
    return f"{part} {entry.metric.upper()} ({entry.unit})\nlower is better"


def label_first(row: Sequence[Axes], label: str) -> None:
    """Label y of those panels of a dataset that stand at the left."""
    for axes in row:
        place = axes.get_subplotspec()
        if place is None or place.is_first_col():
            axes.set_ylabel(label)
