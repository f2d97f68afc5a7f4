"""Draw a figure of a study, for two columns of print and for one."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

name = snakemake.wildcards.figure
given = {"name": name, "tables": list(snakemake.input), "paths": list(snakemake.output)}
do(READING, "frugalnet.jobs.tasks:figure", given, name, snakemake.log[0])
