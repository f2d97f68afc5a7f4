"""Read raw files into tidy tables."""

from pathlib import Path

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

folder = Path(snakemake.output.csv[0]).parent
asked = {name: snakemake.params[name] for name in ("records", "left_out", "checks")}
given = {"study": str(folder.parent), **asked, "folder": str(folder)}
do(READING, "frugalnet.jobs.tasks:interim", given, snakemake.rule, snakemake.log[0])
