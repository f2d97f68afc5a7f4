"""Panels of estimated changes, one per quantity: differences of qualities and ratios of costs, with intervals, in named rows."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from frugalnet import catalogue
from frugalnet.analysis.statistics.holm import SHOWN_BELOW
from frugalnet.drawing.intervals import draw_estimate, show_estimates
from frugalnet.drawing.layout import narrow
from frugalnet.drawing.level_rows import folded, say
from frugalnet.drawing.quantities import CPU_S, ENERGY_J, QUALITY, colour, common_notes, ordered, quantity
from frugalnet.drawing.style import NOTE_COLOUR, key
from frugalnet.drawing.words import WORD_SIZE

UNKNOWN = "not known"
LABEL_WIDTH, LABEL_LINES = 15, 4
"""Characters in a line of what is below a panel, and lines of it."""
ARROW, BACK = "\N{RIGHTWARDS ARROW}", "\N{LEFTWARDS ARROW}"
MOST_REMARKS = 3
"""Remarks below a figure at most; the table has all of them."""
NEUTRAL = ("best_epoch",)
"""Quantities of which less is neither better nor worse."""


def shown(rows: pd.DataFrame, few: Sequence[str]) -> list[str]:
    """Return the quantities that have room: in one column quality, energy (else CPU time), and those of `few`."""
    names = ordered(rows["quantity"])
    known = [name for name in (ENERGY_J, CPU_S) if rows.loc[rows["quantity"] == name, "estimate"].notna().any()]
    found = [name for name in names if name in (QUALITY, *known[:1], *few)]
    return found if narrow() and found else names


def draw_estimates(
    axes: Axes,
    rows: pd.DataFrame,
    name: str,
    place: Callable[[Any], float],
    missing: Callable[[Any], str] = lambda _: UNKNOWN,
) -> None:
    """Draw `estimate`, `low` and `high` of the rows of a quantity where `place` says; of one that is `missing`, a word.

    What may be chance is hollow. Where nothing is known, the panel says why.
    """
    if rows.empty:
        axes.set_axis_off()
        return
    of, source = quantity(name, rows["dataset"].iloc[0]), rows["energy_source"].iloc[0]
    if rows["estimate"].isna().all():
        say(axes, "; ".join(common_notes(rows["note"])) or UNKNOWN)
        axes.set_xlabel(folded(of.of, LABEL_WIDTH))
        return
    ratio = rows["scale"].iloc[0] == "ratio"
    show_estimates(axes, rows, ratio)
    for row in rows.itertuples():
        if pd.notna(row.estimate):
            hollow = {} if row.p_holm < SHOWN_BELOW else {"markerfacecolor": "white"}
            draw_estimate(axes, row, place(row), colour(name, source), **hollow)
        else:
            _write(axes, place(row), missing(row))
    _label(axes, rows, name, ratio)


def estimate_keys(rows: pd.DataFrame) -> list[Line2D]:
    """Return the legend entries: filled and hollow marks, so far as they are there."""
    known = rows[rows["estimate"].notna()]
    filled = known["p_holm"] < SHOWN_BELOW
    names = {"an effect (p < 0.05, Holm)": filled.any(), "may be chance": (~filled).any()}
    style: dict[str, Any] = {"marker": "o", "markersize": 4, "linestyle": "-", "linewidth": 1.0}
    faces = (NOTE_COLOUR, "white")
    return [
        key(name, markerfacecolor=face, **style)
        for (name, shown), face in zip(names.items(), faces, strict=True)
        if shown
    ]


def common_remarks(rows: pd.DataFrame) -> list[str]:
    """Return what is remarked about all estimates of a quantity that are known, with the quantities where it is not about all."""
    known, told = rows[rows["estimate"].notna()], dict[str, list[str]]()
    for name in ordered(known["quantity"]):
        own = known[known["quantity"] == name]
        for note in common_notes(own["note"]):
            told.setdefault(note, []).append(quantity(name, own["dataset"].iloc[0]).title)
    count = known["quantity"].nunique()
    return [note if len(of) == count else f"{', '.join(of)}: {note}" for note, of in told.items()]


def remarks(rows: pd.DataFrame) -> str:
    """Return the common remarks as a part of the note below a figure, so far as they have room."""
    return "".join(f" · {line}" for line in common_remarks(rows)[:MOST_REMARKS])


def _write(axes: Axes, y: float, word: str) -> None:
    """Write a word in place of an estimate."""
    place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "center", "va": "center_baseline"}
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    axes.text(0.5, y, word, fontsize=WORD_SIZE, color=NOTE_COLOUR, style="italic", bbox=ground, **place)


def _label(axes: Axes, rows: pd.DataFrame, name: str, ratio: bool) -> None:
    """Write below a panel what its quantity is, how it is known, and which way is better."""
    of, source = quantity(name, rows["dataset"].iloc[0]), rows["energy_source"].iloc[0]
    kind = "ratio" if ratio else "difference"
    estimated = f", {source}" if name == ENERGY_J and isinstance(source, str) and source != "measured" else ""
    better = f"better {ARROW}" if catalogue.DATASETS[rows["dataset"].iloc[0]].sign > 0 else f"{BACK} better"
    way = "" if name in NEUTRAL else better if name == QUALITY else f"{BACK} saves"
    axes.set_xlabel(f"{folded(of.of, LABEL_WIDTH)}\n({kind}{estimated})\n{way}".strip())
