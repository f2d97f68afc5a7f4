"""What rebuilding a large study takes: tables, figures and page of 1,000 runs of 100 epochs, from raw files alone.

    python benchmarks/rebuild.py [DATASETS SEEDS EPOCHS]

The raw files are made up, in a temporary folder, and rebuilt by the command `frugalnet rebuild` in a process of its own. Its
memory is that of the largest of its processes; the kernel of the notebook is one. The last line is one JSON object.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _made_runs import made_study

ROOT = Path(__file__).parents[1]


def rebuild(results: Path) -> float:
    """Return the seconds that a rebuild takes."""
    start_s = time.perf_counter()
    command = [sys.executable, "-c", "from frugalnet.cli import app; app()", "rebuild", str(results)]
    subprocess.run(command, check=True, cwd=ROOT)
    return time.perf_counter() - start_s


if __name__ == "__main__":
    datasets, seeds, epochs = map(int, sys.argv[1:]) if len(sys.argv) > 1 else (4, 5, 100)
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "made"
        results.mkdir()
        runs = made_study(results, datasets, seeds, epochs)
        rebuild_s = rebuild(results)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {"runs": runs, "epochs": epochs, "rebuild_s": rebuild_s, "processor_s": usage.ru_utime + usage.ru_stime}
    print(json.dumps(result | {"memory_mib": usage.ru_maxrss / 1024}))
