# Validation of the configuration, run sheets, and what rules share. No rules.
import gc
import json
import os
import sys
from dataclasses import asdict
from functools import partial
from hashlib import sha256
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
from frugalnet.page import embedded
from frugalnet.record import paths
from frugalnet.jobs.order import measured_order

min_version("9.27")

# Nearly all objects of Snakemake live until its end: collecting garbage at the usual rate takes a fifth of its time.
gc.set_threshold(100_000)

# Jobs end when this process does: see frugalnet/jobs/job.py.
os.environ[OWNER] = str(os.getpid())
# A search in a job is neither chief nor worker: see frugalnet/jobs/worker.py.
os.environ.pop("KERASTUNER_ORACLE_IP", None)


def files_of_settings():
    """Return the files of settings, where later ones win; Snakemake lists those of the command line first."""
    given = workflow.config_settings.configfiles
    usual = workflow.configfiles[len(given) :]
    return (
        given if workflow.config_settings.replace_workflow_config else [*usual, *given]
    )


# This lock replaces Snakemake's own, which outlives a killed workflow (the profile sets `nolock`).
onstart:
    global workflow_lock, measuring_lock, warm_processes
    workflow_lock = hold_lock(
        Path(".snakemake/frugalnet.lock"),
        "another workflow is going on in this folder",
    )
    if workflow.is_main_process:
        check_trackers()
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
    SHEETS = {
        study: {run.id: run for run in catalogue.resolve(entry.sheet)(settings)}
        for study, entry in catalogue.STUDIES.items()
    }
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
# Data are fetched while a warm process imports. But if a meter or calibration is named and missing, the probe has to fail
# before anything is downloaded.
DATA_FIRST = 2_000
PROBE_FIRST = (
    1_000
    if settings.measure.meters in ("auto", "none")
    and settings.measure.calibration is None
    else 3_000
)
EXPORT_FIRST = 500  # right after the run, before the next one
RANKS = {
    study: {run: rank for rank, run in enumerate(order)}
    for study, sheet in SHEETS.items()
    for order in [measured_order(sheet.values(), settings.measure.order_seed)]
}


# Models are no declared outputs, because a run that diverges has none; so Snakemake does not see that one was deleted.
DELETED = {
    str(record)
    for study, sheet in SHEETS.items()
    if workflow.is_main_process
    for record in needed.without_their_model(sheet.values(), RESULTS / study)
}


wildcard_constraints:
    study="|".join(catalogue.STUDIES),
    dataset="|".join(catalogue.DATASETS),
    method="|".join(catalogue.METHODS),
    variant="[^/]+",
    seed=r"\d+",
    trial=r"\d+",


def run_of(wildcards, method=None):
    """Return the row of the run sheet that a job is about; `method` is that of its rule, if it is no wildcard."""
    run = RUN.format(**{"method": method, **wildcards})
    if run not in SHEETS[wildcards.study]:
        raise WorkflowError(
            f"{run} is not on the run sheet of {wildcards.study}: does the configuration name it?"
        )
    return SHEETS[wildcards.study][run]


def of_run(function, method=None):
    """Return a function of a run as a function of wildcards.

    It is no `partial`: Snakemake inspects its signature several times for each job, which takes twice as long for those.
    """

    def of_wildcards(wildcards):
        return function(run_of(wildcards, method))

    return of_wildcards


def rank(run):
    """Return the priority of a run, so that runs are measured in their order, after all data are there."""
    return -RANKS[run.study][run.id]


def run_inputs(run):
    """Return what a run starts from; a run whose deleted model others start from is made anew."""
    study = RESULTS / run.study
    record = paths.raw(study, run.id)
    if str(record) in DELETED:
        workflow.dag.forcefiles.add(str(record))
    return with_probe(needed.by_run(run, study, SOURCE), made=record)


def trial_inputs(wildcards):
    """Return what a trial that is a job of its own starts from."""
    run = trial_of(wildcards)
    study = RESULTS / run.study
    made = paths.trial(study, run.id, wildcards.trial)
    return with_probe(needed.by_trial(run, study, SOURCE), made)


def threads_of_kinds():
    """Return the kinds of warm processes that the due jobs can use, with the number of threads of their jobs."""
    measuring = {*catalogue.METHODS, "probe", "trial"}
    found = {}
    for job in workflow.dag.needrun_jobs():
        kind = warm.MEASURING if job.rule.name in measuring else warm.READING
        if kind not in found:
            found[kind] = job.threads
    return found


def with_probe(inputs, made):
    """Return inputs with the probe, if the output is not made yet.

    For an output that is there, the probe is no input, so that a new probe re-runs nothing: Snakemake re-runs a job if
    another job makes one of its inputs anew, even if that is marked as ancient.
    """
    return inputs if made.exists() else inputs | {"probe": PROBE}


def trial_of(wildcards):
    """Return the row of the run whose search has a trial, with only what decides about this trial."""
    try:
        return needed.trial_row(run_of(wildcards), int(wildcards.trial))
    except FrugalNetError as error:
        raise WorkflowError(str(error))


def row(run):
    """Return a run as a parameter of its job: without defaults, so that a new key re-runs nothing."""
    return run.model_dump(mode="json", exclude_defaults=True)


def asked(study):
    """Return the requested datasets: those named as targets, or else all."""
    return needed.datasets_asked(SHEETS[study].values(), workflow.dag_settings.targets)


def asked_runs(study):
    """Return the runs of the requested datasets."""
    datasets = asked(study)
    return [run for run in SHEETS[study].values() if run.dataset in datasets]


def records_of(study):
    """Return the records of the requested datasets."""
    return [paths.raw(RESULTS / study, run.id) for run in asked_runs(study)]


def selected(study):
    """Return the records that a study's tables are made from, and the datasets that are left out.

    Beside the requested datasets, they include datasets whose runs are all there as the sheet says. Those are no input, so
    that the target of one dataset measures no other.
    """
    return selection.of_sheet(SHEETS[study].values(), RESULTS / study, asked(study))


def listed_runs(study):
    """Return a digest of the runs of a study, with their levels: an own sheet may have changed."""
    listed = [[run.id, run.factors] for run in SHEETS[study].values()]
    return sha256(json.dumps(listed).encode()).hexdigest()


def own_tables(study):
    """Return the modules that make a study's own tables."""
    return [path.partition(":")[0] for path in catalogue.STUDIES[study].tables.values()]


def study_results(study, wildcards):
    """Return the files of a finished study, with probe, trials and records, so that a deleted one is made again."""
    folder = RESULTS / study
    return [
        PROBE,
        RESULTS / paths.SETTINGS,
        *([folder / paths.SHEET] if catalogue.STUDIES[study].listed else []),
        *CARBON_HOURS,
        *(
            trial
            for run in asked_runs(study)
            for trial in needed.trials_of(run, folder)
        ),
        *records_of(study),
        *exports_of(study),
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
