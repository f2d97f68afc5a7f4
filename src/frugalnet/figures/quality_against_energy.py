"""Quality on test data against the energy that it took to get the model, its energy to solution.

A point is the mean over seeds, a bar one standard deviation; a thin line leads to the energy of its own training and search
alone. Thin steps are the front among energies that are known in the same way; a control that takes only a shape counts without
the search for it, and is on no front.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.analysis.chains import takes_shape
from frugalnet.drawing.axes import log_axis, quality_label
from frugalnet.drawing.fronts import FRONT_KEY, draw_cost_front
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import blank, finish, grid, message, provenance
from frugalnet.drawing.points import of_points, points, spread_note, tail_key
from frugalnet.drawing.style import source_keys

COST, OWN = "energy_to_solution_j", "train_energy_j"


def quality_against_energy(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against `energy_to_solution_j`, with a tail to `train_energy_j`."""
    if comparison.empty:
        return message("There are no runs to compare.")
    figure, panels = grid(comparison)
    labels, found = {}, of_points(comparison, COST, OWN, "energy_scope")
    for dataset, axes in panels.items():
        axes.set_ylabel(quality_label(dataset, "test"))
        labels[axes] = _draw(axes, found[found["dataset"] == dataset])
    known = comparison.loc[comparison[COST].notna(), "energy_source"]
    keys = [tail_key("own training and search alone"), FRONT_KEY, *source_keys(known)] if len(known) else []
    finish(figure, provenance(comparison, energy=True) + spread_note(comparison), keys)
    place_labels(figure, labels)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> list[Label]:
    """Draw the points of a panel; return their labels."""
    known = rows[rows[COST].notna()]
    if known.empty:
        blank(axes, "no energy was measured")
        axes.set_yticks([])
        return []
    labels = points(axes, rows, COST, OWN, energy=True)
    draw_cost_front(axes, known[~takes_shape(known)], COST, ("energy_source", "energy_scope"))
    sources = ", ".join(known["energy_source"].unique())
    log_axis(axes, pd.concat([known[COST], known[OWN]]), f"energy to solution (J)\n{sources}")
    return labels
