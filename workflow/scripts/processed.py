"""Make the processed tables, and describe every column."""

from pathlib import Path

from frugalnet.sections import Carbon, Statistics
from frugalnet.workflow_job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.analysis.steps import make_processed

    interim, carbon = map(Path, snakemake.input), Carbon.model_validate(snakemake.params.carbon)
    statistics = Statistics.model_validate(snakemake.params.statistics)
    make_processed(interim, carbon, statistics, Path(snakemake.output.dictionary).parent)
