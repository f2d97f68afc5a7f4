"""Get the files of a dataset."""

from pathlib import Path

from frugalnet.config.data import Data
from frugalnet.jobs.job import workflow_job

dataset = snakemake.wildcards.dataset
with workflow_job(snakemake.log[0], f"download {dataset}"):
    from frugalnet.datasets.fetch import fetch

    fetch(dataset, Data.model_validate(snakemake.config["data"]), Path(snakemake.output.manifest).parent)
