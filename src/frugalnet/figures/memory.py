"""What each model holds in memory: filled marks are the masked model, hollow ones the compacted model.

*Activations* are the most that a pass of a large batch needs at once, by the graph; *peaks* are measured in processes of their
own, less what Python and its libraries hold. Marks are means over seeds; a word at the right says what is not known.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, message, provenance, settle
from frugalnet.drawing.rows import row_panels, row_titles
from frugalnet.drawing.style import key
from frugalnet.drawing.words import keep_strip, write_word

MIB_MB = 1.048576
RUNTIME = "host_runtime_mib"
TWIN = "_compacted"
QUANTITIES: dict[str, tuple[str, str, str]] = {
    "weight_bytes": ("weights", "s", "#0072b2"),
    "activation_bytes": ("activations, large batch", "o", "#d55e00"),
    "host_peak_inference_mib": ("peak, inference", "v", "#009e73"),
    "host_peak_training_mib": ("peak, training", "^", "#222222"),
    "device_peak_inference_mib": ("peak on the GPU, inference", "<", "#cc79a7"),
    "device_peak_training_mib": ("peak on the GPU, training", ">", "#7a6a00"),
}
"""Columns with their names, markers and colours, which readers with any colour vision can tell apart; shapes differ too."""
MASKED: dict[str, Any] = {"markersize": 5.0, "markeredgewidth": 0.8}
COMPACTED: dict[str, Any] = {"markersize": 2.6, "markeredgewidth": 0.8, "markerfacecolor": "white"}


def memory(comparison: pd.DataFrame) -> Figure:
    """Draw QUANTITIES of the masked and of the compacted model in megabytes, a row per method and variant."""
    if comparison.empty:
        return message("There are no models whose memory could be compared.")
    sizes = in_megabytes(comparison)
    drawn = [name for name in QUANTITIES if sizes[[name, name + TWIN]].notna().any(axis=None)]
    if not drawn:
        return message("No memory is known of any model.")
    figure, panels = row_panels(comparison, row_titles(comparison))
    of_panels = {axes: comparison["dataset"] == dataset for dataset, axes in panels.items()}
    for axes, rows in of_panels.items():
        log_axis(axes, sizes[rows].stack(), "memory (MB)")
        axes.xaxis.set_minor_locator(NullLocator())
    finish(figure, provenance(comparison, "memory"), _keys(drawn))
    settle(figure)
    for axes, rows in of_panels.items():
        _draw(axes, sizes[rows], drawn)
    return figure


def in_megabytes(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return QUANTITIES and their twins in megabytes, what is not above zero as not known.

    Peaks of the host are less what a process holds without a model.
    """
    found = {}
    for name in QUANTITIES:
        for column in (name, name + TWIN):
            values = comparison[column].astype(float)
            if name.startswith("host"):
                values = values - comparison[RUNTIME].astype(float)
            found[column] = values.where(values > 0) * (MIB_MB if name.endswith("_mib") else 1e-6)
    return pd.DataFrame(found)


def _draw(axes: Axes, sizes: pd.DataFrame, drawn: list[str]) -> None:
    """Draw the marks of a panel, and the words where there are none."""
    places = range(len(sizes))
    words = [_missing(row, drawn) for _, row in sizes.iterrows()]
    strip = keep_strip(axes, max(map(len, words), default=0))
    for place, word in zip(places, words, strict=True):
        write_word(axes, strip, place, word)
    for name in drawn:
        colour = QUANTITIES[name][2]
        axes.hlines(places, sizes[name], sizes[name + TWIN], color=colour, linewidth=0.8, alpha=0.6, zorder=1)
        for column in (name, name + TWIN):
            axes.plot(sizes[column], places, zorder=3, **_style(name, column != name))


def _missing(row: pd.Series, drawn: list[str]) -> str:
    """Return in a word what is not known of a row; empty where all is."""
    unknown = [name for name in drawn if row[[name, name + TWIN]].isna().all()]
    if unknown == [name for name in drawn if "peak" in name]:
        return "peaks unknown" if unknown else ""
    names = [QUANTITIES[name][0].partition(",")[0] for name in unknown]
    return f"{len(names) if len(names) > 1 else names[0]} unknown" if names else ""


def _style(name: str, compacted: bool) -> dict[str, Any]:
    """Return the keywords that draw the mark of a quantity: filled for the masked model, small and hollow for the other."""
    _, marker, colour = QUANTITIES[name]
    return {"linestyle": "", "marker": marker, "color": colour} | (COMPACTED if compacted else MASKED)


def _keys(drawn: list[str]) -> list[Line2D]:
    """Return the legend: the quantities, and what filled and hollow marks are."""
    models = key("masked model", marker="o", **MASKED), key("compacted model", marker="o", **COMPACTED)
    return [*(key(QUANTITIES[name][0], **_style(name, False)) for name in drawn), *models]
