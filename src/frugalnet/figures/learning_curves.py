"""Quality after each epoch, on validation data (thick) and on training data (thin, dotted).

Lines are means over seeds, bands one standard deviation up and down. Methods that start from another's model go on where its
last epoch was. Training quality is the mean over the epoch, while the weights change and dropout is on, so that it can lie
below validation quality; it is drawn for methods without variants. Of the variants of a method, later ones are darker;
diamonds are pruned units, triangles pruned weights. Dashed lines are controls.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.config.run import DEFAULT
from frugalnet.drawing.axes import quality_label
from frugalnet.drawing.curves import band_note, curve, epoch_axis, epochs_before, variant_lines
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.style import NOTE_COLOUR, look, looks


def learning_curves(epochs: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Draw `validation_quality` and `quality` of `epochs` of the `runs`, methods below each other in time."""
    if epochs.empty:
        return message("No training was recorded.")
    epochs = looks(epochs, runs)
    figure, panels = grid(epochs)
    for dataset, axes in panels.items():
        _draw(axes, epochs[epochs["dataset"] == dataset])
        axes.set_ylabel(quality_label(dataset, "validation"))
    training = Line2D([], [], color=NOTE_COLOUR, linewidth=0.7, linestyle=":", label="on training data")
    finish(figure, provenance(epochs) + band_note(epochs), [training])
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the curves of a panel."""
    for method, variant, own, style in variant_lines(rows):
        start = epochs_before(method, rows)
        if variant == DEFAULT:
            curve(axes, own, "quality", start, color=look(method).colour, linewidth=0.7, linestyle=":")
        curve(axes, own, "validation_quality", start, linestyle=look(method).dashes, **style)
    epoch_axis(axes, "epoch, parent's counted")
