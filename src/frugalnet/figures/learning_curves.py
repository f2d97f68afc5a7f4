"""Quality after each epoch, on validation data (thick) and on training data (thin, dotted).

Methods that start from another's model go on where its last epoch was. Training quality is the mean over the epoch,
while the weights change and dropout is on, so that it can lie below validation quality. Dashed lines are controls.
"""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.figures.curves import band_note, curve, epoch_axis, epochs_before
from frugalnet.figures.layout import finish, grid, message, provenance, quality_label
from frugalnet.figures.style import NOTE_COLOUR, look, title


def learning_curves(epochs: pd.DataFrame) -> Figure:
    """Draw `validation_quality` and `quality` of `epochs`, methods below each other in time."""
    if epochs.empty:
        return message("No training was recorded.")
    figure, panels = grid(epochs)
    for dataset, axes in panels.items():
        rows = epochs[epochs["dataset"] == dataset]
        for (method, variant), own in rows.groupby(["method", "variant"], sort=False):
            chosen, start = look(method), epochs_before(method, rows)
            curve(axes, own, "quality", start, color=chosen.colour, linewidth=0.7, linestyle=":")
            style: dict[str, Any] = {
                "color": chosen.colour,
                "linestyle": chosen.dashes,
                "marker": chosen.marker,
                "markersize": 3,
            }
            face = "white" if chosen.control else chosen.colour
            label = title(method, variant)
            curve(axes, own, "validation_quality", start, label=label, markerfacecolor=face, **style)
        epoch_axis(axes, "epoch, parent's counted")
        axes.set_ylabel(quality_label(dataset, "validation"))
    training = Line2D([], [], color=NOTE_COLOUR, linewidth=0.7, linestyle=":", label="on training data")
    finish(figure, provenance(epochs) + band_note(epochs), [training])
    return figure
