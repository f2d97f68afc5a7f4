"""The tables that a run leaves with its record: epochs of a training and trials of a search, written and read."""

import csv
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args

from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

KINDS: dict[type, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: ({"True": True, "False": False}.__getitem__, "True or False"),
    str: (str, "a text"),
}
"""Types of columns: the function that reads a value, and the type in words."""


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training: a row of `epochs.csv`; its energy is in its window."""

    window: str
    epoch: int
    loss: float
    quality: float
    validation_loss: float
    validation_quality: float
    sparsity: float | None
    batch_size: int | None = None
    """Where it grows; the column is there only then."""
    learning_rate: float | None = None
    """Of the epoch's last step."""
    energy_j: float | None = None
    """Energy of the epoch's window with all inside it; in the log of a run that stands for levels of factors, like what follows."""
    power_w: float | None = None
    """Mean power."""
    temperature_c: float | None = None
    utilization: float | None = None


READINGS = ("energy_j", "power_w", "temperature_c", "utilization")
"""Columns of an epoch that say what the meters read."""


@dataclass(frozen=True)
class Trial:
    """One network that a search tried: a row of `trials.csv`; None: not known.

    `quality` is measured on validation data, in the best epoch or, if the trial prunes, in the last. Columns that end in
    `_compacted`, and the latency, describe the network after compaction; without pruning that is the network itself.
    """

    trial: int
    status: Literal["complete", "failed"]
    objective: float | None
    quality: float | None
    parameters: int | None
    parameters_compacted: int | None
    macs: int | None
    macs_compacted: int | None
    latency_ms: float | None
    """Median time of a single sample."""
    latency_ratio: float | None
    """That time over the time of the baseline's compacted model, measured in turn."""
    train_energy_j: float | None
    """Energy of the training alone, which the objective uses."""
    energy_j: float | None
    """Energy of the whole trial, over the devices of the run's totals."""
    duration_s: float
    epochs: int
    batch_size: int | None
    winner: bool
    window: str
    """`run/search/trial<n>`; `trials/trial<n>` if another process did the trial: before a kill, or as a job of its own."""
    hyperparameters: str
    """JSON: what the tuner chose."""
    parts: str
    """JSON: contribution of each part to the objective."""
    reason: str | None
    """Why the trial failed."""


def write_csv(rows: Sequence[Epoch | Trial], path: Path, kept: Collection[str] = ()) -> None:
    """Write at least one row below a header of the columns.

    A column with a default is left out where no row differs from it, unless it is one of those `kept`.
    """
    names = [
        field.name
        for field in fields(rows[0])
        if field.default is MISSING
        or field.name in kept
        or any(getattr(row, field.name) != field.default for row in rows)
    ]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def read_csv(path: Path, row: type[Epoch | Trial]) -> dict[str, list[Any]]:
    """Return the columns of a file of `write_csv`, as `row` names them; a missing column that may be None is filled with None.

    Raises FrugalNetError for other columns, for values of another type, and for a file without rows.
    """
    kinds = {field.name: kind_of(field.type) for field in fields(row)}
    needed = {field.name for field in fields(row) if NoneType not in get_args(field.type)}
    expected = f"a table with the columns {','.join(kinds)}"
    with reading(path, expected), path.open(newline="", encoding="utf-8") as file:
        header, *lines = [*csv.reader(file, strict=True)] or [[]]
        if len(header) != len(set(header)) or not needed <= set(header) <= kinds.keys() or not lines:
            raise FrugalNetError(f"{path}: has other columns, or no rows; expected {expected}")
        cells = dict(zip(header, zip(*lines, strict=True), strict=True))
    empty = [None] * len(lines)
    return {
        name: _values(path, name, cells[name], kind, name in needed) if name in cells else empty
        for name, kind in kinds.items()
    }


def kind_of(annotation: Any) -> type:
    """Return the type of a field's values; `int` for `int | None`."""
    return next((kind for kind in KINDS if kind in (annotation, *get_args(annotation))), str)


def _values(path: Path, name: str, texts: Sequence[str], kind: type, needed: bool) -> list[Any]:
    """Return the values of a column's texts; an empty text is None unless the column is `needed`."""
    read, expected = KINDS[kind]
    found: list[Any] = []
    try:
        for text in texts:
            found.append(read(text) if text or needed else None)
    except (ValueError, KeyError):
        told = f"{name} = {texts[len(found)][:60]!r}"
        raise FrugalNetError(f"{path}, row {len(found) + 1}: {told}; expected {expected}") from None
    return found


def write_parquet(columns: dict[str, list[Any]], path: Path) -> None:
    """Write columns of equal length as a parquet file."""
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def winning_hyperparameters(trials: Path) -> dict[str, Any]:
    """Return the hyperparameters of the trial that won a search, from its `trials.csv`."""
    found = read_csv(trials, Trial)
    with reading(trials, "one trial that won, with its hyperparameters"):
        return dict(json.loads(found["hyperparameters"][found["winner"].index(True)]))
