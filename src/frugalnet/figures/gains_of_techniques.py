"""What techniques change that save memory, time or energy, each beside the training without it, which is named in brackets.

Runs were done with all combinations of the techniques; an estimate is the mean over all pairs that differ in one of them, with a 95 %
interval: a ratio of memory, times and energy, and a difference in quality. Filled marks differ from no effect (p < 0.05 after Holm's
correction), hollow ones may be chance. Quantities that are not known are left out and named below.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.estimate_panels import LABEL_LINES, draw_estimates, estimate_keys, remarks
from frugalnet.drawing.layout import finish, message, narrow
from frugalnet.drawing.level_rows import Row, level_panels
from frugalnet.drawing.quantities import (
    CPU_S,
    ENERGY_J,
    QUALITY,
    RAM_MIB,
    TIME_S,
    VRAM_MIB,
    common_notes,
    kinds,
    origin,
    quantity,
)

ORDER = (RAM_MIB, VRAM_MIB, TIME_S, "epoch_s", CPU_S, ENERGY_J, QUALITY)
FEW = (RAM_MIB, VRAM_MIB, TIME_S, ENERGY_J, QUALITY)
"""Quantities that have room in one column of print."""
MOST_BESIDE, BESIDE, NARROW_BESIDE = 6, 4, 2
"""Panels beside each other in two columns of print, at most and in more lines than one, and in one column."""


def gains_of_techniques(efficiency: pd.DataFrame) -> Figure:
    """Draw `estimate`, `low` and `high` per factor, a panel per quantity that is known."""
    if efficiency.empty:
        return message("There are no runs with and without techniques.")
    known = efficiency[efficiency["estimate"].notna()]
    if known.empty:
        return message("; ".join(["No change is known", *common_notes(efficiency["note"])]) + ".")
    names = _names(known)
    parts = [(heading, name, own[own["quantity"] == name]) for heading, own in kinds(efficiency) for name in names]
    factors = efficiency.drop_duplicates("factor")
    rows = [
        row for of in factors.itertuples() for row in (Row(f"{_words(of.factor)} ({of.off})", True), Row(str(of.on)))
    ]
    columns = min(len(parts), NARROW_BESIDE if narrow() else MOST_BESIDE if len(names) <= MOST_BESIDE else BESIDE)
    figure, panels, places = level_panels(rows, len(parts), columns, LABEL_LINES)
    at = dict(zip(factors["factor"], places[1::2], strict=True))
    several = len(parts) > len(names)
    for number, (axes, (heading, name, own)) in enumerate(zip(panels, parts, strict=True)):
        above = f"{heading}\n" if several and number % len(names) == 0 else ""
        axes.set_title(above + quantity(name, own["dataset"].iloc[0]).title, loc="left" if above else "center")
        draw_estimates(axes, own, name, lambda row: at[row.factor])
    finish(
        figure,
        origin(efficiency, _counted(known)) + remarks(efficiency) + _left_out(efficiency, known),
        estimate_keys(efficiency),
    )
    return figure


def _names(known: pd.DataFrame) -> list[str]:
    """Return the quantities that are drawn, in their order."""
    found = set(known["quantity"])
    return [name for name in (FEW if narrow() else ORDER) if name in found]


def _words(factor: str) -> str:
    return factor.replace("_", " ")


def _counted(known: pd.DataFrame) -> str:
    """Return of how many pairs the estimates are."""
    low, high = int(known["pairs"].min()), int(known["pairs"].max())
    return (
        f"{high} pair{'s' * (high != 1)} of runs a technique"
        if low == high
        else f"{low} to {high} pairs of runs a technique"
    )


def _left_out(efficiency: pd.DataFrame, known: pd.DataFrame) -> str:
    """Return which quantities are not known at all."""
    missing = [name for name in ORDER if name in set(efficiency["quantity"]) - set(known["quantity"])]
    titles = [quantity(name, efficiency["dataset"].iloc[0]).title for name in missing]
    return f" · not known: {', '.join(titles)}" if titles else ""
