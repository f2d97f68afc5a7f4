"""Draw a figure of a study."""

from pathlib import Path

from frugalnet.workflow_job import workflow_job

with workflow_job(snakemake.log[0], snakemake.wildcards.figure):
    from frugalnet import figures
    from frugalnet.analysis import tables

    figure = figures.draw(snakemake.wildcards.figure, tables.read(Path(path) for path in snakemake.input))
    for path in snakemake.output:
        figures.save(figure, Path(path))
