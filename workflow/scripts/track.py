"""Export a finished run, or the figures of a study, to a tracker."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

asked = {name: snakemake.params[name] for name in ("tracker", "results", "place", "experiment", "artifacts")}
given = asked | {"study": snakemake.wildcards.study, "files": list(snakemake.input)}
do(READING, "frugalnet.jobs.tasks:track", given, snakemake.rule, snakemake.log[0])
