"""Quality on test data against what a compacted model costs, or what it took to get: the methods, and their front."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.chains import takes_shape
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.fronts import front
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.quality_range import within_sight
from frugalnet.drawing.style import looks, marker_style, title
from frugalnet.page.cells import interval, number, row_name
from frugalnet.page.charts.parts import (
    NOTE,
    Exploration,
    Option,
    Panel,
    heading,
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

TIMES = "\N{MULTIPLICATION SIGN}"
ALIKE = ["energy_source", "energy_scope"]
"""Energies on one front are known in the same way."""


@dataclass(frozen=True)
class Cost:
    """A column of `comparison`; a ratio to the baseline's has an interval, and its value in a column of its own (`value`)."""

    column: str
    label: str
    unit: str = ""
    value: str = ""
    energy: bool = False

    @property
    def axis(self) -> str:
        """Return the label of the axis."""
        unit = f"{TIMES} baseline" if self.value else self.unit
        return f"{self.label} ({unit})" if unit else self.label


COSTS = {
    "parameters": Cost("parameters_compacted", "parameters after compaction"),
    "multiply-accumulates": Cost("macs_compacted", "multiply-accumulates per sample, after compaction"),
    "latency": Cost("latency_ratio", "latency of one sample", "ms", "latency_batch1_ms_compacted"),
    "energy per inference": Cost(
        "energy_per_inference_ratio", "energy per inference", "J", "energy_per_inference_j_compacted", energy=True
    ),
    "energy to solution": Cost("energy_to_solution_j", "energy to solution", "J", energy=True),
}
"""What can be on the x axis."""


def fronts(tables: Mapping[str, pd.DataFrame]) -> Exploration:
    """Return a panel per dataset of `comparison`."""
    rows = tables["comparison"]
    panels = [_panel(str(dataset), looks(own)) for dataset, own in rows.groupby("dataset", sort=False)]
    instead = "The figure above and the tables of the methods compared have the same numbers."
    return Exploration("Cost", panels, provenance(rows, energy=True), instead)


def _panel(dataset: str, rows: pd.DataFrame) -> Panel:
    shown = within_sight(rows)
    ends = span(rows.loc[shown, "quality_mean"])
    placed = rows.assign(y=[within(ends, quality) for quality in rows["quality_mean"]], shown=shown)
    options = {name: _option(dataset, placed[placed[cost.column] > 0], ends, cost) for name, cost in COSTS.items()}
    return Panel(heading(dataset, "test"), {name: option for name, option in options.items() if option})


def _option(dataset: str, rows: pd.DataFrame, ends: tuple[float, float], cost: Cost) -> Option | None:
    """Return the option of one cost; None where it is known of no row."""
    if rows.empty:
        return None
    rows = rows.assign(x=rows[cost.column].astype(float))
    quality = quality_of(dataset, "test")
    data: dict[str, list[Any]] = {}
    for row in rows.itertuples():
        data.setdefault(row.method, []).append(_point(row, quality, cost))
    series = [points(title(method, DEFAULT), own, marker_style(method)) for method, own in data.items()]
    series += [steps("front of quality and cost", best, NOTE) for best in _fronts(rows, cost)]
    about = f"{catalogue.DATASETS[dataset].title}: {quality} against {cost.axis}, {counted(len(rows), 'point')}."
    return panel(cost.axis, rows["x"], ends, series, f"{about} The table of the methods compared has the numbers.")


def _fronts(rows: pd.DataFrame, cost: Cost) -> list[pd.DataFrame]:
    """Return the rows of each front; what takes no more than a shape is on none of energy to solution, as in print."""
    rows = rows[rows["shown"]]
    if cost.column == "energy_to_solution_j":
        rows = rows[~takes_shape(rows)]
    groups = [own for _, own in rows.groupby(ALIKE, sort=False, dropna=False)] if cost.energy else [rows]
    return [front(own) for own in groups if len(own)]


def _point(row: Any, quality: str, cost: Cost) -> dict[str, Any]:
    """Return the point of a row; energies that are not measured are paler, and controls are hollow."""
    style = marker_style(row.method, row.energy_source if cost.energy else "measured", row.granularity, row.family)
    return point(row, _about(row, quality, cost), row_name("comparison", row.Index), mark(style, row.shown))


def _about(row: Any, quality: str, cost: Cost) -> list[str]:
    """Return what is said on hover: method, seeds, quality, gain and cost, with how each is known."""
    spread = "" if pd.isna(row.quality_std) else f" ± {row.quality_std:.4f}"
    lines = [
        title(row.method, row.variant),
        f"{quality}: {row.quality_mean:.4f}{spread}, measured, {counted(row.seeds, 'seed')}",
    ]
    if pd.notna(row.reference) and (row.method, row.variant) != (row.reference, row.reference_variant):
        gain = interval(row.quality_gain, row.quality_gain_low, row.quality_gain_high)
        lines.append(f"gain over {title(row.reference, row.reference_variant)}: {gain}")
    return [*lines, f"{cost.label}: {_cost(row, cost)}", f"data: {row.data_level}"]


def _cost(row: Any, cost: Cost) -> str:
    """Return a cost with its interval, its unit, and how it is known."""
    if cost.value:
        low, high, value = (getattr(row, name) for name in (f"{cost.column}_low", f"{cost.column}_high", cost.value))
        known = source(row) if cost.energy else "measured"
        return f"{interval(row.x, low, high, '.3f')} {TIMES} baseline, {number(value)} {cost.unit}, {known}"
    if cost.energy:
        sure = "" if pd.isna(row.energy_to_solution_u_j) else f" ± {number(row.energy_to_solution_u_j)}"
        return f"{number(row.x)}{sure} {cost.unit}, {source(row)}"
    return f"{row.x:,.0f}, counted"
