"""What each level of an axis changes in a network's training, beside the level that is named in brackets; lines are 95 % intervals.

Two configurations are compared that differ in that axis alone; an estimate is the mean over all such pairs and seeds: a difference in
quality and in the best epoch, ratios of energy and times. Filled marks differ from no effect (p < 0.05 after Holm's correction), hollow
ones may be chance; arrows go on beyond the panel. In one column of print, fewer quantities have room.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.configurations import NETWORK, comparable
from frugalnet.drawing.estimate_panels import LABEL_LINES, draw_estimates, estimate_keys, remarks, shown
from frugalnet.drawing.layout import finish, message
from frugalnet.drawing.level_rows import Row, level_panels
from frugalnet.drawing.quantities import origin, quantity

ALL = "all"
Key = tuple[str, str, str | None]
"""Network and axis of a row, and its level; none of a heading."""


def sensitivity_to_axes(sensitivity: pd.DataFrame) -> Figure:
    """Draw `estimate`, `low` and `high` per network, axis and level, a panel per quantity."""
    if sensitivity.empty:
        return message("There are no configurations that differ in one axis alone.")
    names, keys = shown(sensitivity, ()), _keys(sensitivity)
    parts = [
        (heading, name, own[own["quantity"] == name]) for heading, own in comparable(sensitivity) for name in names
    ]
    rows = [Row(_heading(sensitivity, key), True) if key[2] is None else Row(key[2]) for key in keys]
    figure, panels, places = level_panels(rows, len(parts), len(names), LABEL_LINES)
    at = dict(zip(keys, places, strict=True))
    for number, (axes, (heading, name, own)) in enumerate(zip(panels, parts, strict=True)):
        above = f"{heading}\n" if len(parts) > len(names) and number % len(names) == 0 else ""
        axes.set_title(above + quantity(name, sensitivity["dataset"].iloc[0]).title, loc="left" if above else "center")
        draw_estimates(axes, own, name, lambda row: at[str(row.network), str(row.axis), str(row.level)])
    finish(figure, origin(sensitivity, _counted(sensitivity)) + remarks(sensitivity), estimate_keys(sensitivity))
    return figure


def _keys(rows: pd.DataFrame) -> list[Key]:
    """Return what the rows are of: per network and axis a heading, and the levels."""
    found: list[Key] = []
    for (network, axis), own in rows.groupby(["network", "axis"], sort=False):
        found.append((str(network), str(axis), None))
        found += [(str(network), str(axis), str(level)) for level in own["level"].unique()]
    return found


def _heading(rows: pd.DataFrame, key: Key) -> str:
    """Return network and axis, and the level that others are compared with."""
    network, axis, _ = key
    (against, *_) = rows.loc[(rows["network"] == network) & (rows["axis"] == axis), "against"]
    name = axis.replace("_", " ")
    of = "all networks" if network == ALL else network
    return f"{name} ({against})" if axis == NETWORK else f"{of}: {name} ({against})"


def _counted(rows: pd.DataFrame) -> str:
    """Return of how many pairs the estimates are."""
    pairs = rows.loc[rows["estimate"].notna(), "pairs"]
    if pairs.empty:
        return "no pairs"
    low, high = int(pairs.min()), int(pairs.max())
    return (
        f"{high} pair{'s' * (high != 1)} of runs a level" if low == high else f"{low} to {high} pairs of runs a level"
    )
