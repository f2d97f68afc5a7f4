# Validation of the configuration, run sheets, and what rules share. No rules.
import gc
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from frugalnet import catalogue, figures
from frugalnet.analysis import selection
from frugalnet.config.reading import read_config, sources_of
from frugalnet.datasets.mirror import check_mirror
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, hold_lock
from frugalnet.fingerprint import FingerprintCache
from frugalnet.jobs import needed, warm
from frugalnet.jobs.job import OWNER
from frugalnet.jobs.measuring_lock import held_to_the_end
from frugalnet.record import paths
from frugalnet.jobs.order import measured_order

min_version("9.27")

# Nearly all objects that Snakemake makes stay until its end: to look for garbage as often as usual takes a fifth of its time.
gc.set_threshold(100_000)

# Jobs end when this process does: see frugalnet/jobs/job.py.
os.environ[OWNER] = str(os.getpid())
# A search in a job is nobody's chief or worker: see frugalnet/jobs/worker.py.
os.environ.pop("KERASTUNER_ORACLE_IP", None)


def files_of_settings():
    """Return the files of settings, the later winning: Snakemake lists those of the command line first."""
    given = workflow.config_settings.configfiles
    usual = workflow.configfiles[len(given) :]
    return (
        given if workflow.config_settings.replace_workflow_config else [*usual, *given]
    )


# In the place of Snakemake's own lock, which outlives a killed workflow (the profile sets `nolock`).
onstart:
    global workflow_lock, measuring_lock, warm_processes
    workflow_lock = hold_lock(
        Path(".snakemake/frugalnet.lock"),
        "another workflow is going on in this folder",
    )
    if workflow.is_main_process and workflow.local_exec:
        threads = threads_of_kinds()
        if warm.MEASURING in threads:
            measuring_lock = held_to_the_end(f"the workflow {settings.name}")
        if settings.measure.warm:
            warm_processes = warm.start(threads)


try:
    settings = read_config(
        sources_of(files_of_settings(), workflow.config_settings.config_args)
    )
    check_mirror(settings.data)
except FrugalNetError as error:
    raise WorkflowError(str(error))
config.update(
    settings.model_dump(mode="json", exclude_unset=True)
    | {"data": settings.data.model_dump(), "carbon": settings.carbon.model_dump()}
)

fingerprint = FingerprintCache(Path(".snakemake/frugalnet.fingerprints")).fingerprint

RESULTS = paths.RESULTS / settings.name
PROBE = RESULTS / paths.METER_PROBE
CARBON_HOURS = [RESULTS / paths.CARBON_HOURS] if settings.carbon.hourly else []
SOURCE = settings.data.source
STUDY = RESULTS / "{study}"
RUN = "{dataset}/{method}/{variant}/seed{seed}"
TABLES = (
    *("frugalnet.analysis", "frugalnet.studies"),
    *("frugalnet.record.windows", "frugalnet.config.run"),
    *("frugalnet.record.co2e", "frugalnet.record.estimate", "frugalnet.config.hours"),
)
DRAWN = (
    *("frugalnet.analysis", "frugalnet.drawing", "frugalnet.figures"),
    "frugalnet.record.windows",
)
WRITTEN = (*DRAWN, "frugalnet.page", "frugalnet.studies")
# Data come while a warm process imports; but a meter or calibration that is named and not there is to stop all before anything
# is downloaded.
DATA_FIRST = 2_000
PROBE_FIRST = (
    1_000
    if settings.measure.meters in ("auto", "none")
    and settings.measure.calibration is None
    else 3_000
)
SHEETS = {
    study: {run.id: run for run in catalogue.resolve(entry.sheet)(settings)}
    for study, entry in catalogue.STUDIES.items()
}
RANKS = {
    study: {run: rank for rank, run in enumerate(order)}
    for study, sheet in SHEETS.items()
    for order in [measured_order(sheet.values(), settings.measure.order_seed)]
}


wildcard_constraints:
    study="|".join(catalogue.STUDIES),
    dataset="|".join(catalogue.DATASETS),
    method="|".join(catalogue.METHODS),
    variant="[^/]+",
    seed=r"\d+",
    trial=r"\d+",


