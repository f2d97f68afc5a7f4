"""Do one measured run."""

from pathlib import Path

from frugalnet.config import Run
from frugalnet.meter_probe import METER_PROBE, read_probe
from frugalnet.sections import Carbon
from frugalnet.workflow_job import workflow_job

run = Run.model_validate(snakemake.params.run)
with workflow_job(snakemake.log[0], run.id):
    from frugalnet.run import execute, inputs_of

    study, carbon = Path(snakemake.params.study), Carbon.model_validate(snakemake.config["carbon"])
    execute(run, inputs_of(snakemake.input), read_probe(study.parent / METER_PROBE), carbon, study)
