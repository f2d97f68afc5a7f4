"""Do one trial of a search."""

from pathlib import Path

from frugalnet.config.run import Run
from frugalnet.jobs.job import workflow_job
from frugalnet.record.probe import read_probe

run, number = Run.model_validate(snakemake.params.run), int(snakemake.wildcards.trial)
with workflow_job(snakemake.log[0], run.id):
    from frugalnet.jobs.trial import do_trial
    from frugalnet.run import inputs_of

    probe = read_probe(Path(snakemake.params.probe))
    do_trial(run, number, inputs_of(snakemake.input), probe, Path(snakemake.output.trial))
