"""Fraction of the weights or units of the pruned layers that is gone after each epoch of retraining.

Lines are means over seeds, bands one standard deviation. The sparsity rises to its target and then stays, while the weights
left adapt. Names at the ends are those of variants; dashed lines are controls.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.config.run import DEFAULT
from frugalnet.drawing.curves import band_note, curve, epoch_axis, variant_lines
from frugalnet.drawing.layout import finish, grid, message, narrow, provenance
from frugalnet.drawing.style import NOTE_COLOUR, look, looks

LABEL_GAP, NARROW_LABEL_GAP = 0.06, 0.08
"""Distance of names below each other, as a fraction of the axis; in one column of print axes are lower."""
NARROW_LINES = 0.7
"""Widths of lines in one column of print, as a fraction of those in two."""


def sparsity_over_training(epochs: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """Draw `sparsity` of `epochs` of the `runs`; of curves that coincide, the later ones are thinner, so that all are seen."""
    pruned = epochs if epochs.empty else epochs[epochs["sparsity"].notna()]
    if pruned.empty:
        return message("No method of this study prunes while it trains.")
    pruned = looks(pruned, runs)
    pruned = pruned.assign(epoch=pruned["epoch"] - pruned.groupby("run")["epoch"].transform("min") + 1)
    figure, panels = grid(pruned)
    for dataset, axes in panels.items():
        rows = pruned[pruned["dataset"] == dataset]
        methods = list(rows["method"].unique())
        for method, _, own, style in variant_lines(rows):
            width = max(1.0, 3.5 - 1.5 * methods.index(method)) * (NARROW_LINES if narrow() else 1)
            sized = style | {"linewidth": width, "markersize": 2.5 + 1.2 * width, "linestyle": look(method).dashes}
            curve(axes, own, "sparsity", **sized)
        _name_ends(axes, rows)
        epoch_axis(axes, "epoch of retraining")
        axes.set_ylabel("sparsity (fraction)")
        axes.set_ylim(0, 1.02)
    finish(figure, provenance(pruned, "sparsity") + band_note(pruned))
    return figure


def _name_ends(axes: Axes, rows: pd.DataFrame) -> None:
    """Write each variant once at the right of where its curves end, names that are close above each other."""
    named = rows[rows["variant"] != DEFAULT]
    ends = named[named["epoch"] == named.groupby("run")["epoch"].transform("max")]
    heights = ends.groupby("variant")["sparsity"].mean().sort_values()
    for variant, height in zip(
        heights.index, apart(heights.tolist(), NARROW_LABEL_GAP if narrow() else LABEL_GAP), strict=True
    ):
        axes.annotate(
            str(variant), (1, height), (4, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
            va="center", fontsize=6, color=NOTE_COLOUR,
        )  # fmt: skip


def apart(heights: list[float], gap: float, most: float = 1.0) -> list[float]:
    """Return rising heights at least so far apart, none above `most`; those that are too close move from their mean."""
    groups = list[list[float]]()
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _start(groups[-1], gap) - _start(groups[-2], gap) < gap * len(groups[-2]):
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [_start(group, gap) + gap * place for group in groups for place in range(len(group))]
    return [min(height, most - gap * above) for height, above in zip(moved, reversed(range(len(moved))), strict=True)]


def _start(group: list[float], gap: float) -> float:
    """Return the lowest of as many heights around the mean of a group."""
    return sum(group) / len(group) - gap * (len(group) - 1) / 2
