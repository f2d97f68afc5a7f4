"""What each model holds in memory, masked and compacted.

*Weights* are those of the model in the types that they are kept in. *Activations* are the most that one pass of a large batch
needs at once, by the graph. *Peaks* are measured: the largest resident memory of a process of its own in inference and in
training steps, less what Python and its libraries hold before there is a model; those on the GPU are what TensorFlow held
there. Means over seeds. A filled mark is the masked model, a hollow one the compacted model (`frugalnet.pruning.compact`), a
smaller one that computes the same; one inside the other is the same size. What is not known of a model is not drawn: a word
at the right says so.
"""

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, grid, message, provenance, settle
from frugalnet.drawing.rows import name_rows, row_titles, rows_heights_in, separate
from frugalnet.drawing.style import NOTE_COLOUR
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
COLUMNS = 2
"""Panels beside each other at most."""
MASKED_SIZE, COMPACTED_SIZE = 5.0, 2.6


def memory(comparison: pd.DataFrame) -> Figure:
    """Draw QUANTITIES of the masked and of the compacted model in megabytes, a row per method and variant."""
    if comparison.empty:
        return message("There are no models whose memory could be compared.")
    names = row_titles(comparison)
    sizes = in_megabytes(comparison)
    drawn = [name for name in QUANTITIES if sizes[[name, name + TWIN]].notna().any(axis=None)]
    if not drawn:
        return message("No memory is known of any model.")
    figure, panels = grid(comparison, min(COLUMNS, len(names)), rows_heights_in(names), fixed=True)
    of_panels = {axes: comparison["dataset"] == dataset for dataset, axes in panels.items()}
    for axes, rows in of_panels.items():
        log_axis(axes, sizes[rows].stack(), "memory (MB)")
        axes.xaxis.set_minor_locator(NullLocator())
        separate(axes, comparison.loc[rows, "method"].tolist())
    name_rows(panels, names)
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
    axes.grid(axis="y", visible=False)
    for name in drawn:
        colour = QUANTITIES[name][2]
        axes.hlines(places, sizes[name], sizes[name + TWIN], color=colour, linewidth=0.8, alpha=0.6, zorder=1)
        for column in (name, name + TWIN):
            axes.plot(sizes[column], places, zorder=3, **_style(name, column != name))


def _missing(row: pd.Series, drawn: list[str]) -> str:
    """Return in a word what is not known of a row; empty where all is."""
    unknown = [name for name in drawn if row[[name, name + TWIN]].isna().all()]
    if not unknown:
        return ""
    peaks = {name for name in drawn if "peak" in name}
    return (
        "peaks unknown"
        if set(unknown) == peaks
        else f"{len(unknown)} unknown"
        if len(unknown) > 1
        else (f"{QUANTITIES[unknown[0]][0].partition(',')[0]} unknown")
    )


def _style(name: str, compacted: bool) -> dict[str, Any]:
    """Return the keywords that draw the mark of a quantity: filled for the masked model, small and hollow for the other."""
    _, marker, colour = QUANTITIES[name]
    size = COMPACTED_SIZE if compacted else MASKED_SIZE
    face = "white" if compacted else colour
    return {
        "linestyle": "", "marker": marker, "color": colour, "markersize": size, "markerfacecolor": face,
        "markeredgewidth": 0.8,
    }  # fmt: skip


def _keys(drawn: list[str]) -> list[Artist]:
    """Return the legend: the quantities, and what filled and hollow marks are."""
    keys = [Line2D([], [], label=QUANTITIES[name][0], **_style(name, False)) for name in drawn]
    grey: dict[str, Any] = {"linestyle": "", "marker": "o", "color": NOTE_COLOUR, "markeredgewidth": 0.8}
    masked = Line2D([], [], markersize=MASKED_SIZE, label="masked model", **grey)
    return [*keys, masked, Line2D([], [], markersize=3.5, markerfacecolor="white", label="compacted model", **grey)]
