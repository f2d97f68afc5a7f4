"""Quality after each epoch on validation data (thick), and on training data (thin, dotted) for methods without variants.

Lines are means over seeds, bands one standard deviation; a method that starts from another's model begins where that ended.
Training quality is a mean over the epoch with dropout on, so it can lie below validation quality; later variants of a method
are darker.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.config.run import DEFAULT
from frugalnet.drawing.axes import quality_label
from frugalnet.drawing.curves import band_note, curve, epoch_axis, epochs_before, variant_lines
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.style import key, look, looks

TRAINING: dict[str, Any] = {"linewidth": 0.7, "linestyle": ":"}


def learning_curves(epochs: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Draw `validation_quality` and `quality` of `epochs` of the `runs`, methods below each other in time."""
    if epochs.empty:
        return message("No training was recorded.")
    epochs = looks(epochs, runs)
    figure, panels = grid(epochs)
    for dataset, axes in panels.items():
        _draw(axes, epochs[epochs["dataset"] == dataset])
        axes.set_ylabel(quality_label(dataset, "validation"))
    training = key("on training data", **TRAINING)
    finish(figure, provenance(epochs) + band_note(epochs), [training])
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the curves of a panel."""
    for method, variant, own, style in variant_lines(rows):
        start = epochs_before(method, rows)
        if variant == DEFAULT:
            curve(axes, own, "quality", start, color=look(method).colour, **TRAINING)
        curve(axes, own, "validation_quality", start, linestyle=look(method).dashes, **style)
    epoch_axis(axes, "epoch, parent's counted")
