"""Quality on test data against the parameters that are not zero.

One point per method: the mean over seeds, with a bar of one standard deviation where there are several. A thin line
leads to all parameters of the network, zeros counted. Hollow markers are controls, such as the same training without
pruning.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.figures.layout import finish, grid, log_axis, message, provenance, quality_label
from frugalnet.figures.points import point, spread_note, tail_key


def quality_against_parameters(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against `parameters_nonzero`, with a tail to `parameters`."""
    if comparison.empty:
        return message("There are no runs to compare.")
    figure, panels = grid(comparison)
    for dataset, axes in panels.items():
        rows = comparison[comparison["dataset"] == dataset]
        for row in rows.itertuples():
            point(axes, row, row.parameters_nonzero, row.parameters)
        log_axis(axes, pd.concat([rows["parameters_nonzero"], rows["parameters"]]), "parameters that are not zero")
        axes.set_ylabel(quality_label(dataset, "test"))
        axes.margins(y=0.1)
    finish(figure, provenance(comparison) + spread_note(comparison), [tail_key("all parameters")])
    return figure
