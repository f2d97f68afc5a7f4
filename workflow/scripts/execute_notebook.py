"""Execute a study's notebook, and render it as a page."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

given = {name: snakemake.input[name] for name in ("source", "template")}
given |= {name: snakemake.output[name] for name in ("notebook", "page")}
do(READING, "frugalnet.jobs.tasks:page", given, snakemake.rule, snakemake.log[0])
