"""What is done to get a model: one short file per method, named in the catalogue.

A method is a function from a `Job` to a `Result`. It opens its own windows in the job's ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from frugalnet.backend import keras
from frugalnet.config.run import Run
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.measure.reference import Reference
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import Epoch, Trial


@dataclass(frozen=True)
class Job:
    """The input of a method; `start` is the parent's model, None where the method has no parent.

    `reference` is the run that `run.reference` names, `teacher` the model of the run that `run.teacher` names, `parent`
    the raw folder of the parent. `work` is a folder that outlives a killed process.
    """

    run: Run
    data: Data
    start: keras.Model | None
    ledger: Ledger
    work: Path
    reference: Reference | None = None
    tried: Sequence[Path] = ()
    """Trials of a search that were done by jobs of their own."""
    teacher: keras.Model | None = None
    parent: Path | None = None


@dataclass(frozen=True)
class Result:
    """The output of a method: the trained model, a row per epoch of the final training, a row per trial of a search.

    `windows` are those of trials that another process did; they belong beside `run`.
    """

    model: keras.Model
    epochs: list[Epoch]
    trials: list[Trial] = field(default_factory=list)
    windows: list[WindowEntry] = field(default_factory=list)
