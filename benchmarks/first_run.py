"""How long a newcomer waits, by phases: from a fresh clone to the page of the quick study.

    python benchmarks/first_run.py [--against COMMIT] [--keep FOLDER]

It clones the last commit, and makes its environment and its quick study; with `--against`, another commit first.
`--keep` leaves the clones in a folder, for benchmarks/workflow.py. It needs what `make run` needs. The last line is one
JSON object.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

from _alone import alone

ROOT = Path(__file__).parents[1]
POLL_S = 0.05


def first_run(commit: str, folder: Path) -> dict[str, float]:
    """Return the seconds of each phase in a clone; `first_run_s` is from the start of the workflow to the first finished run."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=folder, check=True)
    start_s = time.perf_counter()
    subprocess.run(["make", "env"], cwd=folder, check=True)
    ready_s = time.perf_counter()
    with (folder / "first_run.log").open("w") as log:
        workflow = subprocess.Popen([".venv/bin/snakemake", "--cores", "1"], cwd=folder, stdout=log, stderr=log)
        first_s = None
        while workflow.poll() is None:
            if first_s is None and records(folder):
                first_s = time.perf_counter()
            time.sleep(POLL_S)
    end_s = time.perf_counter()
    if workflow.returncode or first_s is None:
        raise SystemExit(f"{commit}: the workflow failed; its log is {folder / 'first_run.log'} (see --keep)")
    return {
        "total_s": round(end_s - start_s, 1),
        "environment_s": round(ready_s - start_s, 1),
        "workflow_s": round(end_s - ready_s, 1),
        "first_run_s": round(first_s - ready_s, 1),
        "runs": len(records(folder)),
    }


def records(folder: Path) -> list[Path]:
    """Return the records of finished runs."""
    return list(folder.glob("results/*/*/raw/**/record.json"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="COMMIT", help="commit whose numbers are printed for comparison")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="folder that the clones stay in")
    given = parser.parse_args()
    alone()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        found = {name: first_run(name, folder / name) for name in filter(None, (given.against, "HEAD"))}
    result = found["HEAD"]
    if given.against:
        before = found[given.against]
        result |= {"before": before, "workflow_ratio": round(result["workflow_s"] / before["workflow_s"], 3)}
    print(json.dumps(result))
