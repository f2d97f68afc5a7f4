"""The rows of tables that a measured run leaves beside its record: epochs of a training, trials of a search; and how they are written."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
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
"""Types of columns, with what reads their values, and these in words."""


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training: a row of `epochs.csv`; its energy is that of its window."""

    window: str
    epoch: int
    loss: float
    quality: float
    validation_loss: float
    validation_quality: float
    sparsity: float | None


@dataclass(frozen=True)
class Trial:
    """One network that a search tried: a row of `trials.csv`; None: not known.

    `quality` is that on validation data: of the best epoch, or where the trial prunes, of the last. Columns that end in
    `_compacted`, and the latency, are of the network after compaction: without pruning, the network itself.
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
    """The same over that of the baseline's compacted model, measured in turn."""
    train_energy_j: float | None
    """Energy of its training alone, which the objective sees."""
    energy_j: float | None
    """Energy of the whole trial, over the devices that the run's totals are over."""
    duration_s: float
    epochs: int
    batch_size: int | None
    winner: bool
    window: str
    """`run/search/trial<n>`; `trials/trial<n>` where it was tried in another process: before a kill, or in a job of its own."""
    hyperparameters: str
    """JSON: what the tuner chose."""
    parts: str
    """JSON: what each part adds to the objective."""
    reason: str | None
    """Why it failed."""


def write_csv(rows: Sequence[Epoch | Trial], path: Path) -> None:
    """Write rows, of which there is one at least, below a line with their columns."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def read_csv(path: Path, row: type[Epoch | Trial]) -> dict[str, list[Any]]:
    """Return the columns of a file of `write_csv`, those of `row`; one that may be None, and is not there, is None.

    Raises FrugalNetError for another header, for what is no number, and for a file without rows.
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
    """Return what the values of a field are made by; of `int | None`, `int`."""
    return next((kind for kind in KINDS if kind in (annotation, *get_args(annotation))), str)


def _values(path: Path, name: str, texts: Sequence[str], kind: type, needed: bool) -> list[Any]:
    """Return what the texts of a column mean; empty ones None, where they are not `needed`."""
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
