"""Find out what the meters of this machine can tell."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import MEASURING

given = {"measure": snakemake.params.measure, "path": snakemake.output.probe}
do(MEASURING, "frugalnet.jobs.tasks:probe", given, snakemake.rule, snakemake.log[0])
