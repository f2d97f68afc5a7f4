"""Networks that stand for those which a search will try: what its tuner proposes while nothing is known of their quality."""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from keras_tuner import HyperParameters
from keras_tuner.engine.trial import TrialStatus

from frugalnet.config.nas import Weights
from frugalnet.config.run import Run
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.measure.operations import macs
from frugalnet.measure.size import count_parameters
from frugalnet.search.objective import NAME
from frugalnet.search.search import task_of
from frugalnet.search.trial import Task
from frugalnet.search.tuner import make_tuner

PROPOSALS = 24
"""Networks from which on no more are built to choose from."""
PROBED = 3
"""Networks that are chosen."""


def search_task(run: Run, data: Data) -> Task:
    """Return the task of a search that weighs nothing: there is no baseline yet to compare with."""
    assert run.nas
    return task_of(run.model_copy(update={"nas": run.nas.model_copy(update={"weights": Weights()})}), data, None)


def proposed(task: Task, seeds: int) -> tuple[list[tuple[int, HyperParameters]], float]:
    """Return some proposals of the tuner, spread over their multiply-accumulates, each with these, and the part that is above a limit.

    The tuner is told objectives drawn at random, for several seeds, in place of those of trainings.
    """
    fitting: list[tuple[int, HyperParameters]] = []
    count = 0
    for seed in range(seeds):
        if count >= PROPOSALS:
            break
        for hp, size in _search(task, seed):
            count += 1
            fitting += [] if size is None else [(size, hp)]
    if not fitting:
        raise FrugalNetError(
            f"{task.space}: none of {count} proposals is within nas.max_parameters and nas.max_macs; expected some: raise them"
        )
    fitting.sort(key=lambda each: each[0])
    parts = min(PROBED, len(fitting))
    chosen = [fitting[(2 * part + 1) * len(fitting) // (2 * parts)] for part in range(parts)]
    return chosen, 1 - len(fitting) / count


def _search(task: Task, seed: int) -> Iterator[tuple[HyperParameters, int | None]]:
    """Yield what a search with a seed tries, each with its multiply-accumulates; None for those above a limit."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        tuner = make_tuner(replace(task, seed=seed), Ledger([]), Path(folder), {}, Path(folder))
        for number in range(task.nas.trials):
            tuner.pre_create_trial()
            trial = tuner.oracle.create_trial(f"tuner{number}")
            if trial.status != TrialStatus.RUNNING:
                return
            size = _size(task, trial.hyperparameters)
            yield trial.hyperparameters, size
            if size is not None:
                tuner.oracle.update_trial(trial.trial_id, {NAME: draw.random()})
            trial.status = TrialStatus.FAILED if size is None else TrialStatus.COMPLETED
            tuner.oracle.end_trial(trial)


def _size(task: Task, hp: HyperParameters) -> int | None:
    """Return the multiply-accumulates of a network, None where it is above a limit, or they are not known."""
    model = task.build(hp)
    size = macs(model).dense
    sizes = ((count_parameters(model), task.nas.max_parameters), (size, task.nas.max_macs))
    return None if any(limit is not None and (value is None or value > limit) for value, limit in sizes) else size or 0
