"""Search for an architecture, in the ledger's window `search`: trials one after the other, and the choice of the winner."""

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keras_tuner import HyperParameters

from frugalnet import catalogue
from frugalnet.config.nas import Nas
from frugalnet.config.run import Run
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import DivergedError, FrugalNetError, OutOfMemoryError, WithoutModelError
from frugalnet.files import replacing
from frugalnet.measure.reference import Reference
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import Trial
from frugalnet.search.kept import SEARCH, TRIALS, KeptTrial, own_trials, read_kept, trial_file
from frugalnet.search.objective import Objective, costs_of_baseline
from frugalnet.search.trial import TOO_LARGE, Task, try_network
from frugalnet.search.tuner import proposals, run_tuner

log = logging.getLogger(__name__)

ABOUT = "search.json"
"""File in a search's folder that identifies the search."""


@dataclass(frozen=True)
class Found:
    """What a search found: the winner's hyperparameters, a row per trial, and the windows of trials that other processes did."""

    winner: HyperParameters
    trials: list[Trial]
    windows: list[WindowEntry]


def task_of(run: Run, data: Data, reference: Reference | None) -> Task:
    """Return what all trials of a run's search have in common."""
    assert run.nas is not None
    sign = 1 if catalogue.DATASETS[run.dataset].metric == "accuracy" else -1
    objective = Objective(run.nas.weights, costs_of_baseline(reference.record) if reference else None, sign)
    space = catalogue.space_name(run.dataset, run.nas.space)
    about = {
        "run": run.model_dump(exclude={"nas": {"winner", "tolerance"}}),
        "data": data.card,
        "reference": {name: getattr(objective.reference, name) for name in objective.weighted},
    }
    return Task(data, space, run.nas, run.recipe, run.seed, objective, reference, run.pruning, json.dumps(about))


def search(task: Task, ledger: Ledger, folder: Path, tried: Sequence[Path] = ()) -> Found:
    """Do the remaining trials, and choose the winner; raises FrugalNetError when every trial failed.

    Trials are done already if `tried` names their files (each was a job of its own), or if `folder` has them from the
    same search, stopped before.
    """
    paths = tried or _resumed(folder, task)
    done = read_kept(paths, ledger)
    windows = [window for kept in done.values() for window in kept.windows]
    if done and not tried:
        log.info("going on with %d trials that are there", len(done))
    with ledger.window("search"):
        if not tried:
            _try_the_rest(task, ledger, folder / TRIALS, done)
    trials = [kept.trial for _, kept in sorted(done.items())]
    try:
        winner = pick(trials, task.nas, task.objective.sign)
    except WithoutModelError:
        raise  # with its trials, which are the result
    except FrugalNetError as error:
        if tried:
            raise FrugalNetError(f"{error} To try them anew, delete {tried[0].parent}.") from None
        (folder / ABOUT).unlink()  # the next try starts over: with these trials it could only fail again
        raise
    chosen = HyperParameters()
    chosen.values = json.loads(winner.hyperparameters)
    return Found(chosen, [replace(trial, winner=trial is winner) for trial in trials], windows)


def so_far(run: Run, ledger: Ledger, folder: Path, tried: Sequence[Path] = ()) -> tuple[list[Trial], list[WindowEntry]]:
    """Return the trials of a run that got no model, and the windows of those that other processes did.

    The other arguments are those of `search`. There is a winner if the search came to its end.
    """
    assert run.nas is not None
    began = {window.name for window in ledger.windows}
    if not tried and f"run/{SEARCH}" not in began:  # trials that are there may be of another search
        return [], []
    own = [] if tried else own_trials(folder / TRIALS, ledger)
    there = {trial_file(folder / TRIALS, trial.trial) for trial in own}
    kept = read_kept(tried or set((folder / TRIALS).glob("*.json")) - there, ledger)
    trials = sorted([*own, *(each.trial for each in kept.values())], key=lambda trial: trial.trial)
    if "run/build" in began:
        winner = pick(trials, run.nas, catalogue.DATASETS[run.dataset].sign)
        trials = [replace(trial, winner=trial is winner) for trial in trials]
    return trials, [window for each in kept.values() for window in each.windows]


def pick(trials: Sequence[Trial], nas: Nas, sign: int) -> Trial:
    """Return the winner, the first of equal trials.

    Raises DivergedError or OutOfMemoryError when every trial ended in this way, FrugalNetError when every trial failed.
    """
    complete = [trial for trial in trials if trial.objective is not None]
    if not complete:
        for kind in (DivergedError, OutOfMemoryError):
            if all((trial.reason or "").startswith(kind.begins) for trial in trials):
                raise kind(what="in every trial of the search")
        raise FrugalNetError(_all_failed(trials, nas))
    if nas.winner == "objective":
        return max(complete, key=lambda trial: sign * (trial.objective or 0))
    best = max(sign * (trial.quality or 0) for trial in complete)
    good = [trial for trial in complete if sign * (trial.quality or 0) >= best - nas.tolerance]
    return min(good, key=lambda trial: trial.parameters_compacted or 0)


def prepare(folder: Path, task: Task) -> None:
    """Make the folder of a search, or empty one that another search left; a folder of the same search stays as it is."""
    if is_search_of(folder, task):
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / TRIALS).mkdir(parents=True)
    with replacing(folder / ABOUT) as new:
        new.write_text(task.about)


def is_search_of(folder: Path, task: Task) -> bool:
    """Tell whether a folder belongs to exactly this search."""
    path = folder / ABOUT
    return path.exists() and path.read_text() == task.about


def _resumed(folder: Path, task: Task) -> list[Path]:
    """Return the trials in the folder of a search."""
    prepare(folder, task)
    return list((folder / TRIALS).glob("*.json"))


def _try_the_rest(task: Task, ledger: Ledger, folder: Path, done: dict[int, KeptTrial]) -> None:
    if task.nas.tuner not in ("random", "grid"):
        run_tuner(task, ledger, folder, done)
        return
    for number, hp in enumerate(proposals(task, task.nas.trials)):
        if number not in done:
            done[number] = try_network(task, number, hp, ledger)
            done[number].write(trial_file(folder, number))


def _all_failed(trials: Sequence[Trial], nas: Nas) -> str:
    reasons = "; ".join(f"trial {trial.trial}: {trial.reason}" for trial in trials)
    limits = ", ".join(
        f"nas.{name} = {value}" for name in ("max_parameters", "max_macs") if (value := getattr(nas, name)) is not None
    )
    limits = limits if TOO_LARGE in reasons else ""
    return f"all trials of the search failed ({reasons}); expected at least one trained network." + (
        f" Is {limits} too small for the space {nas.space!r}?" if limits else ""
    )
