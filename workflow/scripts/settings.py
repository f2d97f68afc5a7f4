"""Write down the settings that results are made with."""

from pathlib import Path

from frugalnet.config.reading import write_settings
from frugalnet.jobs.job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    write_settings(snakemake.params.settings, Path(snakemake.output[0]))
