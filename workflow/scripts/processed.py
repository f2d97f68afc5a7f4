"""Make the processed tables, and describe every column."""

from pathlib import Path

from frugalnet.config.carbon import Carbon
from frugalnet.config.statistics import Statistics
from frugalnet.jobs.job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.analysis.tables import make_processed

    interim, carbon = map(Path, snakemake.input), Carbon.model_validate(snakemake.params.carbon)
    statistics = Statistics.model_validate(snakemake.params.statistics)
    make_processed(snakemake.params.study, interim, carbon, statistics, Path(snakemake.output.dictionary).parent)
