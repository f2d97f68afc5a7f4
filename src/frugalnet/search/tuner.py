"""The tuners of AutoKeras and KerasTuner, around trials of our own, and the one place for what has to be worked around in them.

Worked around (tests/model/test_tuner_libraries.py tells when a library has changed it):
- AutoKeras' own `search` copies callbacks deeply, repeats them, trains the winner on validation data too or for one epoch,
  swallows failures, and is the only one to name the hyperparameters: here they are named, KerasTuner's loop is called, a trial
  makes its callbacks itself, and says why it failed;
- it halves the batch for want of memory without telling its caller: a trial notes the batch size and books each attempt;
- three failures in a row end a search, which a hard limit brings about soon;
- the greedy tuner draws from NumPy's global generator, so what it proposes would depend on what trainings draw;
- a tuner that is killed while it writes its files cannot read them again, and grid search forgets its place: nothing is
  reloaded, a tuner begins anew and is told the trials that are written down here;
- Bayesian optimization begins with more random trials than a search here has;
- a seed of 0 is none.
"""

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from autokeras.auto_model import get_tuner_class
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FailedTrialError, FatalError

from frugalnet.config.nas import Nas
from frugalnet.energy import Ledger
from frugalnet.search.kept import KeptTrial, read_kept, trial_file
from frugalnet.search.objective import NAME
from frugalnet.search.trial import Task, try_network


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
        found = self._kept(int(trial.trial_id), trial.hyperparameters).trial
        # What was tried, which the tuner may not have proposed this time: workers learn of each other's trials by chance.
        trial.hyperparameters.values = json.loads(found.hyperparameters)
        if found.objective is None:
            raise FailedTrialError(found.reason)
        return {NAME: found.objective}

    def _kept(self, number: int, hp: Any) -> KeptTrial:
        """Return a trial that is written down, by another process even, or do it and write it."""
        path = trial_file(self.folder, number)
        if number not in self.done and path.exists():
            self.done |= read_kept([path], self.ledger)
        if number not in self.done:
            self.done[number] = try_network(self.task, number, hp, self.ledger)
            try:
                self.done[number].write(path)
            except OSError as error:
                raise FatalError(f"{path}: {error}") from error  # any other one would pass for a failed trial
        return self.done[number]

    def _populate_initial_space(self) -> None:
        """Name all hyperparameters, which AutoKeras leaves to its own search."""
        BaseTuner._populate_initial_space(self)


def make_tuner(task: Task, ledger: Ledger, folder: Path, done: dict[int, KeptTrial], state: Path) -> Any:
    """Return the configured tuner. `folder` is that of the trials, `done` has some of them; `state` is for the tuner's own files."""
    nas = task.nas
    base = keras_tuner.GridSearch if nas.tuner == "grid" else get_tuner_class(nas.tuner)
    attributes = {"task": task, "ledger": ledger, "folder": folder, "done": done}
    tuner = type(base.__name__, (BookedTrials, base), attributes)(
        hypermodel=Networks(task),
        objective=keras_tuner.Objective(NAME, "max" if task.objective.sign > 0 else "min"),
        max_trials=nas.trials,
        seed=task.seed + 1,  # 0 means "no seed" there
        directory=state,
        project_name="tuner",
        **_budget(nas),
    )
    tuner.oracle.verbose = 0
    tuner.oracle.max_consecutive_failed_trials = nas.trials + 1
    return tuner


def _budget(nas: Nas) -> dict[str, int]:
    """Return what tells a tuner how much there is to spend, where it would think of far more."""
    if nas.tuner == "hyperband":
        return {"max_epochs": nas.epochs, "hyperband_iterations": nas.trials}
    if nas.tuner == "bayesian":  # else three trials at random for each hyperparameter
        return {"num_initial_points": max(2, nas.trials // 3)}
    return {}


def run_tuner(task: Task, ledger: Ledger, folder: Path, done: dict[int, KeptTrial]) -> None:
    """Do the trials that are not in `done`, and add them; as the chief of several tuners, hand them out."""
    with tempfile.TemporaryDirectory() as state:
        BaseTuner.search(make_tuner(task, ledger, folder, done, Path(state)))


def proposals(task: Task, count: int) -> list[keras_tuner.HyperParameters]:
    """Return what random or grid search tries first, fewer where it finds no more; no result decides what comes next."""
    with tempfile.TemporaryDirectory() as state:
        oracle = make_tuner(task, Ledger([]), Path(state), {}, Path(state)).oracle
        found: list[keras_tuner.HyperParameters] = []
        while len(found) < count:
            trial = oracle.create_trial(f"tuner{len(found)}")
            if trial.status == TrialStatus.STOPPED:
                break
            found.append(trial.hyperparameters)
            trial.status = TrialStatus.FAILED
            oracle.end_trial(trial)  # grid search goes on from trials that have ended
        return found
