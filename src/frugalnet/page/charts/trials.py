"""The trials of the architecture searches: quality on validation data against size and against energy of training."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.fronts import front
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.style import RIM_COLOUR, marker_style, title
from frugalnet.drawing.trial_points import FAILED, FAILED_COLOUR, WINNER, in_sight
from frugalnet.figures.search_trials import COSTS
from frugalnet.page.cells import number, row_name
from frugalnet.page.charts.parts import (
    Exploration,
    Option,
    Panel,
    heading,
    ink,
    mark,
    panel,
    point,
    points,
    quality_of,
    source,
    span,
    steps,
    within,
)

CHOICES = {"parameters": "parameters_compacted", "energy of the training": "train_energy_j"}
"""What can be on the x axis: columns of COSTS."""
CROSS = {"marker": "x", "markerfacecolor": FAILED_COLOUR, "markeredgecolor": FAILED_COLOUR}
RING_PX = 20


def trials(tables: Mapping[str, pd.DataFrame]) -> Exploration:
    """Return a panel per dataset of `trials`."""
    rows = tables["trials"]
    panels = [_panel(str(dataset), own) for dataset, own in rows.groupby("dataset", sort=False)]
    instead = "The figure above and the table of trials have the same numbers."
    return Exploration("Against", panels, provenance(rows, energy=True), instead)


def _panel(dataset: str, rows: pd.DataFrame) -> Panel:
    options = {name: _option(dataset, rows, column) for name, column in CHOICES.items()}
    return Panel(heading(dataset, "validation"), {name: option for name, option in options.items() if option})


def _option(dataset: str, rows: pd.DataFrame, column: str) -> Option | None:
    """Return the option of one cost; None where no trial has a quality at it."""
    energy, complete = column == "train_energy_j", rows["status"] == "complete"
    known = rows[column].astype(float)
    x = known if energy else known.where(complete, rows["parameters"].astype(float))  # never trained: never compacted
    drawn = rows.assign(x=x)[complete & (x > 0) & rows["quality"].notna()]
    if drawn.empty:
        return None
    shown = in_sight(drawn["quality"], dataset)
    ends = span(drawn.loc[shown, "quality"].astype(float))
    drawn = drawn.assign(y=[within(ends, quality) for quality in drawn["quality"]], shown=shown)
    quality = quality_of(dataset, "validation")
    failed = rows.assign(x=x.where(x > 0, drawn["x"].min()), y=ends[0])[~complete]
    about = f"{catalogue.DATASETS[dataset].title}: {quality} of trials against {COSTS[column]}, {counted(len(drawn), 'trial')}."
    series = [
        each
        for method, own in drawn.groupby("method", sort=False)
        for each in _search(str(method), own, quality, energy)
    ]
    series += _winners(drawn[drawn["winner"].eq(True)]) + _failures(failed, quality)
    everything = pd.concat([drawn["x"], failed["x"]])
    return panel(COSTS[column], everything, ends, series, f"{about} The table of trials has the numbers.")


def _search(method: str, rows: pd.DataFrame, quality: str, energy: bool) -> list[dict[str, Any]]:
    """Return the points of a method's trials, and the line of their front; energies that are not measured are paler."""
    data = []
    for row in rows.itertuples():
        look = mark(marker_style(method, row.energy_source if energy else "measured"), row.shown)
        data.append(point(row, _about(row, quality), row_name("trials", row.Index), look))
    style, name, shown = marker_style(method), title(method, DEFAULT), rows[rows["shown"]]
    line = [steps(name, front(shown), ink(style["color"]))] if len(shown) else []
    return [points(name, data, style), *line]


def _winners(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a ring around each winner."""
    ring = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": RIM_COLOUR}
    data = [{"value": [row.x, row.y]} for row in rows.itertuples()]
    return [points(WINNER, data, ring, symbolSize=RING_PX, silent=True, z=4)] if data else []


def _failures(rows: pd.DataFrame, quality: str) -> list[dict[str, Any]]:
    """Return a cross on the x axis per failed trial; at the left end where its place is not known."""
    data = [point(row, _about(row, quality), row_name("trials", row.Index), {}) for row in rows.itertuples()]
    return [points(FAILED, data, CROSS, symbolSize=9, clip=False)] if data else []


def _about(row: Any, quality: str) -> list[str]:
    """Return what is said on hover: search, trial, and its numbers with how they are known."""
    won = f", {WINNER}" if row.winner is True else ""
    lines = [f"{title(row.method, row.variant)}, seed {row.seed}, trial {row.trial}{won}", f"run {row.run}"]
    if row.status != "complete":
        lines.append(f"{row.status}: {row.reason}" if isinstance(row.reason, str) else row.status)
    sizes = {"parameters": _sizes(row, "parameters"), "multiply-accumulates": _sizes(row, "macs")}
    numbers = {quality: "" if pd.isna(row.quality) else f"{row.quality:.4f}, measured"} | sizes
    numbers["energy of the training"] = (
        "" if pd.isna(row.train_energy_j) else f"{number(row.train_energy_j)} J, {source(row)}"
    )
    return [*lines, *(f"{name}: {text}" for name, text in numbers.items() if text), f"data: {row.data_level}"]


def _sizes(row: Any, column: str) -> str:
    """Return a size, and that after compaction where it is another."""
    masked, compacted = getattr(row, column), getattr(row, f"{column}_compacted")
    if pd.isna(masked):
        return ""
    after = "" if pd.isna(compacted) or compacted == masked else f", {compacted:,.0f} after compaction"
    return f"{masked:,.0f}{after}, counted"
