"""Quality on test data against the parameters that are not zero.

A point is the mean over seeds, a bar one standard deviation; a thin line leads to all parameters, zeros counted. Thin steps are
the front, the best mean quality with at most that many parameters; controls that are far worse lie on the edge, paler.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.axes import log_axis, quality_label
from frugalnet.drawing.fronts import FRONT_KEY, draw_cost_front
from frugalnet.drawing.labels import place_labels
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.points import of_points, points, spread_note, tail_key


def quality_against_parameters(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against `parameters_nonzero`, with a tail to `parameters`."""
    if comparison.empty:
        return message("There are no runs to compare.")
    figure, panels = grid(comparison)
    labels, found = {}, of_points(comparison, "parameters")
    for dataset, axes in panels.items():
        rows = found[found["dataset"] == dataset]
        labels[axes] = points(axes, rows, "parameters_nonzero", "parameters")
        draw_cost_front(axes, rows, "parameters_nonzero")
        log_axis(axes, pd.concat([rows["parameters_nonzero"], rows["parameters"]]), "parameters that are not zero")
        axes.set_ylabel(quality_label(dataset, "test"))
    finish(figure, provenance(comparison) + spread_note(comparison), [tail_key("all parameters"), FRONT_KEY])
    place_labels(figure, labels)
    return figure
