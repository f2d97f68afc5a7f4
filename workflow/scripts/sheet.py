"""Write the run sheet of a study as a table."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

given = {name: snakemake.params[name] for name in ("study", "section")} | {"path": snakemake.output[0]}
do(READING, "frugalnet.jobs.tasks:sheet", given, snakemake.rule, snakemake.log[0])
