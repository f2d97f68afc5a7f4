"""Do one measured run."""

from pathlib import Path

from frugalnet.jobs.door import do
from frugalnet.jobs.warm import MEASURING
from frugalnet.record.paths import METER_PROBE

at = snakemake.wildcards
study = Path(snakemake.params.study)
given = {
    "run": snakemake.params.run,
    "inputs": dict(snakemake.input.items()),
    "probe": str(study.parent / METER_PROBE),
    "carbon": snakemake.config["carbon"],
    "study": str(study),
}
name = f"{at.dataset}/{snakemake.rule}/{at.variant}/seed{at.seed}"
do(MEASURING, "frugalnet.jobs.tasks:run", given, name, snakemake.log[0])
