"""Make arrays and splits of a dataset's files."""

from pathlib import Path

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import READING

dataset = snakemake.wildcards.dataset
files, folder = Path(snakemake.input.manifest).parent, Path(snakemake.output.card).parent
given = {"dataset": dataset, "files": str(files), "folder": str(folder)}
do(READING, "frugalnet.jobs.tasks:prepare", given, f"prepare {dataset}", snakemake.log[0])
