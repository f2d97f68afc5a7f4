# Validation of the configuration, run sheets and paths. No rules.
import os
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version, validate

from frugalnet import catalogue, figures
from frugalnet.files import hold_lock
from frugalnet.record import record
from frugalnet.analysis import selection
from frugalnet.datasets.mirror import check_mirror
from frugalnet.errors import FrugalNetError
from frugalnet.fingerprint import fingerprint
from frugalnet.record.probe import METER_PROBE
from frugalnet.studies.order import measured_order
from frugalnet.config.reading import SETTINGS, read_config, sources_of
from frugalnet.jobs.job import OWNER

min_version("9.27")

# Jobs end when this process does: see frugalnet/workflow_job.py.
os.environ[OWNER] = str(os.getpid())
# A search in a job is nobody's chief or worker: see frugalnet/search_worker.py.
os.environ.pop("KERASTUNER_ORACLE_IP", None)


# In the place of Snakemake's own lock, which outlives a killed workflow (the profile sets `nolock`).
onstart:
    global workflow_lock
    workflow_lock = hold_lock(
        Path(".snakemake/frugalnet.lock"),
        "another workflow is going on in this folder",
    )


try:
    settings = read_config(
        config, sources_of(workflow.configfiles, workflow.config_settings.config)
    )
    check_mirror(settings.data)
except FrugalNetError as error:
    raise WorkflowError(str(error))
config.update(
    settings.model_dump(mode="json", exclude_unset=True)
    | {"data": settings.data.model_dump(), "carbon": settings.carbon.model_dump()}
)
validate(config, "../schemas/config.schema.json", set_default=False)

INTERIM = ["runs", "windows", "epochs", "trials", "timelines", "problems", "probe"]
PROCESSED = ["comparison", "statistics", "pareto", "break_even", "claims"]
RESULTS = Path("results") / settings.name
PROBE = RESULTS / METER_PROBE
DATA = Path("data") / settings.data.source
DATA_FIRST = 1_000
PROBE_FIRST = 2_000
SHEETS = {
    study: {run.id: run for run in catalogue.resolve(entry.sheet)(settings)}
    for study, entry in catalogue.STUDIES.items()
}
ORDER = {
    study: measured_order(sheet.values(), settings.measure.order_seed)
    for study, sheet in SHEETS.items()
}


wildcard_constraints:
    study="|".join(catalogue.STUDIES),
    dataset="|".join(catalogue.DATASETS),
    method="|".join(catalogue.METHODS),
    variant="[^/]+",
    seed=r"\d+",
    trial=r"\d+",


def run_of(wildcards):
    """Return the row of the run sheet that a job is about."""
    run = f"{wildcards.dataset}/{wildcards.method}/{wildcards.variant}/seed{wildcards.seed}"
    if run not in SHEETS[wildcards.study]:
        raise WorkflowError(
            f"{run} is not on the run sheet of {wildcards.study}: does the configuration name it?"
        )
    return SHEETS[wildcards.study][run]


def rank_of(wildcards):
    """Return the priority of a run, so that runs are measured in their order, after all data are there."""
    return -ORDER[wildcards.study].index(run_of(wildcards).id)


def raw(study, run, file=record.RECORD):
    """Return the path of a raw file of a run."""
    return RESULTS / study / "raw" / run / file


def run_inputs(wildcards):
    """Return what a run starts from: its dataset, record and model of its parent, trials that are jobs of their own."""
    run = run_of(wildcards)
    inputs = inputs_before(run, made=raw(run.study, run.id))
    if run.parent:
        inputs["parent"] = raw(run.study, run.parent)
        inputs["model"] = raw(run.study, run.parent, record.MODEL)
    if run.nas and run.nas.jobs:
        inputs["trials"] = [trial_file(run, number) for number in range(run.nas.trials)]
    return inputs


def inputs_before(run, made):
    """Return what a run, or a trial of its search, starts from, but for the parent and the trials.

    What is not made yet waits for the probe too. What is does not, so that a new probe re-runs nothing: Snakemake re-runs what
    has an input that another job makes anew, also when it is called ancient.
    """
    inputs = {
        "data": DATA / "prepared" / run.dataset / "dataset.json",
    }
    if not made.exists():
        inputs["probe"] = PROBE
    if run.reference:
        inputs["reference"] = raw(run.study, run.reference)
    return inputs


def trial_of(wildcards):
    """Return the row of the run whose search a trial is of, with what decides about this trial alone.

    So a raised number of trials only adds some.
    """
    run, number = run_of(wildcards), int(wildcards.trial)
    if not (run.nas and run.nas.jobs and number < run.nas.trials):
        raise WorkflowError(
            f"{run.id} has no trial {number} that is a job of its own: see nas.jobs and nas.trials"
        )
    nas = run.nas.model_dump(exclude={"winner", "tolerance"}) | {"trials": number + 1}
    return run.model_copy(update={"nas": type(run.nas).model_validate(nas)})


def trial_file(run, number):
    """Return the path of a trial that is a job of its own."""
    return RESULTS / run.study / "trials" / run.id / f"{number}.json"


def trial_inputs(wildcards):
    """Return what a trial that is a job of its own starts from."""
    run = trial_of(wildcards)
    return inputs_before(run, made=trial_file(run, wildcards.trial))


def datasets_of(study):
    """Return the datasets that are asked for: those named as targets, or else all on the run sheet."""
    datasets = list(dict.fromkeys(run.dataset for run in SHEETS[study].values()))
    targets = set(workflow.dag_settings.targets)
    return (
        [dataset for dataset in datasets if dataset in targets]
        if targets and targets <= set(datasets)
        else datasets
    )


def records_of(study):
    """Return the records of the datasets that are asked for."""
    return [
        raw(study, run.id)
        for run in SHEETS[study].values()
        if run.dataset in datasets_of(study)
    ]


def trials_of(study):
    """Return the trials that are jobs of their own, of the datasets that are asked for."""
    return [
        trial_file(run, number)
        for run in SHEETS[study].values()
        if run.nas and run.nas.jobs and run.dataset in datasets_of(study)
        for number in range(run.nas.trials)
    ]


def selected(study):
    """Return the records that the tables of a study are made of, and the datasets that are left out.

    Beside those asked for, the records are those of datasets that are all there and as the sheet says. They are no input:
    the target of one dataset measures no other.
    """
    return selection.of_sheet(
        SHEETS[study].values(), RESULTS / study / "raw", datasets_of(study)
    )


def study_results(study, wildcards):
    """Return what a study is done with; probe, trials and records too, so that a deleted one is missed."""
    folder = RESULTS / study
    return [
        PROBE,
        RESULTS / SETTINGS,
        *trials_of(study),
        *records_of(study),
        *[folder / "interim" / f"{table}.csv" for table in INTERIM],
        *[
            folder / "processed" / f"{table}.csv"
            for table in (*PROCESSED, "data_dictionary")
        ],
        *[
            folder / "figures" / f"{figure}{width}.{kind}"
            for figure in catalogue.STUDIES[study].figures
            for width in ("", figures.COLUMN)
            for kind in ("svg", "png")
        ],
        folder / "analysis.html",
    ]
