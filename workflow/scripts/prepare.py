"""Make arrays and splits of a dataset's files."""

from pathlib import Path

from frugalnet.jobs.job import workflow_job

dataset = snakemake.wildcards.dataset
with workflow_job(snakemake.log[0], f"prepare {dataset}"):
    from frugalnet.datasets.prepared import prepare

    prepare(dataset, Path(snakemake.input.manifest).parent, Path(snakemake.output.card).parent)
