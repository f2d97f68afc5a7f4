"""What runs start from, in the workflow and outside of it: files by the names that `frugalnet.run.inputs_of` reads."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths


def by_run(run: Run, study: Path, source: str) -> dict[str, Any]:
    """Return what a run starts from: data, records and models of its parent, teacher and reference, trials of other jobs."""
    inputs = by_trial(run, study, source)
    if run.parent:
        inputs |= {"parent": paths.raw(study, run.parent), "model": paths.raw(study, run.parent, paths.MODEL)}
    if run.teacher:
        inputs |= {
            "teacher": paths.raw(study, run.teacher),
            "teacher_model": paths.raw(study, run.teacher, paths.MODEL),
        }
    if trials := trials_of(run, study):
        inputs["trials"] = trials
    return inputs


def by_trial(run: Run, study: Path, source: str) -> dict[str, Any]:
    """Return what a trial of a run's search starts from: data, and record and model of the run that it is compared with."""
    inputs = {"data": paths.card(source, run.dataset)}
    if run.reference:
        inputs |= {
            "reference": paths.raw(study, run.reference),
            "reference_model": paths.raw(study, run.reference, paths.MODEL),
        }
    return inputs


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
