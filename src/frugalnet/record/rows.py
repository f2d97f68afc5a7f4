"""The rows of the CSV files that a measured run leaves beside its record: epochs of a training, trials of a search."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal


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


def winning_hyperparameters(trials: Path) -> dict[str, Any]:
    """Return the hyperparameters of the trial that won a search, from its `trials.csv`."""
    with trials.open(newline="") as file:
        winner = next(row for row in csv.DictReader(file) if row["winner"] == "True")
    return dict(json.loads(winner["hyperparameters"]))
