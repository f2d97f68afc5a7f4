"""Execute a study's notebook, and render it as a page."""

from pathlib import Path

from frugalnet.jobs.job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.page import notebook

    executed, page = map(Path, snakemake.output)
    notebook.execute(Path(snakemake.input.source), executed.parent, executed)
    notebook.render(executed, Path(snakemake.input.template), page)