def run_of(wildcards, method=None):
    """Return the row of the run sheet that a job is about; `method` is the one that its rule is for, if it is no wildcard."""
    run = RUN.format(**{"method": method, **wildcards})
    if run not in SHEETS[wildcards.study]:
        raise WorkflowError(
            f"{run} is not on the run sheet of {wildcards.study}: does the configuration name it?"
        )
    return SHEETS[wildcards.study][run]


def of_run(function, method=None):
    """Return a function of a run as one of wildcards.

    Snakemake looks at the signature of such a function several times for each job; that of a `partial` takes twice as long.
    """

    def of_wildcards(wildcards):
        return function(run_of(wildcards, method))

    return of_wildcards


def rank(run):
    """Return the priority of a run, so that runs are measured in their order, after all data are there."""
    return -RANKS[run.study][run.id]


def run_inputs(run):
    """Return what a run starts from."""
    study = RESULTS / run.study
    return with_probe(needed.by_run(run, study, SOURCE), made=paths.raw(study, run.id))


def trial_inputs(wildcards):
    """Return what a trial that is a job of its own starts from."""
    run = trial_of(wildcards)
    study = RESULTS / run.study
    made = paths.trial(study, run.id, wildcards.trial)
    return with_probe(needed.by_trial(run, study, SOURCE), made)


def threads_of_kinds():
    """Return the kinds of warm processes that the jobs which are due can use, with the threads that each of their jobs has."""
    measuring = {*catalogue.METHODS, "probe", "trial"}
    found = {}
    for job in workflow.dag.needrun_jobs():
        kind = warm.MEASURING if job.rule.name in measuring else warm.READING
        if kind not in found:
            found[kind] = job.threads
    return found


def with_probe(inputs, made):
    """Return inputs with the probe, for what is not made yet.

    What is made does not wait for it, so that a new probe re-runs nothing: Snakemake re-runs what has an input that another job
    makes anew, also when it is called ancient.
    """
    return inputs if made.exists() else inputs | {"probe": PROBE}


def trial_of(wildcards):
    """Return the row of the run whose search a trial is of, with what decides about this trial alone."""
    try:
        return needed.trial_row(run_of(wildcards), int(wildcards.trial))
    except FrugalNetError as error:
        raise WorkflowError(str(error))


def row(run):
    """Return a run as a parameter of its job: without defaults, so that a new key re-runs nothing."""
    return run.model_dump(mode="json", exclude_defaults=True)


def asked(study):
    """Return the datasets that are asked for: those named as targets, or else all."""
    return needed.datasets_asked(SHEETS[study].values(), workflow.dag_settings.targets)


def asked_runs(study):
    """Return the runs of the datasets that are asked for."""
    datasets = asked(study)
    return [run for run in SHEETS[study].values() if run.dataset in datasets]


def records_of(study):
    """Return the records of the datasets that are asked for."""
    return [paths.raw(RESULTS / study, run.id) for run in asked_runs(study)]


def selected(study):
    """Return the records that the tables of a study are made of, and the datasets that are left out.

    Beside those asked for, the records are those of datasets that are all there and as the sheet says. They are no input:
    the target of one dataset measures no other.
    """
    return selection.of_sheet(SHEETS[study].values(), RESULTS / study, asked(study))


def own_tables(study):
    """Return the modules that a study's own tables are made by."""
    return [path.partition(":")[0] for path in catalogue.STUDIES[study].tables.values()]


def study_results(study, wildcards):
    """Return what a study is done with; probe, trials and records too, so that a deleted one is missed."""
    folder = RESULTS / study
    return [
        PROBE,
        RESULTS / paths.SETTINGS,
        *CARBON_HOURS,
        *(
            trial
            for run in asked_runs(study)
            for trial in needed.trials_of(run, folder)
        ),
        *records_of(study),
        *(file.with_suffix(".csv") for file in paths.tables(folder).values()),
        folder / paths.PROCESSED / f"{paths.DICTIONARY}.csv",
        *(
            paths.figure(folder, figure, kind, column)
            for figure in catalogue.STUDIES[study].figures
            for column in (False, True)
            for kind in ("svg", "png")
        ),
        folder / paths.PAGE,
    ]
