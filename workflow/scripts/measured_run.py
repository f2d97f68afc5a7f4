"""Do one measured run."""

from pathlib import Path

from frugalnet.config import Run
from frugalnet.workflow_job import workflow_job

run = Run.model_validate(snakemake.params.run)  # noqa: F821
with workflow_job(snakemake.log[0], run.id):  # noqa: F821
    from frugalnet.run import execute

    record = Path(snakemake.output.record)  # noqa: F821
    parent = Path(snakemake.input.parent).parent if run.parent else None  # noqa: F821
    execute(run, Path(snakemake.input.data).parent, parent, Path(snakemake.params.study))  # noqa: F821
