"""What the workflow itself costs: the fixed part of each run, and a call that finds nothing to do.

    python benchmarks/workflow.py

Reads the quick study, and makes it first where it is not finished. The fixed part of a run is the time of its job, by
Snakemake's own account, less training, search, inference and the three idle brackets around them. The last line is one JSON object.
"""

import base64
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from frugalnet.energy.ledger import SETTLING
from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record

SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
WORK = ("run/train", "run/search", "run/inference")
BRACKETS = 3
CALLS = 5


def fixed_costs(study: Path) -> list[float]:
    """Return the seconds of each run of a study."""
    costs = []
    for path in study.glob(f"raw/**/{RECORD}"):
        key = base64.b64encode(str(path).encode()).decode()
        job = json.loads((Path(".snakemake/metadata") / key).read_text())
        record = read_record(path)
        times_s = {window.name: window.end_s - window.start_s for window in record.windows if window.name in WORK}
        work_s = sum(times_s.values()) + BRACKETS * (1 + SETTLING) * record.run.measure.idle_s
        costs.append(job["endtime"] - job["starttime"] - work_s)
    return costs


def seconds_of_a_call() -> float:
    """Return the wall time of one call of Snakemake."""
    start_s = time.perf_counter()
    subprocess.run(SNAKEMAKE, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_s


if __name__ == "__main__":
    seconds_of_a_call()
    fixed_s, noop_s = fixed_costs(Path("results/quick/compression")), [seconds_of_a_call() for _ in range(CALLS)]
    result = {"runs": len(fixed_s), "fixed_s_median": median(fixed_s), "fixed_s_max": max(fixed_s)}
    print(json.dumps(result | {"noop_s_median": median(noop_s), "noop_s_max": max(noop_s), "calls": CALLS}))
