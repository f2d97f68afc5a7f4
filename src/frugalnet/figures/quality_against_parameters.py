"""Quality on test data against the parameters that are not zero.

One point per method and variant: the mean over seeds, with a bar of one standard deviation up and down where there are
several. A thin line leads to all parameters of the network, zeros counted. The thin steps are the front: the best mean quality
of all points, controls included, with at most so many parameters that are not zero. Triangles are pruned weights, diamonds
pruned units, a dark rim marks another recipe; numbers beside points are sparsities. Hollow markers are controls, such as the
same training without pruning (half filled ones have another recipe); those that are far worse than all methods lie on the edge,
paler, with their quality beside them.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.axes import log_axis, quality_label
from frugalnet.drawing.fronts import FRONT_KEY, draw_cost_front
from frugalnet.drawing.labels import place_labels
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.points import points, spread_note, tail_key


def quality_against_parameters(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against `parameters_nonzero`, with a tail to `parameters`."""
    if comparison.empty:
        return message("There are no runs to compare.")
    figure, panels = grid(comparison)
    labels = {}
    for dataset, axes in panels.items():
        rows = comparison[comparison["dataset"] == dataset]
        labels[axes] = points(axes, rows, "parameters_nonzero", "parameters")
        draw_cost_front(axes, rows, "parameters_nonzero")
        log_axis(axes, pd.concat([rows["parameters_nonzero"], rows["parameters"]]), "parameters that are not zero")
        axes.set_ylabel(quality_label(dataset, "test"))
    finish(figure, provenance(comparison) + spread_note(comparison), [tail_key("all parameters"), FRONT_KEY])
    place_labels(figure, labels)
    return figure
