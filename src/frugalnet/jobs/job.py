"""What surrounds the work of every job: progress in the terminal and in its log, clear errors, a clean end."""

import ctypes
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
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, NoReturn, TextIO

import psutil

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError

log = logging.getLogger(__name__)

OWNER = "FRUGALNET_WORKFLOW_PID"
"""Variable with the process id of the workflow; the job ends when that process ends."""
QUIET = "FRUGALNET_QUIET"
"""Set where something else shows what logs say; nothing then goes to the terminal (`snakemake_logger_plugin_frugalnet`)."""
POLL_S = 0.5
PR_SET_PDEATHSIG = 1
LAST_S, WRITING_S = 3.0, 15.0
"""Once its owner is gone, how long a job may take to begin writing what it measured, and then to finish writing."""
AGAIN_S = 3.0
_writing = threading.Event()
_stopped_s: float | None = None
"""When this process was last told to end."""


def perform(job: Mapping[str, Any]) -> None:
    """Call `job["function"]` (`module:attribute`) with `job["given"]` as a job, and write its `answer` where one is asked for.

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

    Progress (this package's logging) goes to the terminal, with the job's name, and to the log; everything else that is
    printed, also by C++ libraries, goes to the log alone. A FrugalNetError ends the job with its message, any other
    error with a traceback in the log. The job ends when the workflow that started it is gone.
    """
    path = Path(log)
    terminal = open(os.devnull, "w") if QUIET in os.environ else os.fdopen(os.dup(2), "w", buffering=1)  # noqa: SIM115
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    except OSError as error:
        print(
            f"{name}: error: {error.filename}: {error.strerror}; expected a place for the log",
            file=terminal,
            flush=True,
        )
        sys.exit(1)
    sys.stdout.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable()
    for stream, style in ((terminal, f"%(asctime)s {name}: %(message)s"), (sys.stderr, "%(asctime)s %(message)s")):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(_Marked(style, "%H:%M:%S"))
        logging.getLogger("frugalnet").addHandler(handler)
    logging.getLogger("frugalnet").setLevel(logging.INFO)
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    _end_with_owner()
    try:
        yield
    except FrugalNetError as error:
        _fail(terminal, f"{name}: error: {error}")
    except Exception as error:
        if _stopped_s is not None:  # a library turned the stop into an error
            sys.exit(f"stopped ({type(error).__name__}: {error})")
        _fail(
            terminal,
            f"{name}: error: {type(error).__name__}: {error}\n(the traceback is in {path})",
            traceback.format_exc(),
        )


@contextmanager
def undisturbed() -> Iterator[None]:
    """Finish the block, whatever signal asks this process to end, so that measurements are written in one piece."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    _writing.set()
    try:
        yield
    finally:
        _writing.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Have this process killed when the process that started it is gone: see prctl(2)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(1)


def _stop(number: int, _: object) -> None:
    """End this process by an exception; signals of the next seconds belong to the same stop and are ignored.

    A later signal raises again, in case a library caught the first exception.
    """
    global _stopped_s
    now_s = time.monotonic()
    if _stopped_s is not None and now_s - _stopped_s < AGAIN_S:
        return
    _stopped_s = now_s
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(f"stopped by {signal.Signals(number).name}")


class _Marked(logging.Formatter):
    """Mark warnings as such in their lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if record.levelno >= logging.WARNING:
            record.message = f"warning: {record.message}"
        return super().formatMessage(record)


def _fail(terminal: TextIO, message: str, before: str = "") -> NoReturn:
    """Say why the job ends: in the terminal and, after `before`, in the log, which may be on a full disk."""
    print(message, file=terminal, flush=True)
    with suppress(OSError):
        print(f"{before}{message}", file=sys.stderr, flush=True)
    sys.exit(1)


def _end_with_owner() -> None:
    """End this process when the process of the workflow ends: an orphan must not write into the results of a new workflow.

    It has a moment to write what it measured.
    """
    if OWNER not in os.environ:
        return

    def wait() -> None:
        with suppress(psutil.NoSuchProcess):
            owner = psutil.Process(int(os.environ[OWNER]))
            while owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:
                time.sleep(POLL_S)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(LAST_S)
        end_s = time.monotonic() + WRITING_S
        while _writing.is_set() and time.monotonic() < end_s:
            time.sleep(POLL_S)
        os._exit(1)

    threading.Thread(target=wait, name="owner", daemon=True).start()
