"""Quality on test data against the energy that it took to get the model.

One point per method and variant, the mean over seeds, at the energy of its own training and search plus that of the runs whose
models it goes on from, each in full; a control that takes no more than a shape stands at its own training, without what it
took to find the shape, and is on no front. Bars, where there are several seeds, are one standard deviation over seeds up and down. A thin line
leads to its own training and search alone. The thin steps are the front: the best mean quality of all other points
for at most so much energy, where energies are known in the same way. Pale colours are energies that are estimated
or simulated; measured ones are drawn in full colours. Triangles are pruned weights, diamonds pruned units, a dark rim marks
another recipe; numbers beside points are sparsities. Hollow markers are controls, such as the same training without pruning
(half filled ones have another recipe); those that are far worse than all methods lie on the edge, paler, with their quality
beside them.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.analysis.chains import takes_shape
from frugalnet.drawing.axes import log_axis, quality_label
from frugalnet.drawing.fronts import FRONT_KEY, draw_cost_front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.points import points, spread_note, tail_key
from frugalnet.drawing.style import NOTE_COLOUR, shade


def quality_against_energy(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against `energy_to_solution_j`, with a tail to `train_energy_j`."""
    if comparison.empty:
        return message("There are no runs to compare.")
    figure, panels = grid(comparison)
    labels = {}
    for dataset, axes in panels.items():
        rows = comparison[comparison["dataset"] == dataset]
        axes.set_ylabel(quality_label(dataset, "test"))
        labels[axes] = _draw(axes, rows)
    known = comparison[comparison["energy_to_solution_j"].notna()]
    keys = [tail_key("own training and search alone"), FRONT_KEY, *_source_keys(known)] if len(known) else []
    finish(figure, provenance(comparison, energy=True) + spread_note(comparison), keys)
    place_labels(figure, labels)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> list[Label]:
    """Draw the points of a panel; return their labels."""
    known = rows[rows["energy_to_solution_j"].notna()]
    if known.empty:
        axes.text(0.5, 0.5, "no energy was measured", ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
        axes.set_xticks([])
        axes.set_yticks([])
        return []
    labels = points(axes, rows, "energy_to_solution_j", "train_energy_j", energy=True)
    draw_cost_front(axes, known[~takes_shape(known)], "energy_to_solution_j", ("energy_source", "energy_scope"))
    values = pd.concat([known["energy_to_solution_j"], known["train_energy_j"]])
    sources = ", ".join(known["energy_source"].unique())
    log_axis(axes, values, f"energy to solution (J)\n{sources}")
    return labels


def _source_keys(rows: pd.DataFrame) -> list[Line2D]:
    """Return a legend entry per source of energy, in its shade, where there are several."""
    sources = rows["energy_source"].unique()
    keys = [
        Line2D([], [], linestyle="", marker="s", color=shade(NOTE_COLOUR, source), label=f"energy {source}")
        for source in sources
    ]
    return keys if len(sources) > 1 else []
