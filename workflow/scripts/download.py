"""Get the files of a dataset."""

from pathlib import Path

from frugalnet.config import Data
from frugalnet.workflow_job import workflow_job

dataset = snakemake.wildcards.dataset  # noqa: F821
with workflow_job(snakemake.log[0], f"download {dataset}"):  # noqa: F821
    from frugalnet.datasets.fetch import fetch

    fetch(dataset, Data.model_validate(snakemake.params.data), Path(snakemake.output.manifest).parent)  # noqa: F821
