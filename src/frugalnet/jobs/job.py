"""What every job of the workflow has around its work: progress in the terminal and in its log, clear errors, a clean end."""

import faulthandler
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import psutil

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError

log = logging.getLogger(__name__)

OWNER = "FRUGALNET_WORKFLOW_PID"
"""Variable with the process that a job ends with."""
QUIET = "FRUGALNET_QUIET"
"""Set where something else shows what logs say: nothing then goes to the terminal (`snakemake_logger_plugin_frugalnet`)."""
POLL_S = 0.5


def perform(job: Mapping[str, Any]) -> None:
    """Call `job["function"]` (`module:attribute`) with the keywords `job["given"]` as a job, and write its `answer` where one is asked for.

    `cold` says why the job has no warm process.
    """
    with workflow_job(job["log"], job["name"]):
        if job.get("cold"):
            log.warning("starting cold: %s", job["cold"])
        answer = catalogue.resolve(job["function"])(**job["given"])
        if "answer" in job:
            Path(job["answer"]).write_text(json.dumps(answer, allow_nan=False))


@contextmanager
def workflow_job(log: str, name: str) -> Iterator[None]:
    """Run the body as a job with a log file.

    Progress (this package's logging) goes to the terminal, with the job's name, and to the log; whatever else is printed, also
    by libraries in C++, goes to the log alone. A FrugalNetError ends the job with its message, any other error with a
    traceback in the log. The job ends when the workflow that started it is gone.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal = open(os.devnull, "w") if QUIET in os.environ else os.fdopen(os.dup(2), "w", buffering=1)  # noqa: SIM115
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    sys.stdout.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable()
    for stream, style in ((terminal, f"%(asctime)s {name}: %(message)s"), (sys.stderr, "%(asctime)s %(message)s")):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(_Marked(style, "%H:%M:%S"))
        logging.getLogger("frugalnet").addHandler(handler)
    logging.getLogger("frugalnet").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by SIGTERM"))
    _end_with_owner()
    try:
        yield
    except FrugalNetError as error:
        _fail(terminal, f"{name}: error: {error}")
    except Exception as error:
        traceback.print_exc()
        _fail(terminal, f"{name}: error: {type(error).__name__}: {error}\n(the traceback is in {path})")


class _Marked(logging.Formatter):
    """Lines that say of a warning that it is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if record.levelno >= logging.WARNING:
            record.message = f"warning: {record.message}"
        return super().formatMessage(record)


def _fail(terminal: TextIO, message: str) -> None:
    for stream in (terminal, sys.stderr):
        print(message, file=stream, flush=True)
    sys.exit(1)


def _end_with_owner() -> None:
    """End this process when the process of the workflow ends: an orphan must not write into results that a new one makes."""
    if OWNER not in os.environ:
        return

    def wait() -> None:
        with suppress(psutil.NoSuchProcess):
            owner = psutil.Process(int(os.environ[OWNER]))
            while owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:
                time.sleep(POLL_S)
        os._exit(1)

    threading.Thread(target=wait, name="owner", daemon=True).start()
