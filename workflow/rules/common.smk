# Validation of the configuration, run sheets and paths. No rules.
import os
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version, validate

from frugalnet import catalogue, locks, record
from frugalnet.datasets.mirror import check_mirror
from frugalnet.errors import FrugalNetError
from frugalnet.fingerprint import fingerprint
from frugalnet.validation import read_config, sources_of
from frugalnet.workflow_job import OWNER

min_version("9.27")

# Jobs end when this process does: see frugalnet/workflow_job.py.
os.environ[OWNER] = str(os.getpid())


# In the place of Snakemake's own lock, which outlives a killed workflow (the profile sets `nolock`).
onstart:
    global workflow_lock
    workflow_lock = locks.hold(
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
    | {"data": settings.data.model_dump()}
)
validate(config, "../schemas/config.schema.json", set_default=False)

INTERIM = ["runs", "windows", "epochs", "trials"]
RESULTS = Path("results") / settings.name
DATA = Path("data") / settings.data.source
SHEETS = {
    study: {run.id: run for run in catalogue.resolve(entry.sheet)(settings)}
    for study, entry in catalogue.STUDIES.items()
}


wildcard_constraints:
    study="|".join(catalogue.STUDIES),
    dataset="|".join(catalogue.DATASETS),
    method="|".join(catalogue.METHODS),
    variant="[^/]+",
    seed=r"\d+",


def run_of(wildcards):
    """Return the row of the run sheet that a job is about."""
    run = f"{wildcards.dataset}/{wildcards.method}/{wildcards.variant}/seed{wildcards.seed}"
    if run not in SHEETS[wildcards.study]:
        raise WorkflowError(
            f"{run} is not on the run sheet of {wildcards.study}: does the configuration name it?"
        )
    return SHEETS[wildcards.study][run]


def rank_of(wildcards):
    """Return the priority of a run: runs are measured in the order of their sheet, after all data are there."""
    return -list(SHEETS[wildcards.study]).index(run_of(wildcards).id)


def raw(study, run, file=record.RECORD):
    """Return the path of a raw file of a run."""
    return RESULTS / study / "raw" / run / file


def run_inputs(wildcards):
    """Return what a run starts from: its dataset, and record and model of its parent."""
    run = run_of(wildcards)
    inputs = {"data": DATA / "prepared" / run.dataset / "dataset.json"}
    if run.parent:
        inputs["parent"] = raw(run.study, run.parent)
        inputs["model"] = raw(run.study, run.parent, record.MODEL)
    return inputs


def datasets_of(study):
    """Return the datasets that the tables of a study are about.

    All on its run sheet; or, when the targets on the command line are datasets, those, and those whose runs are all there:
    so one dataset's target makes tables and figures without waiting for the others, and leaves none out that is done.
    """
    sheet = SHEETS[study].values()
    datasets = list(dict.fromkeys(run.dataset for run in sheet))
    targets = set(workflow.dag_settings.targets)
    if not targets or not targets <= set(datasets):
        return datasets
    missing = {run.dataset for run in sheet if not raw(study, run.id).exists()}
    return [
        dataset for dataset in datasets if dataset in targets or dataset not in missing
    ]


def records_of(study):
    """Return the records that a study's tables are made of."""
    datasets = datasets_of(study)
    return [
        raw(study, run.id) for run in SHEETS[study].values() if run.dataset in datasets
    ]


def study_results(study, wildcards):
    """Return what a study is done with; the records too, so that a deleted one is missed."""
    folder = RESULTS / study
    figures = catalogue.STUDIES[study].figures
    return [
        *records_of(study),
        *[folder / "interim" / f"{table}.csv" for table in INTERIM],
        *[
            folder / "processed" / f"{table}.csv"
            for table in ("comparison", "data_dictionary")
        ],
        *[
            folder / "figures" / f"{figure}.{kind}"
            for figure in figures
            for kind in ("svg", "png")
        ],
        folder / "analysis.html",
    ]
