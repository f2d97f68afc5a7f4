"""Make the processed tables, and describe every column."""

from pathlib import Path

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

asked = {name: snakemake.params[name] for name in ("study", "carbon", "statistics", "section")}
given = {**asked, "interim": list(snakemake.input), "folder": str(Path(snakemake.output.dictionary).parent)}
do(READING, "frugalnet.jobs.tasks:processed", given, snakemake.rule, snakemake.log[0])
