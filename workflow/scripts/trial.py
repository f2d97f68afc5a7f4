"""Do one trial of a search."""

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import MEASURING

at = snakemake.wildcards
given = {
    "run": snakemake.params.run,
    "number": int(at.trial),
    "inputs": dict(snakemake.input.items()),
    "probe": snakemake.params.probe,
    "path": snakemake.output.trial,
}
name = f"{at.dataset}/{at.method}/{at.variant}/seed{at.seed}"
do(MEASURING, "frugalnet.jobs.tasks:trial", given, name, snakemake.log[0])
