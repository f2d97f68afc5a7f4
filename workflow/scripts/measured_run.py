"""Do one measured run."""

from pathlib import Path

from frugalnet.config.carbon import Carbon
from frugalnet.config.run import Run
from frugalnet.jobs.job import workflow_job
from frugalnet.record.paths import METER_PROBE
from frugalnet.record.probe import read_probe

run = Run.model_validate(snakemake.params.run)
with workflow_job(snakemake.log[0], run.id):
    from frugalnet.run import execute, inputs_of

    study, carbon = Path(snakemake.params.study), Carbon.model_validate(snakemake.config["carbon"])
    execute(run, inputs_of(snakemake.input), read_probe(study.parent / METER_PROBE), carbon, study)
