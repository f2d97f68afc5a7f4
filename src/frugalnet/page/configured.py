"""Tables of a grid of configurations for readers: the configurations by rank, what axes change, and what techniques save."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from frugalnet.analysis.factors import LEVEL
from frugalnet.drawing.quantities import QUALITY, ordered, quantity
from frugalnet.page.cells import Cell, interval, number, numbers, row_name, table
from frugalnet.page.cells import quality as quality_cell
from frugalnet.page.swept import NOT_REACHED, TIMES, estimated

AXIS = ["network", "axis", "level", "against"]
TO_TARGET = {"epochs": "epochs_to_target", "minutes": "minutes_to_target", "J": "energy_to_target_j"}
"""Columns of what it took to reach the target, by unit."""


def configurations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `configurations` that may be compared, the best first."""
    rows = rows.sort_values("rank", kind="stable", na_position="last")
    metric = quantity(QUALITY, rows["dataset"].iloc[0]).of.removeprefix("test ")
    columns = {
        "configuration": [_named(row) for row in rows.itertuples()],
        "rank": numbers(rows["rank"]),
        "runs": [_runs(row) for row in rows.itertuples()],
        f"test {metric}": _intervals(rows, QUALITY, quality_cell),
        f"validation {metric}": [quality_cell(value) for value in rows["validation_quality"]],
        "best epoch": numbers(rows["best_epoch"]),
        "epochs": numbers(rows["epochs"]),
        "training (min)": _intervals(rows, "train_duration_s", number, 1 / 60),
        "an epoch (s)": numbers(rows["epoch_s"]),
        "training (CPU s)": _intervals(rows, "train_cpu_s", number),
        "RAM (MiB)": numbers(rows["train_host_peak_mib"]),
        "VRAM (MiB)": numbers(rows["train_device_peak_mib"]),
        "training (J)": _intervals(rows, "train_energy_j", number),
        "to solution (J)": numbers(rows["energy_to_solution_j"]),
        _headed("J per point above {}", rows["above"]): _intervals(rows, "energy_per_point_j", number),
        "to solution (J per point)": _intervals(rows, "energy_to_solution_per_point_j", number),
        **{_headed(f"{unit} to {{}}", rows["target"]): _reached(rows, name) for unit, name in TO_TARGET.items()},
        "parameters": numbers(rows["parameters"]),
        **{
            str(name).removeprefix(LEVEL).replace("_", " "): rows[name].fillna("").tolist()
            for name in rows
            if str(name).startswith(LEVEL)
        },
        "note": rows["note"].fillna("").tolist(),
    }
    known = {name: cells for name, cells in columns.items() if any(_says(cell) for cell in cells)}
    return table(known, [row_name("configurations", row) for row in rows.index])


def sensitivity(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `sensitivity` that may be compared: one per network, axis and level, a column per quantity."""
    found = list(rows.groupby(AXIS, sort=False, dropna=False))
    columns: dict[str, list[Any]] = {name: [own[name].iloc[0] for _, own in found] for name in AXIS}
    columns["axis"] = [axis.replace("_", " ") for axis in columns["axis"]]
    columns["pairs"] = [int(own["pairs"].max()) for _, own in found]
    for name in ordered(rows["quantity"]):
        of = quantity(name, rows["dataset"].iloc[0])
        unit = TIMES if rows.loc[rows["quantity"] == name, "scale"].iloc[0] == "ratio" else of.unit
        columns[f"{of.of}, {unit}" if unit else of.of] = [_change(own[own["quantity"] == name]) for _, own in found]
    return table(columns)


def efficiency(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `efficiency` that may be compared, technique by technique: means with and without, and the change."""
    rows = rows.iloc[pd.factorize(rows["factor"])[0].argsort(kind="stable")]
    units = [quantity(name, rows["dataset"].iloc[0]) for name in rows["quantity"]]
    qualities = (rows["quantity"] == QUALITY).tolist()
    return table(
        {
            "technique": [f"{row.factor.replace('_', ' ')}: {row.on}" for row in rows.itertuples()],
            "against": rows["off"].tolist(),
            "quantity": [f"{of.of} ({of.unit})" if of.unit else of.of for of in units],
            "without": _means(rows["off_mean"], qualities),
            "with": _means(rows["on_mean"], qualities),
            f"change (difference, or {TIMES})": [_of(row) for row in rows.itertuples()],
            "pairs": rows["pairs"].tolist(),
        }
    )


def _named(row: Any) -> str:
    return f"{row.variant} (best)" if row.is_best is True or row.is_best == 1 else str(row.variant)


def _runs(row: Any) -> Cell:
    """Return how many runs are complete; or what became of them."""
    return Cell(str(row.seeds) if row.seeds else str(row.status).replace("_", " "), row.seeds)


def _headed(text: str, values: pd.Series) -> str:
    """Return a heading with the one value that all rows have."""
    known = values.dropna().unique()
    return text.format(f"{known[0]:g}" if len(known) == 1 else "the target")


def _says(cell: Any) -> bool:
    """Tell whether a cell says anything: a number or a text."""
    return cell.order == cell.order or cell in (NOT_REACHED,) if isinstance(cell, Cell) else cell not in ("", None)


def _intervals(rows: pd.DataFrame, name: str, cell: Callable[[Any], Cell], scale: float = 1.0) -> list[Cell]:
    """Return means, with their intervals where they have one."""
    found = []
    for value, *ends in zip(
        *(scale * rows[f"{name}{end}"].astype(float) for end in ("", "_low", "_high")), strict=True
    ):
        around = "" if any(pd.isna(end) for end in ends) else f" [{', '.join(cell(end) for end in ends)}]"
        found.append(Cell(f"{cell(value)}{around}", value))
    return found


def _reached(rows: pd.DataFrame, name: str) -> list[Cell]:
    """Return what it took to reach the target, with how many runs reached it where not all did."""
    found = []
    for value, reached, seeds in zip(rows[name].astype(float), rows["reached"], rows["seeds"], strict=True):
        if pd.isna(reached) or not seeds:
            found.append(number(None))
        elif not reached:
            found.append(Cell(NOT_REACHED, None))
        else:
            some = f" ({reached} of {seeds})" if reached < seeds else ""
            found.append(Cell(f"{number(value)}{some}", value))
    return found


def _change(rows: pd.DataFrame) -> Cell:
    return number(None) if rows.empty else _of(rows.iloc[0])


def _of(row: Any) -> Cell:
    """Return an estimate: of epochs with fewer digits than of a quality."""
    if row.quantity == "best_epoch" and pd.notna(row.estimate):
        return interval(row.estimate, row.low, row.high, "+.1f")
    return estimated(row)


def _means(values: pd.Series, qualities: list[bool]) -> list[Cell]:
    return [
        quality_cell(value) if of else number(value) for value, of in zip(values.astype(float), qualities, strict=True)
    ]
