"""Get the files of a dataset."""

from pathlib import Path

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

dataset, folder = snakemake.wildcards.dataset, Path(snakemake.output.manifest).parent
given = {"dataset": dataset, "data": snakemake.config["data"], "folder": str(folder)}
do(READING, "frugalnet.jobs.tasks:download", given, f"download {dataset}", snakemake.log[0])
