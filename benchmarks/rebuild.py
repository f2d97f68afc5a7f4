"""What rebuilding a large study takes: tables, figures and page of 1,000 runs of 100 epochs, from raw files alone.

    python benchmarks/rebuild.py [--runs 1000] [--epochs 100] [--against COMMIT]

The raw files are made up, in a temporary folder, and rebuilt by `frugalnet rebuild`. With `--against`, another commit
then rebuilds the same files, and its numbers begin with `against_`. The memory is the largest sum over all processes at
any time, with shared memory counted once. There are 50 runs per dataset and seed. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from _alone import alone
from _children import processor_s
from _made_runs import ROWS, made_study

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-c", "from frugalnet.cli import app; app()", "rebuild"]
POLL_S = 0.1


def rebuild(results: Path, source: Path) -> dict[str, float]:
    """Return the cost of a rebuild by the code in a checkout: wall time, CPU time, and peak memory of all its processes."""
    start_s, before_s, most = time.perf_counter(), processor_s(), 0
    process = psutil.Popen([*COMMAND, results], cwd=source, env=os.environ | {"PYTHONPATH": str(source / "src")})
    while process.poll() is None:
        most = max(most, sum(map(_memory, [process, *process.children(recursive=True)])))
        time.sleep(POLL_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    seconds = time.perf_counter() - start_s
    return {"seconds": seconds, "processor_s": processor_s() - before_s, "peak_mib": most / 2**20}


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def checkout(commit: str, folder: Path) -> Path:
    """Return a folder with the files of a commit."""
    subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", ROOT, folder], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, default=1000, help=f"rounded to {ROWS} for each dataset and seed (default 1000)"
    )
    parser.add_argument("--epochs", type=int, default=100, help="of each run (default 100)")
    parser.add_argument("--against", metavar="COMMIT", help="a commit whose rebuild is measured too")
    given = parser.parse_args()
    alone()
    datasets = max(1, min(4, given.runs // ROWS))
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "made"
        results.mkdir()
        seeds = max(1, round(given.runs / (ROWS * datasets)))
        found = {"runs": made_study(results, datasets, seeds, given.epochs), "epochs": given.epochs}
        found |= rebuild(results, ROOT)
        if given.against:
            other = rebuild(results, checkout(given.against, Path(folder) / "against"))
            found |= {f"against_{name}": value for name, value in other.items()}
    print(json.dumps(found))
