"""Choose recipes from the results of a study."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

asked = {name: snakemake.params[name] for name in ("study", "section", "checks")}
given = {**asked, "records": list(snakemake.input), "path": snakemake.output[0]}
do(READING, "frugalnet.jobs.tasks:chosen", given, snakemake.rule, snakemake.log[0])
