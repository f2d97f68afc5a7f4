"""Read raw files into tidy tables."""

from pathlib import Path

from frugalnet.workflow_job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.analysis import interim, tables

    found = interim.read_study([Path(path) for path in snakemake.params.records], Path(snakemake.params.failed))
    tables.write(found, Path(snakemake.output.csv[0]).parent)
