"""Fraction of the pruned layers' weights that is zero after each epoch of retraining.

Only methods that prune are drawn. The sparsity rises to its target and then stays, while the weights left adapt.
"""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.figures.curves import band_note, curve, epoch_axis
from frugalnet.figures.layout import finish, grid, message, provenance
from frugalnet.figures.style import look, title


def sparsity_over_training(epochs: pd.DataFrame) -> Figure:
    """Draw `sparsity` of `epochs`; of curves that coincide, the later ones are thinner, so that all are seen."""
    pruned = epochs if epochs.empty else epochs[epochs["sparsity"].notna()]
    if pruned.empty:
        return message("No method of this study prunes while it trains.")
    figure, panels = grid(pruned)
    for dataset, axes in panels.items():
        rows = pruned[pruned["dataset"] == dataset]
        for place, ((method, variant), own) in enumerate(rows.groupby(["method", "variant"], sort=False)):
            chosen, width = look(method), max(1.0, 3.5 - 2 * place)
            style: dict[str, Any] = {
                "color": chosen.colour,
                "marker": chosen.marker,
                "linewidth": width,
                "markersize": 4 + 1.5 * width,
            }
            curve(axes, own, "sparsity", label=title(method, variant), **style)
        epoch_axis(axes, "epoch of retraining")
        axes.set_ylabel("sparsity (fraction)")
        axes.set_ylim(0, 1.02)
    finish(figure, provenance(pruned, "sparsity") + band_note(pruned))
    return figure
