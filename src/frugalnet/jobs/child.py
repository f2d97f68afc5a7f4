"""A process of its own for what needs TensorFlow, which fixes threads and seeds once in a process."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.job import OWNER, workflow_job

log = logging.getLogger(__name__)


def in_own_process(function: str, given: Mapping[str, Any], name: str, log_file: Path) -> Any:
    """Call `module:attribute` with keywords in a new process, and return what it returns; both are JSON.

    TensorFlow fixes threads and seeds once in a process. What it prints goes to the log alone, progress to the terminal too.
    Raises FrugalNetError where the process fails, which has said why by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        job, answer = Path(folder) / "job.json", Path(folder) / "answer.json"
        asked = {"function": function, "given": given, "name": name, "log": str(log_file), "answer": str(answer)}
        job.write_text(json.dumps(asked | {"spawned_s": time.time()}))
        done = subprocess.run(
            [sys.executable, "-m", "frugalnet.jobs.child", str(job)], env=os.environ | {OWNER: str(os.getpid())}
        )
        if done.returncode or not answer.exists():
            raise FrugalNetError(
                f"{name}: did not come to its end (exit code {done.returncode}); its log is {log_file}"
            )
        return json.loads(answer.read_text())


SPAWNED_S = "FRUGALNET_SPAWNED_S"
"""Variable of a process that has the time of the clock at which it was asked for."""


def main(path: Path) -> None:
    """Do the job that `in_own_process` of another process wrote."""
    job = json.loads(path.read_text())
    os.environ[SPAWNED_S] = str(job["spawned_s"])
    with workflow_job(job["log"], job["name"]):
        answer = catalogue.resolve(job["function"])(**job["given"])
        Path(job["answer"]).write_text(json.dumps(answer, allow_nan=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
