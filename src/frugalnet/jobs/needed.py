"""What runs start from, in the workflow and outside of it: files by the names that `frugalnet.run.inputs_of` reads."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.config.run import Run
from frugalnet.config.weights import named_file
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.record.record import read_record


def by_run(run: Run, study: Path, source: str) -> dict[str, Any]:
    """Return what a run starts from: data, records of its parent, teacher and reference, trials of other jobs.

    Models lie beside their records; a run that got none has a record alone.
    """
    inputs = by_trial(run, study, source)
    if run.parent:
        inputs["parent"] = paths.raw(study, run.parent)
    if run.teacher:
        inputs["teacher"] = paths.raw(study, run.teacher)
    if weights := named_file(run.recipe.weights):
        inputs["weights"] = weights
    if catalogue.METHODS[run.method].chosen:
        inputs["chosen"] = paths.chosen(study)
    if trials := trials_of(run, study):
        inputs["trials"] = trials
    return inputs


def by_trial(run: Run, study: Path, source: str) -> dict[str, Any]:
    """Return what a trial of a run's search starts from: data, and the record of the run that it is compared with."""
    inputs = {"data": paths.card(source, run.dataset)}
    if run.reference:
        inputs["reference"] = paths.raw(study, run.reference)
    return inputs


def without_their_model(sheet: Iterable[Run], study: Path) -> list[Path]:
    """Return the records of runs that others of a sheet start from, and whose model was deleted."""
    of = (each for run in sheet for each in (run.parent, run.teacher, run.reference) if each)
    found = (paths.raw(study, run) for run in dict.fromkeys(of))
    return [path for path in found if path.exists() and not path.with_name(paths.MODEL).exists() and _had_model(path)]


def _had_model(path: Path) -> bool:
    try:
        return read_record(path).model is not None
    except FrugalNetError:
        return False


def trials_of(run: Run, study: Path) -> list[Path]:
    """Return the trials of a run's search that are jobs of their own."""
    jobs = run.nas.trials if run.nas and run.nas.jobs else 0
    return [paths.trial(study, run.id, number) for number in range(jobs)]


def trial_row(run: Run, number: int) -> Run:
    """Return the row of a run with only what decides about one of its trials, so that raising the number of trials just adds some.

    Raises FrugalNetError for a trial that is no job of its own.
    """
    if not (run.nas and run.nas.jobs and number < run.nas.trials):
        raise FrugalNetError(f"{run.id} has no trial {number} that is a job of its own: see nas.jobs and nas.trials")
    nas = run.nas.model_dump(exclude={"winner", "tolerance"}) | {"trials": number + 1}
    return run.model_copy(update={"nas": type(run.nas).model_validate(nas)})


def datasets_asked(sheet: Iterable[Run], targets: Collection[str]) -> list[str]:
    """Return the datasets of a sheet that the targets of the workflow name; all of them if a target is anything else."""
    datasets = list(dict.fromkeys(run.dataset for run in sheet))
    named = bool(targets) and set(targets) <= set(datasets)
    return [dataset for dataset in datasets if dataset in targets] if named else datasets
