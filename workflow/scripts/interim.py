"""Read raw files into tidy tables."""

from pathlib import Path

from frugalnet.workflow_job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):  # noqa: F821
    from frugalnet.analysis import interim, tables

    found = interim.read_study([Path(path) for path in snakemake.input.records], Path(snakemake.params.failed))  # noqa: F821
    tables.write(found, Path(snakemake.output.csv[0]).parent)  # noqa: F821
