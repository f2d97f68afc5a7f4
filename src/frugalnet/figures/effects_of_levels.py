"""What each level of a factor changes, beside the level of the factor that is named in brackets; lines are 95 % intervals.

Effects are those of a linear model of all complete runs: differences in quality, and ratios of energy, time and latency.
Filled marks differ from no effect (p < 0.05 after Holm's correction), hollow ones may be chance; arrows go on beyond the panel.
Aliased levels went only with others, so that no run tells them apart. Of an interaction, it is what two levels do together
beyond what each does alone. In one column of print, fewer quantities have room.
"""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.estimate_panels import LABEL_LINES, UNKNOWN, draw_estimates, estimate_keys, shown
from frugalnet.drawing.layout import finish, message
from frugalnet.drawing.level_rows import Row, level_panels
from frugalnet.drawing.quantities import LATENCY_MS, common_notes, counted_runs, kinds, origin, quantity

ALIASED = "aliased"
MOST_NAMED = 4
"""Aliases and remarks that are named below the figure, at most; the table has all of them."""
WHERE = "where "
"""Start of a note on an effect that holds at one level of another factor alone, as of factors that interact."""
TIMES = "\N{MULTIPLICATION SIGN}"
BEYOND = "beyond both"
"""What an interaction is compared with."""


def effects_of_levels(effects: pd.DataFrame) -> Figure:
    """Draw `estimate`, `low` and `high` of effects, a panel per quantity; words where they are not known."""
    if effects.empty:
        return message("There are no runs whose levels can be compared.")
    rows = _with_interactions(effects)
    names = shown(rows, (LATENCY_MS,))
    parts = [(heading, name, own[own["quantity"] == name]) for heading, own in kinds(rows) for name in names]
    figure, panels, places = level_panels(_rows(rows), len(parts), len(names), LABEL_LINES)
    at = dict(zip(_keys(rows), places, strict=True))
    for number, (axes, (heading, name, own)) in enumerate(zip(panels, parts, strict=True)):
        title = quantity(name, rows["dataset"].iloc[0]).title
        above = f"{heading}\n" if len(parts) > len(names) and number % len(names) == 0 else ""
        axes.set_title(above + title, loc="left" if above else "center")
        draw_estimates(axes, own, name, lambda row: at[False, str(row.factor), str(row.level)], _missing)
    note = origin(rows, counted_runs(rows.loc[rows["estimate"].notna(), "runs_in_all"]) or "too few runs") + _remarks(
        rows
    )
    finish(figure, note, estimate_keys(rows))
    return figure


def _with_interactions(effects: pd.DataFrame) -> pd.DataFrame:
    """Return effects in which an interaction has the name of both factors, and of both levels."""
    pairs = effects["kind"] != "main"
    both = {name: effects[name] + f" {TIMES} " + effects[f"{name}2"] for name in ("factor", "level")}
    return effects.assign(
        **{name: effects[name].mask(pairs, named) for name, named in both.items()},
        against=effects["against"].mask(pairs, BEYOND),
    )


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


def _missing(row: Any) -> str:
    """Return what stands in place of an estimate."""
    return ALIASED if _said(row.aliased_with) else UNKNOWN


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
