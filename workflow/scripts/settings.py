"""Write down the settings that results are made with."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

given = {"settings": snakemake.params.settings, "hours": next(iter(snakemake.input), None), "path": snakemake.output[0]}
do(READING, "frugalnet.jobs.tasks:settings", given, snakemake.rule, snakemake.log[0])
