"""Read raw files into tidy tables."""

from pathlib import Path

from frugalnet.config.checks import Checks
from frugalnet.jobs.job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.analysis.tables import make_interim

    folder, given = Path(snakemake.output.csv[0]).parent, snakemake.params
    records, checks = [Path(path) for path in given.records], Checks.model_validate(given.checks)
    make_interim(folder.parent, records, given.left_out, checks, folder)
