"""Networks that stand for those that a search will try: what its tuner proposes before any quality is known."""

import random
from collections.abc import Iterator
from dataclasses import replace

from keras_tuner import HyperParameters
from keras_tuner.engine.trial import TrialStatus

from frugalnet.config.nas import Weights
from frugalnet.config.run import Run
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.measure.memory import activation_bytes
from frugalnet.measure.operations import macs
from frugalnet.measure.size import count_parameters
from frugalnet.search.objective import NAME
from frugalnet.search.search import task_of
from frugalnet.search.trial import Task
from frugalnet.search.tuner import make_tuner

Size = tuple[int, int]
"""Bytes of activations of a sample, and multiply-accumulates."""
SEEDS, PROPOSALS = 4, 4
"""Number of searches whose first networks are built to choose from, and number of networks of each."""
PROBED, FEW = 3, 2
"""Number of networks that are chosen, and the number in a quick forecast."""


def search_task(run: Run, data: Data) -> Task:
    """Return the task of a search that weighs no costs, because there is no baseline yet to compare with."""
    assert run.nas
    return task_of(run.model_copy(update={"nas": run.nas.model_copy(update={"weights": Weights()})}), data, None)


def proposed(task: Task, number: int) -> tuple[list[HyperParameters], float]:
    """Return some of the tuner's proposals, spread over the size of their activations, and the fraction above a limit.

    Activations matter because a network with large ones takes several times as long as a dense one with as many
    multiply-accumulates. The tuner is told random objectives instead of results of trainings, and several seeds are
    tried, because what a search proposes next depends on both.
    """
    fitting: list[tuple[Size, HyperParameters]] = []
    count = 0
    for seed in range(SEEDS):
        for hp, size in _search(task, seed):
            count += 1
            fitting += [] if size is None else [(size, hp)]
    if not fitting:
        raise FrugalNetError(
            f"{task.space}: none of {count} proposals is within nas.max_parameters and nas.max_macs; expected some: raise them"
        )
    fitting.sort(key=lambda each: each[0])
    parts = min(number, len(fitting))
    chosen = [fitting[(2 * part + 1) * len(fitting) // (2 * parts)][1] for part in range(parts)]
    return chosen, 1 - len(fitting) / count


def _search(task: Task, seed: int) -> Iterator[tuple[HyperParameters, Size | None]]:
    """Yield what a search with a seed tries, each with its size; None for networks above a limit."""
    draw = random.Random(seed)
    with scratch() as folder:
        tuner = make_tuner(replace(task, seed=seed), Ledger([]), folder, {}, folder)
        for number in range(min(PROPOSALS, task.nas.trials)):
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


def _size(task: Task, hp: HyperParameters) -> Size | None:
    """Return the size of a network; None where it is above a limit or not known."""
    model = task.build(hp)
    operations = macs(model).dense
    sizes = ((count_parameters(model), task.nas.max_parameters), (operations, task.nas.max_macs))
    if any(limit is not None and (value is None or value > limit) for value, limit in sizes):
        return None
    return activation_bytes(model, 1) or 0, operations or 0
