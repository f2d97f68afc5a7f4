"""Draw a figure of a study, for two columns of print and for one."""

from pathlib import Path

from frugalnet.jobs.job import workflow_job

with workflow_job(snakemake.log[0], snakemake.wildcards.figure):
    from frugalnet import figures
    from frugalnet.analysis import tables

    name, found = snakemake.wildcards.figure, tables.read(Path(path) for path in snakemake.input)
    drawn = {column: figures.draw(name, found, column) for column in (False, True)}
    for path in map(Path, snakemake.output):
        figures.save(drawn[path.stem != name], path)
