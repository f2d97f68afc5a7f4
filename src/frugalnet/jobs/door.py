"""The door to a job's process: a warm process forks a child for the job, or the job starts cold, with the same result."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.jobs import warm
from frugalnet.jobs.job import OWNER, QUIET, perform
from frugalnet.jobs.warm import handing_on


def do(kind: str, function: str, given: Mapping[str, Any], name: str, log: str) -> None:
    """Do a job of the workflow: call `module:attribute` with keywords that are JSON, and end this process as the job ends.

    `kind` is the kind of warm process that has imported what the function needs; without one, this process does the
    job.
    """
    job = _job(function, given, name, log)
    try:
        status = warm.ask(kind, job)
    except warm.NotWarmError as error:
        os.environ |= job["environment"]
        perform(job | {"cold": str(error)})
        return
    except KeyboardInterrupt:
        status = -signal.SIGINT
    if status < 0:
        said = f"{name}: error: ended by {signal.Signals(-status).name}"
        with Path(log).open("a") as file:
            print(said, file=file)
        if QUIET not in os.environ:
            print(said, file=sys.stderr, flush=True)
        with suppress(OSError):  # SIGKILL
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def in_own_process(
    kind: str, function: str, given: Mapping[str, Any], name: str, log: Path, limit_s: float | None = None
) -> Any:
    """Call `module:attribute` with keywords in a process of its own, and return its result; keywords and result are JSON.

    A process of its own is needed because TensorFlow fixes threads and seeds once per process. What it prints goes to
    the log alone; progress goes to the terminal too. Raises FrugalNetError where the process fails, after it has said
    why, or is not done after `limit_s`.
    """
    with scratch() as folder:
        path, answer = folder / "job.json", folder / "answer.json"
        job = _job(function, given, name, str(log), **{OWNER: str(os.getpid())}) | {"answer": str(answer)}
        try:
            status = warm.ask(kind, job, limit_s)
        except warm.NotWarmError as error:
            path.write_text(json.dumps(job | {"cold": str(error)}))
            status = _cold(path, job["environment"], limit_s)
        if status or not answer.exists():
            said = log.read_text().splitlines() if QUIET in os.environ and log.exists() else []
            why = next((f": {line}" for line in said if line.startswith(f"{name}: error: ")), "")
            raise FrugalNetError(f"{name}: did not finish (exit code {status}); its log is {log}{why}")
        return json.loads(answer.read_text())


def _cold(job: Path, environment: Mapping[str, str], limit_s: float | None) -> int:
    """Do the job in a file in a new process, and return its exit status; signals reach the job first, as with a warm one."""
    command = [sys.executable, "-m", "frugalnet.jobs.door", str(job)]
    started: list[subprocess.Popen[bytes]] = []

    def send(number: int) -> None:
        for each in started:
            each.send_signal(number)

    with (
        handing_on(send),
        subprocess.Popen(command, env=environment, start_new_session=True) as process,
    ):
        started.append(process)
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return -signal.SIGKILL


def _job(function: str, given: Mapping[str, Any], name: str, log: str, **variables: str) -> dict[str, Any]:
    return {"function": function, "given": given, "name": name, "log": log, "environment": dict(os.environ | variables)}


if __name__ == "__main__":
    perform(json.loads(Path(sys.argv[1]).read_text()))
