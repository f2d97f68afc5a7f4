"""The tuners of AutoKeras and KerasTuner, around our own trials, and the only place that works around their problems.

Worked around (tests/model/test_tuner_libraries.py tells when a library has changed it):
- AutoKeras' own `search` copies callbacks deeply, repeats them, trains the winner on validation data too or for one epoch,
  swallows failures, and alone registers the hyperparameters: here they are registered, KerasTuner's loop is called, and a
  trial makes its own callbacks and says why it failed;
- it halves the batch when memory is too small without telling its caller: a trial notes the batch size and books each attempt;
- three failures in a row end a search, which happens soon with a hard limit: the number is raised;
- the greedy tuner draws from NumPy's global generator, so what it proposes would depend on what trainings draw;
- a tuner that is killed while it writes its files cannot read them again, and grid search forgets its place: nothing is
  reloaded; a new tuner is told the trials that are kept here;
- Bayesian optimization begins with more random trials than a search has here: their number is set;
- a seed of 0 means no seed: seeds start at 1.
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
    """The networks of a space, in the form that tuners need."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.build = task.build

    def save(self, path: str) -> None:
        """Write nothing where AutoKeras writes its graph of blocks, because a space is code with a version."""


class BookedTrials:
    """Mix-in for tuners: a trial is booked in the ledger and written when it ends, and is not repeated if it was written before.

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
        # The tuner may have proposed other values this time: workers learn of each other's trials by chance.
        trial.hyperparameters.values = json.loads(found.hyperparameters)
        if found.objective is None:
            raise FailedTrialError(found.reason)
        return {NAME: found.objective}

    def _kept(self, number: int, hp: Any) -> KeptTrial:
        """Return a trial that is written already, even by another process, or do it and write it."""
        path = trial_file(self.folder, number)
        if number not in self.done and path.exists():
            self.done |= read_kept([path], self.ledger)
        if number not in self.done:
            self.done[number] = try_network(self.task, number, hp, self.ledger)
            try:
                self.done[number].write(path)
            except OSError as error:
                raise FatalError(f"{path}: {error}") from error  # any other error would count as a failed trial
        return self.done[number]

    def _populate_initial_space(self) -> None:
        """Register all hyperparameters, which AutoKeras leaves to its own search."""
        BaseTuner._populate_initial_space(self)


def make_tuner(task: Task, ledger: Ledger, folder: Path, done: dict[int, KeptTrial], state: Path) -> Any:
    """Return the configured tuner; `folder` has the trials, `done` some of them, and `state` the tuner's own files."""
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
    """Return the budget for tuners that would otherwise assume far more."""
    if nas.tuner == "hyperband":
        return {"max_epochs": nas.epochs, "hyperband_iterations": nas.trials}
    if nas.tuner == "bayesian":  # the default is three random trials per hyperparameter
        return {"num_initial_points": max(2, nas.trials // 3)}
    return {}


def run_tuner(task: Task, ledger: Ledger, folder: Path, done: dict[int, KeptTrial]) -> None:
    """Do the trials that are not in `done`, and add them; as the chief of several tuners, hand them out."""
    with tempfile.TemporaryDirectory() as state:
        BaseTuner.search(make_tuner(task, ledger, folder, done, Path(state)))


def proposals(task: Task, count: int) -> list[keras_tuner.HyperParameters]:
    """Return what random or grid search tries first, fewer if it finds no more; their proposals do not depend on results."""
    with tempfile.TemporaryDirectory() as state:
        oracle = make_tuner(task, Ledger([]), Path(state), {}, Path(state)).oracle
        found: list[keras_tuner.HyperParameters] = []
        while len(found) < count:
            trial = oracle.create_trial(f"tuner{len(found)}")
            if trial.status == TrialStatus.STOPPED:
                break
            found.append(trial.hyperparameters)
            trial.status = TrialStatus.FAILED
            oracle.end_trial(trial)  # grid search continues from ended trials
        return found
