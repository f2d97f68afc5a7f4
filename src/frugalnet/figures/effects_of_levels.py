"""What each level of a factor changes, beside the level of the factor that is named in brackets; lines are 95 % intervals.

Effects are those of a linear model of all complete runs: differences in quality, and ratios of energy, time and latency.
Filled marks differ from no effect (p < 0.05 after Holm's correction), hollow ones may be chance; arrows go on beyond the panel.
Aliased levels went only with others, so that no run tells them apart. Of an interaction, it is what two levels do together
beyond what each does alone. In one column of print, fewer quantities have room.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frugalnet import catalogue
from frugalnet.analysis.statistics.holm import SHOWN_BELOW
from frugalnet.drawing.intervals import draw_estimate, show_estimates
from frugalnet.drawing.layout import finish, message, narrow
from frugalnet.drawing.level_rows import Row, folded, level_panels, say
from frugalnet.drawing.quantities import (
    CPU_S,
    ENERGY_J,
    LATENCY_MS,
    QUALITY,
    colour,
    common_notes,
    counted_runs,
    kinds,
    ordered,
    origin,
    quantity,
)
from frugalnet.drawing.style import NOTE_COLOUR, key
from frugalnet.drawing.words import WORD_SIZE

ALIASED, UNKNOWN = "aliased", "not known"
MOST_NAMED = 4
"""Aliases and remarks that are named below the figure, at most; the table has all of them."""
WHERE = "where "
"""Start of a note on an effect that holds at one level of another factor alone, as of factors that interact."""
LABEL_WIDTH, LABEL_LINES = 15, 4
"""Characters in a line of what is below a panel, and lines of it."""
ARROW, TIMES = "\N{RIGHTWARDS ARROW}", "\N{MULTIPLICATION SIGN}"
BEYOND = "beyond both"
"""What an interaction is compared with."""


def effects_of_levels(effects: pd.DataFrame) -> Figure:
    """Draw `estimate`, `low` and `high` of effects, a panel per quantity; words where they are not known."""
    if effects.empty:
        return message("There are no runs whose levels can be compared.")
    rows = _with_interactions(effects)
    names = _shown(rows)
    parts = [(heading, name, own[own["quantity"] == name]) for heading, own in kinds(rows) for name in names]
    figure, panels, places = level_panels(_rows(rows), len(parts), len(names), LABEL_LINES)
    at = dict(zip(_keys(rows), places, strict=True))
    for number, (axes, (heading, name, own)) in enumerate(zip(panels, parts, strict=True)):
        title = quantity(name, rows["dataset"].iloc[0]).title
        above = f"{heading}\n" if len(parts) > len(names) and number % len(names) == 0 else ""
        axes.set_title(above + title, loc="left" if above else "center")
        _draw(axes, own, name, at)
    note = origin(rows, counted_runs(rows.loc[rows["estimate"].notna(), "runs_in_all"]) or "too few runs") + _remarks(
        rows
    )
    finish(figure, note, _legend(rows))
    return figure


def _with_interactions(effects: pd.DataFrame) -> pd.DataFrame:
    """Return effects in which an interaction has the name of both factors, and of both levels."""
    pairs = effects["kind"] != "main"
    both = {name: effects[name] + f" {TIMES} " + effects[f"{name}2"] for name in ("factor", "level")}
    return effects.assign(
        **{name: effects[name].mask(pairs, named) for name, named in both.items()},
        against=effects["against"].mask(pairs, BEYOND),
    )


def _shown(rows: pd.DataFrame) -> list[str]:
    """Return the quantities that have room: in one column quality, energy (else CPU time) and latency."""
    names = ordered(rows["quantity"])
    known = [name for name in (ENERGY_J, CPU_S) if rows.loc[rows["quantity"] == name, "estimate"].notna().any()]
    few = [name for name in names if name in (QUALITY, *known[:1], LATENCY_MS)]
    return few if narrow() and few else names


def _rows(rows: pd.DataFrame) -> list[Row]:
    """Return a heading per factor, with the level that the others are compared with, and its levels."""
    return [Row(f"{factor} ({level})", True) if heading else Row(level) for heading, factor, level in _keys(rows)]


def _keys(rows: pd.DataFrame) -> list[tuple[bool, str, str]]:
    """Return what the rows are of: whether a heading, factor, and level, of a heading that which others are compared with."""
    found: list[tuple[bool, str, str]] = []
    for factor, own in rows.groupby("factor", sort=False):
        found.append((True, str(factor), str(own["against"].iloc[0])))
        found += [(False, str(factor), str(level)) for level in own["level"].unique()]
    return found


def _draw(axes: Axes, rows: pd.DataFrame, name: str, at: dict[tuple[bool, str, str], float]) -> None:
    """Draw the effects on a quantity, or say why there are none."""
    if rows.empty:
        axes.set_axis_off()
        return
    of = quantity(name, rows["dataset"].iloc[0])
    source = rows["energy_source"].iloc[0]
    if rows["estimate"].isna().all():
        say(axes, "; ".join(common_notes(rows["note"])) or UNKNOWN)
        axes.set_xlabel(folded(of.of, LABEL_WIDTH))
        return
    ratio = rows["scale"].iloc[0] == "ratio"
    show_estimates(axes, rows, ratio)
    for row in rows.itertuples():
        y = at[False, str(row.factor), str(row.level)]
        if pd.notna(row.estimate):
            hollow = {} if row.p_holm < SHOWN_BELOW else {"markerfacecolor": "white"}
            draw_estimate(axes, row, y, colour(name, source), **hollow)
        else:
            _write(axes, y, ALIASED if _said(row.aliased_with) else UNKNOWN)
    _label(axes, rows, name, ratio)


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
    better = f"better {ARROW}" if catalogue.DATASETS[rows["dataset"].iloc[0]].sign > 0 else "\N{LEFTWARDS ARROW} better"
    way = better if name == QUALITY else "\N{LEFTWARDS ARROW} saves"
    axes.set_xlabel(f"{folded(of.of, LABEL_WIDTH)}\n({kind}{estimated})\n{way}")


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _remarks(rows: pd.DataFrame) -> str:
    """Return what has to be known below a figure: aliases, effects at one level of another factor, and remarks on whole models."""
    named = rows.drop_duplicates(["factor", "level"])
    aliased = named[named["aliased_with"].map(_said) != ""]
    found = [f"{row.factor} {row.level} is aliased with {row.aliased_with}" for row in aliased.itertuples()]
    drawn = rows[rows["estimate"].notna()]
    for factor, own in drawn.groupby("factor", sort=False):
        found += [f"{factor}: {part}" for part in common_notes(own["note"]) if part.startswith(WHERE)]
    for _, own in drawn.groupby("quantity", sort=False):
        found += [part for part in common_notes(own["note"]) if not part.startswith(WHERE)]
    found, said = list(dict.fromkeys(found)), " ".join(found[:MOST_NAMED])
    parts = {part for note in drawn["note"] for part in _said(note).split("; ") if part}
    more = ["further notes: table effects"] if any(part not in said for part in parts) else []
    return "".join(f" · {text}" for text in found[:MOST_NAMED] + more)


def _legend(rows: pd.DataFrame) -> list[Line2D]:
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
