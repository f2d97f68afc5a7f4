"""What exporting a large study to MLflow's store in a file takes: 1,000 runs of 100 epochs, from their records alone.

    python benchmarks/tracking.py [--runs 1000] [--epochs 100] [--to mlflow]

The raw files are made up, in a temporary folder, and exported by `frugalnet track`; a second call then finds all of them there. The
last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from math import ceil
from pathlib import Path

from _alone import alone
from _children import processor_s
from _made_runs import ROWS, made_study

from frugalnet.record import paths

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-c", "from frugalnet.cli import app; app()", "track"]


def track(results: Path, tracker: str, said: str) -> tuple[float, float]:
    """Return what an export takes: wall time and CPU time, in seconds. What it prints has to have the numbers that are `said`."""
    start_s, before_s = time.perf_counter(), processor_s()
    done = subprocess.run(
        [*COMMAND, results, "--to", tracker],
        cwd=results.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    took = time.perf_counter() - start_s, processor_s() - before_s
    if said not in done.stdout:
        sys.exit(f"expected {said!r}: {done.stdout}")
    return took


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="number of runs (default 1000)")
    parser.add_argument("--epochs", type=int, default=100, help="of each run (default 100)")
    parser.add_argument("--to", default="mlflow", help="tracker (default mlflow)")
    given = parser.parse_args()
    alone()
    datasets = max(1, min(4, given.runs // ROWS))
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "made"
        results.mkdir()
        made_study(results, datasets, ceil(given.runs / (ROWS * datasets)), given.epochs)
        records = sorted(results.rglob(paths.RECORD))
        for path in records[given.runs :]:
            shutil.rmtree(path.parent)
        runs = min(given.runs, len(records))
        first_s, first_processor_s = track(results, given.to, f" {runs} new, 0 there already, 0 delayed")
        again_s, again_processor_s = track(results, given.to, f" 0 new, {runs} there already, 0 delayed")
    found = {"runs": runs, "epochs": given.epochs, "seconds": first_s, "processor_s": first_processor_s}
    print(json.dumps(found | {"again_s": again_s, "again_processor_s": again_processor_s}))
