"""Do one trial of a search."""

from pathlib import Path

from frugalnet.config import Run
from frugalnet.meter_probe import read_probe
from frugalnet.workflow_job import workflow_job

run, number = Run.model_validate(snakemake.params.run), int(snakemake.wildcards.trial)
with workflow_job(snakemake.log[0], run.id):
    from frugalnet.run import inputs_of
    from frugalnet.trial_job import do_trial

    probe = read_probe(Path(snakemake.params.probe))
    do_trial(run, number, inputs_of(snakemake.input), probe, Path(snakemake.output.trial))
