"""What rebuilding a large study takes: tables, figures and page of 1,000 runs of 100 epochs, from raw files alone.

    python benchmarks/rebuild.py [DATASETS SEEDS EPOCHS]

The raw files are made up, in a temporary folder, and rebuilt by `frugalnet rebuild`. The memory is the largest sum over all of
its processes at a time, and counts what they share several times. The last line is one JSON object.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from _made_runs import made_study

ROOT = Path(__file__).parents[1]
POLL_S = 0.1


def rebuild(results: Path) -> tuple[float, int]:
    """Return the seconds that a rebuild takes, and the most bytes that its processes have in memory."""
    start_s, most = time.perf_counter(), 0
    process = psutil.Popen([sys.executable, "-c", "from frugalnet.cli import app; app()", "rebuild", results], cwd=ROOT)
    while process.poll() is None:
        most = max(most, sum(map(_memory, [process, *process.children(recursive=True)])))
        time.sleep(POLL_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return time.perf_counter() - start_s, most


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    datasets, seeds, epochs = map(int, sys.argv[1:]) if len(sys.argv) > 1 else (4, 5, 100)
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "made"
        results.mkdir()
        runs = made_study(results, datasets, seeds, epochs)
        rebuild_s, most = rebuild(results)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {"runs": runs, "epochs": epochs, "rebuild_s": rebuild_s, "processor_s": usage.ru_utime + usage.ru_stime}
    print(json.dumps(result | {"memory_mib": most / 2**20}))
