"""What the workflow itself costs: the fixed part of each run, and a call that finds nothing to do.

    python benchmarks/workflow.py [FOLDER [OTHER]]

It reads the quick study of a checkout (this one by default), and first finishes it if needed; another checkout is
compared with it, call by call in turn. The fixed part of a run is the time of its job, by Snakemake's own account, less
training, search, inference and the three idle brackets around them. The last line is one JSON object.
"""

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from _alone import alone

from frugalnet.energy.ledger import SETTLING
from frugalnet.record.paths import RECORD

SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
WORK = re.compile(r"run/(train|search|inference)(~\d+)?")  # `joint` trains twice
BRACKETS = 3
CALLS = 5


def fixed_costs(folder: Path) -> list[float]:
    """Return the seconds of the fixed part of each run of a checkout's quick study."""
    costs = []
    for path in (folder / "results/quick/compression").glob(f"raw/**/{RECORD}"):
        key = base64.b64encode(str(path.relative_to(folder)).encode()).decode()
        job, record = (json.loads(file.read_text()) for file in (folder / ".snakemake/metadata" / key, path))
        times_s = {
            each["name"]: each["end_s"] - each["start_s"] for each in record["windows"] if WORK.fullmatch(each["name"])
        }
        brackets_s = BRACKETS * (1 + SETTLING) * record["run"]["measure"]["idle_s"]
        costs.append(job["endtime"] - job["starttime"] - sum(times_s.values()) - brackets_s)
    return costs


def seconds_of_a_call(folder: Path) -> float:
    """Return the wall time of one call of Snakemake."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    start_s = time.perf_counter()
    subprocess.run(SNAKEMAKE, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_s


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path()], metavar="FOLDER")
    folders = [folder.resolve() for folder in parser.parse_args().folders]
    alone()
    for folder in folders:
        seconds_of_a_call(folder)
    calls = [[seconds_of_a_call(folder) for folder in folders] for _ in range(CALLS)]
    found = []
    for folder, noop_s in zip(folders, zip(*calls, strict=True), strict=True):
        fixed_s = fixed_costs(folder)
        found.append(
            {
                "runs": len(fixed_s),
                "fixed_s_median": round(median(fixed_s), 2),
                "fixed_s_max": round(max(fixed_s), 2),
                "noop_s_median": round(median(noop_s), 2),
                "calls": CALLS,
            }
        )
    print(json.dumps(found[0] | {"beside": found[1:]} if found[1:] else found[0]))
