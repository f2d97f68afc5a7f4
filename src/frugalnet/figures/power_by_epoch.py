"""Mean power over each epoch of chosen runs: all factors off, all on, first and last of the ranking, and the best.

Power is the energy of an epoch by its duration, validation included; lines are means over seeds, bands one standard deviation. The first epoch has
the compilation in it. A lower line does not mean less energy: its epochs may be longer.
"""

from math import nan
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet import catalogue
from frugalnet.config.varied import OFF, ON
from frugalnet.drawing.curves import band_note, curve, epoch_axis
from frugalnet.drawing.layout import finish, grid, message, provenance
from frugalnet.drawing.style import shade

LOOKS = (
    ("#222222", "o", "-"),
    ("#d55e00", "s", "-"),
    ("#0072b2", "^", "-"),
    ("#56b4e9", "v", "--"),
    ("#009e73", "D", "-"),
    ("#cc79a7", "P", "--"),
    ("#7a6a00", "X", ":"),
    ("#6f4fa0", "*", ":"),
)
"""Colours, markers and dashes of the runs, in their order; later ones share the last."""
MARGIN = 0.1
"""Room above and below all lines, at least, as a fraction of the power: a small change shall look small."""


def power_by_epoch(epochs: pd.DataFrame, ranking: pd.DataFrame) -> Figure:
    """Draw `power_w` of `epochs`, in W, of runs that `ranking` has first and last, of base cases and best."""
    if epochs.empty:
        return message("No training was recorded.")
    rows = epochs if "power_w" in epochs else epochs.assign(power_w=nan)
    chosen = {dataset: _chosen(rows, ranking, str(dataset)) for dataset in rows["dataset"].unique()}
    names = list(dict.fromkeys(name for of_dataset in chosen.values() for name in of_dataset.values()))
    looks = {name: LOOKS[min(place, len(LOOKS) - 1)] for place, name in enumerate(names)}
    shown = [rows[rows["dataset"] == dataset] for dataset in chosen]
    shown = [own[[kind in chosen[own["dataset"].iloc[0]] for kind in _kinds(own)]] for own in shown]
    drawn = pd.concat(shown)
    known = drawn[drawn["power_w"].notna()]
    if known.empty:
        return message("No energy of an epoch is known of the runs that would be drawn.")
    figure, panels = grid(known)
    for dataset, axes in panels.items():
        _draw(axes, known[known["dataset"] == dataset], chosen[dataset], looks)
    unknown = [name for name in names if name not in _named(known, chosen)]
    left_out = f" · no energy is known of {', '.join(unknown)}" if unknown else ""
    finish(figure, provenance(known, None, energy=True) + band_note(known) + left_out)
    return figure


def _kinds(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["method"], rows["variant"], strict=True))


def _named(rows: pd.DataFrame, chosen: dict[Any, dict[tuple[str, str], str]]) -> set[str]:
    """Return the names of the runs of some rows."""
    own = rows[["dataset", "method", "variant"]].drop_duplicates()
    return {chosen[row.dataset][row.method, row.variant] for row in own.itertuples()}


def _chosen(rows: pd.DataFrame, ranking: pd.DataFrame, dataset: str) -> dict[tuple[str, str], str]:
    """Return the runs of a dataset that are drawn, as method and variant, and their names, with ranks."""
    found = [OFF, ON]
    ranked = {}
    if len(ranking):
        own = ranking[(ranking["dataset"] == dataset) & ranking["rank"].notna()].sort_values("rank")
        ranked = dict(zip(own["variant"], own["rank"], strict=True))
        found += [*own["variant"].iloc[:1], *own["variant"].iloc[-1:]]
    recorded = dict.fromkeys(_kinds(rows[rows["dataset"] == dataset]))
    names = {}
    for variant in dict.fromkeys(found):
        rank = f" (rank {ranked[variant]:.0f} of {len(ranked)})" if variant in ranked else ""
        names[catalogue.BASELINE, variant] = f"{variant}{rank}"
    names |= {kind: kind[1] for kind in recorded if kind[0] != catalogue.BASELINE}
    return {kind: name for kind, name in names.items() if kind in recorded}


def _draw(
    axes: Axes, rows: pd.DataFrame, names: dict[tuple[str, str], str], looks: dict[str, tuple[str, str, str]]
) -> None:
    """Draw the lines of a panel, the epochs of the runs in the order of their names."""
    for (method, variant), name in names.items():
        own = rows[(rows["method"] == method) & (rows["variant"] == variant)]
        if own.empty:
            continue
        base, marker, dashes = looks[name]
        colour = shade(base, own["energy_source"].iloc[0])
        style: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "markersize": 3.5,
            "markeredgewidth": 0,
            "linewidth": 1.1,
        }
        curve(axes, own, "power_w", linestyle=dashes, label=name, **style)
    low, high = rows["power_w"].min(), rows["power_w"].max()
    axes.set_ylim(low - MARGIN * high, high + MARGIN * high)
    sources = ", ".join(rows["energy_source"].dropna().unique())
    axes.set_ylabel(f"mean power (W)\n{sources}" if sources else "mean power (W)")
    epoch_axis(axes, "epoch")
