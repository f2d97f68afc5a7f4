"""Make the processed tables, and describe every column."""

from pathlib import Path

from frugalnet.sections import Carbon, Statistics
from frugalnet.workflow_job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.analysis import dictionary, quoted, tables

    interim = tables.read(Path(path) for path in snakemake.input)
    carbon = Carbon.model_validate(snakemake.params.carbon)
    statistics = Statistics.model_validate(snakemake.params.statistics)
    made = quoted.processed_tables(interim, carbon, statistics)
    tables.write(made, Path(snakemake.output.dictionary).parent)
    dictionary.data_dictionary(interim | made).to_csv(snakemake.output.dictionary, index=False)
