"""Find out what the meters of this machine can tell."""

from pathlib import Path

from frugalnet.sections import Measure
from frugalnet.workflow_job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.measure.probe import probe_machine

    probe_machine(Measure.model_validate(snakemake.params.measure)).write(Path(snakemake.output.probe))
