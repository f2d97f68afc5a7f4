"""Quality on test data against the energy that it took to get the model.

One point per method, at the energy of its own training and search plus that of the runs it starts from, each in full.
A thin line leads to its own training and search alone. Pale colours are energies that are estimated or simulated;
measured ones are drawn in full colours. Hollow markers are controls, such as the same training without pruning.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet.figures.layout import finish, grid, log_axis, message, provenance, quality_label
from frugalnet.figures.points import point, spread_note, tail_key
from frugalnet.figures.style import NOTE_COLOUR, shade


def quality_against_energy(comparison: pd.DataFrame) -> Figure:
    """Draw `quality_mean` against `energy_to_solution_j`, with a tail to `train_energy_j`."""
    if comparison.empty:
        return message("There are no runs to compare.")
    figure, panels = grid(comparison)
    for dataset, axes in panels.items():
        rows = comparison[comparison["dataset"] == dataset]
        axes.set_ylabel(quality_label(dataset, "test"))
        axes.margins(y=0.1)
        _draw(axes, rows[rows["energy_to_solution_j"].notna()])
    known = comparison[comparison["energy_to_solution_j"].notna()]
    keys = [tail_key("own training and search alone"), *_source_keys(known)] if len(known) else []
    finish(figure, provenance(comparison, energy=True) + spread_note(comparison), keys)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    if rows.empty:
        axes.text(0.5, 0.5, "no energy was measured", ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    for row in rows.itertuples():
        point(axes, row, row.energy_to_solution_j, row.train_energy_j, row.energy_source)
    values = pd.concat([rows["energy_to_solution_j"], rows["train_energy_j"]])
    sources = ", ".join(rows["energy_source"].unique())
    log_axis(axes, values, f"energy to solution (J)\n{sources}")


def _source_keys(rows: pd.DataFrame) -> list[Line2D]:
    """Return a legend entry per source of energy, in its shade."""
    return [
        Line2D([], [], linestyle="", marker="s", color=shade(NOTE_COLOUR, source), label=f"energy {source}")
        for source in rows["energy_source"].unique()
    ]
