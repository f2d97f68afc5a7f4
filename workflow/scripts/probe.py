"""Find out what the meters of this machine can tell."""

from pathlib import Path

from frugalnet.config.measure import Measure
from frugalnet.jobs.job import workflow_job

with workflow_job(snakemake.log[0], snakemake.rule):
    from frugalnet.jobs.probe import probe_machine

    probe_machine(Measure.model_validate(snakemake.params.measure)).write(Path(snakemake.output.probe))
