"""The tuners of AutoKeras and KerasTuner, around trials of our own, and the one place for what has to be worked around in them.

Worked around (tests/model/test_tuner.py tells when a library has changed it):
- AutoKeras' own `search` copies callbacks deeply, repeats them, trains the winner on validation data too or for one epoch, and
  swallows failures: here KerasTuner's loop is called, a trial makes its callbacks itself, and says why it failed;
- three failures in a row end a search, which a hard limit brings about soon;
- the greedy tuner draws from NumPy's global generator, so what it proposes would depend on what trainings draw;
- a tuner reloads its trials only if it has the name of the one that wrote them.
"""

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from autokeras.auto_model import get_tuner_class
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FailedTrialError
from keras_tuner.src.distribute.utils import has_chief_oracle, is_chief_oracle

from frugalnet.energy import Ledger
from frugalnet.search.kept import TRIALS, KeptTrial
from frugalnet.search.objective import NAME
from frugalnet.search.trial import Task, try_network

TUNER_ID = "KERASTUNER_TUNER_ID"


class Networks(keras_tuner.HyperModel):
    """The networks of a space, as tuners want them."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.build = task.build

    def save(self, path: str) -> None:
        """Write nothing, where AutoKeras writes its graph of blocks: a space is code, with a version."""


class BookedTrials:
    """Mix-in for tuners: a trial is booked in the ledger, written down when it ends, and not repeated when it was before.

    A tuner that is copied shares task, ledger and files.
    """

    task: Task
    ledger: Ledger
    folder: Path
    done: dict[int, KeptTrial]

    def pre_create_trial(self) -> None:
        tried = len(getattr(self.oracle, "trials", ()))  # type: ignore[attr-defined]
        np.random.seed(random.Random(f"{self.task.seed} {tried}").getrandbits(32))

    def run_trial(self, trial: Any, **_: Any) -> dict[str, float]:
        number = int(trial.trial_id)
        if number not in self.done:
            kept = try_network(self.task, number, trial.hyperparameters, self.ledger)
            kept.write(self.folder / f"trial{number}.json")
            self.done[number] = kept
        found = self.done[number].trial
        if found.objective is None:
            raise FailedTrialError(found.reason)
        return {NAME: found.objective}

    def _populate_initial_space(self) -> None:
        """Name all hyperparameters, which AutoKeras leaves to its own search; or take up what another tuner left."""
        if Path(self.oracle._get_oracle_fname()).exists():  # type: ignore[attr-defined]
            self.oracle.reload()  # type: ignore[attr-defined]
        else:
            BaseTuner._populate_initial_space(self)


def make_tuner(task: Task, ledger: Ledger, folder: Path, done: dict[int, KeptTrial]) -> Any:
    """Return the configured tuner; it goes on with what it left in the folder. `done` are trials that are there already."""
    nas = task.nas
    base = keras_tuner.GridSearch if nas.tuner == "grid" else get_tuner_class(nas.tuner)
    attributes = {"task": task, "ledger": ledger, "folder": folder / TRIALS, "done": done}
    tuner = type(base.__name__, (BookedTrials, base), attributes)(
        hypermodel=Networks(task),
        objective=keras_tuner.Objective(NAME, "max" if task.objective.sign > 0 else "min"),
        max_trials=nas.trials,
        seed=task.seed + 1,  # 0 means "no seed" there
        directory=folder,
        project_name="tuner" if not has_chief_oracle() or is_chief_oracle() else f"tuner-{os.environ[TUNER_ID]}",
        **({"max_epochs": nas.epochs, "hyperband_iterations": nas.trials} if nas.tuner == "hyperband" else {}),
    )
    tuner.oracle.verbose = 0
    tuner.oracle.max_consecutive_failed_trials = nas.trials + 1
    return tuner


def run_tuner(tuner: Any) -> None:
    """Do the trials that are left; as the chief of several tuners, hand them out."""
    BaseTuner.search(tuner)


def proposals(task: Task, count: int) -> list[keras_tuner.HyperParameters]:
    """Return what random or grid search tries first, fewer where the space has no more; no result decides what comes next."""
    with tempfile.TemporaryDirectory() as folder:
        oracle = make_tuner(task, Ledger([]), Path(folder), {}).oracle
        found: list[keras_tuner.HyperParameters] = []
        while len(found) < count:
            trial = oracle.create_trial(f"tuner{len(found)}")
            if trial.status == TrialStatus.STOPPED:
                break
            found.append(trial.hyperparameters)
            trial.status = TrialStatus.FAILED
            oracle.end_trial(trial)  # grid search goes on from trials that have ended
        return found
