"""What a measured run leaves in its raw folder: the names of the files, and `record.json`, read, written and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow
import pyarrow.parquet
from pydantic import BaseModel, ConfigDict, ValidationError

from frugalnet.config import Run
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing

RECORD = "record.json"
TIMELINE = "timeline.parquet"
WINDOWS = "windows.parquet"
EPOCHS = "epochs.csv"
TRIALS = "trials.csv"
MODEL = "model.keras"
ALWAYS = (RECORD, TIMELINE, WINDOWS, EPOCHS, MODEL)
"""Files that every finished run has; a search leaves TRIALS too."""


class Part(BaseModel):
    """A part of the record: closed, so that a record of another version is refused rather than half understood."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Parent(Part):
    """The run that this one started from, and its model."""

    id: str
    model_sha256: str


class WindowEntry(Part):
    """A window of the ledger on one device; `energy_uj` = the `energy_uj` of the windows inside + `gap_uj`."""

    name: str
    parent: str | None
    device: str | None
    start_s: float
    end_s: float
    energy_uj: int | None
    gap_uj: int | None
    source: str | None


class Energy(Part):
    """Where the energies of the record come from."""

    meter: str | None = None
    device: str | None = None
    scope: str | None = None
    source: str | None = None
    assumptions: dict[str, Any] = {}
    reason: str | None = None
    """Why there is no energy."""


class Model(Part):
    """Size of the saved model."""

    parameters: int
    """Trainable parameters."""
    parameters_nonzero: int
    model_bytes: int
    """Size of `model.keras`, without the optimizer."""
    sha256: str


class Inference(Part):
    """Inference at one batch size."""

    batch_size: int
    batches: int
    latency_ms: float
    """Median over the batches."""
    latency_iqr_ms: float
    throughput_per_s: float
    energy_per_inference_j: float | None


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training: a row of `epochs.csv`. Duration and energy are those of training, without validation."""

    window: str
    epoch: int
    loss: float
    quality: float
    validation_loss: float
    validation_quality: float
    sparsity: float | None
    duration_s: float
    energy_uj: int | None


@dataclass(frozen=True)
class Trial:
    """One network that a search tried: a row of `trials.csv`. `quality` is the best of its epochs, on validation data."""

    trial: int
    status: str
    objective: float | None
    quality: float | None
    parameters: int | None
    epochs: int
    batch_size: int | None
    duration_s: float
    energy_uj: int | None
    window: str
    hyperparameters: str
    reason: str | None


class Record(Part):
    """All that is known of a run."""

    run: Run
    status: Literal["complete", "failed"]
    error: str | None = None
    started: str
    """UTC, ISO 8601."""
    parents: list[Parent]
    data: dict[str, Any]
    """Card of the prepared dataset: source, level, sizes, files with checksums."""
    quality: dict[str, float] = {}
    """`test_<metric>`, `validation_<metric>`, `train_...` of the final model, measured outside every window."""
    model: Model | None = None
    inference: list[Inference] = []
    energy: Energy
    windows: list[WindowEntry]
    machine: dict[str, Any]
    software: dict[str, Any]
    files: dict[str, str] = {}
    """sha256 of the other files in the folder."""

    def write(self, folder: Path) -> None:
        """Write `record.json` into the folder, in one piece."""
        with replacing(folder / RECORD) as new:
            new.write_text(json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n")


def read_record(path: Path) -> Record:
    """Return the record in a file; raises FrugalNetError for one that is torn or of another layout."""
    try:
        return Record.model_validate_json(path.read_text())
    except (ValidationError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        place = ".".join(map(str, first["loc"])) or "file"
        raise FrugalNetError(
            f"{path}: not a record of this version of FrugalNet ({place}: {first['msg']}); delete its folder to make the run anew"
        ) from None


def write_parquet(columns: dict[str, list[Any]], path: Path) -> None:
    """Write columns of equal length as a parquet file."""
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
