"""Warm processes: each has imported what jobs of a kind need, and forks a child for every job (`frugalnet.jobs.forking`).

They belong to the process that starts them here, and are asked through sockets in a private folder. A child begins when
the asker says so. Until then the asker may give up and start the job cold, and the child ends; after that it may not.
"""

import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

import psutil

from frugalnet.files import delete_scratch, make_scratch
from frugalnet.jobs.job import OWNER
from frugalnet.jobs.measuring_lock import HOLDER

FOLDER = "FRUGALNET_WARM"
"""Variable with the private folder of the warm processes that a job may ask."""
WEIGHING, MEASURING, READING = "weighing", "measuring", "reading"
"""Kinds: with as little of TensorFlow as memory peaks need; with all that runs need; with what figures and tables need."""
CHAINS = {MEASURING: (WEIGHING, MEASURING), READING: (READING,)}
"""Kinds whose processes are forked from one another, so that TensorFlow is imported once."""
START_S, ANSWER_S, POLL_S = 120.0, 20.0, 0.02
"""How long a job waits for a warm process to finish its imports, and then for its answer, and how often it looks."""
READY, GO = b"ready", b"go"
PACKAGE = Path(__file__).parents[1]
OF_A_JOB = {
    *(OWNER, HOLDER, FOLDER, "TMPDIR", "TMP", "TEMPDIR", "TEMP"),
    *("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID"),
    *("PWD", "OLDPWD", "SHLVL", "_", "PS1", "COLUMNS", "LINES", "PYTEST_CURRENT_TEST"),
}
"""Variables that no import reads; a job may differ in them from its warm process."""
THREADS = (
    *(f"{name}_NUM_THREADS" for name in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")),
    "VECLIB_MAXIMUM_THREADS",
)
"""Variables that Snakemake sets for its jobs; libraries read them when they are imported."""

_in_use: list[TextIO] = []
"""What keeps the private folders of this process."""


class NotWarmError(Exception):
    """No warm process has begun the job. The message says why; it is empty where none was started."""


def start(threads: Mapping[str, int | None]) -> list[subprocess.Popen[bytes]]:
    """Start warm processes in a private folder, for this process and its children; they end when it does.

    Keys are kinds; values are the threads that Snakemake gives to a job, None for jobs that Snakemake does not start.
    """
    folder, in_use = make_scratch()
    _in_use.append(in_use)
    os.environ[FOLDER] = str(folder)
    started = []
    for kind, number in threads.items():
        variables = {} if number is None else dict.fromkeys(THREADS, str(number))
        with (folder / "new.log").open("w") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "frugalnet.jobs.forking", str(folder), *CHAINS[kind]],
                    env=os.environ | variables,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
        (folder / "new.log").rename(folder / f"{started[-1].pid}.log")
        for each in CHAINS[kind]:
            (folder / f"{each}.pid").write_text(str(started[-1].pid))
    return started


@contextmanager
def processes(*kinds: str, wanted: bool = True) -> Iterator[None]:
    """Have warm processes of some kinds, if they are wanted, for the jobs of the block."""
    if not wanted:
        yield
        return
    started = start(dict.fromkeys(kinds))
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.communicate()
        delete_scratch(Path(os.environ.pop(FOLDER)))


def ask(kind: str, job: Mapping[str, Any], limit_s: float | None = None) -> int:
    """Have a warm process of a kind do a job, and return its exit status: that of a signal is negative, as in `subprocess`.

    After `limit_s` the job is killed. Signals that come meanwhile reach the job first, and this process when the job
    has ended. Raises NotWarmError where nothing of the job has begun.
    """
    folder = _private_folder()
    for other in folder.glob("*.pid") if kind == MEASURING else ():
        with suppress(NotWarmError):
            _wait_for(other)  # no imports may run beside a measured job
    _wait_for(folder / f"{kind}.pid")
    _check_is_same(folder / f"{kind}.json", job["environment"])
    with (
        _written({**job, "folder": os.getcwd(), "arguments": sys.argv}, folder) as path,
        socket.socket(socket.AF_UNIX) as door,
    ):
        door.settimeout(ANSWER_S)
        try:
            with short_path(folder) as short:
                door.connect(f"{short}/{kind}.socket")
            socket.send_fds(door, [str(path).encode()], [0, 1, 2])
            if door.recv(len(READY)) != READY:
                raise NotWarmError("the warm process ended")
            door.sendall(GO)
        except OSError as error:
            raise NotWarmError(f"the warm process does not answer: {error}") from None
        door.settimeout(limit_s)
        status = b""
        with handing_on(lambda number: door.sendall(bytes([number]))), suppress(OSError):
            status = door.recv(16)
        if not status:  # after `limit_s`, or the keeper was killed, and the child with it
            with suppress(OSError):
                door.sendall(bytes([signal.SIGKILL]))
    return int(status) if status else -signal.SIGKILL


@contextmanager
def _written(job: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Give a file with a job in the folder of the warm processes, which may delete the folder with it."""
    path = folder / f"{secrets.token_hex(8)}.job"
    try:
        path.write_text(json.dumps(job))
    except OSError as error:
        raise NotWarmError(f"the folder of the warm process: {error.strerror}") from None
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def short_path(folder: Path) -> Iterator[str]:
    """Give a short path of a folder, because the path of a socket has at most 107 bytes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _private_folder() -> Path:
    if not os.environ.get(FOLDER):
        raise NotWarmError
    folder = Path(os.environ[FOLDER])
    try:
        found = folder.stat()
    except OSError:
        raise NotWarmError("there is no warm process on this machine") from None
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise NotWarmError(f"{folder} is not private: expected owner {os.geteuid()} and mode 700")
    return folder


def _wait_for(path: Path) -> None:
    """Wait until the warm process whose pid is in a file is ready; raises NotWarmError if it ends first, or takes too long."""
    if not path.exists():
        raise NotWarmError
    end_s = time.monotonic() + START_S
    while not path.with_suffix(".json").exists():
        if not _is_alive(int(path.read_text())):
            said = (path.parent / f"{path.read_text()}.log").read_text().strip().splitlines()
            raise NotWarmError(f"the warm process ended: {said[-1] if said else 'without a word'}")
        if time.monotonic() > end_s:
            raise NotWarmError(f"the warm process was not ready in {START_S:.0f} s")
        time.sleep(POLL_S)


def _is_alive(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _check_is_same(path: Path, environment: Mapping[str, str]) -> None:
    """Raise NotWarmError where a warm process is not what this process would become by the same imports."""
    found, own = json.loads(path.read_text()), identity(environment)
    if found["code"] != own["code"]:
        raise NotWarmError("the warm process is of another version of the code")
    if found != own:
        ours, theirs = own["environment"], found["environment"]
        names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        raise NotWarmError(f"the warm process has another environment: {', '.join(names) or 'another Python'}")


def identity(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what determines the result of a process's imports: code, Python, and variables."""
    files = sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in PACKAGE.rglob("*.py"))
    return {
        "code": sha256(repr(files).encode()).hexdigest(),
        "python": sys.executable,
        "environment": {name: value for name, value in environment.items() if name not in OF_A_JOB},
    }


@contextmanager
def handing_on(send: Callable[[int], object]) -> Iterator[None]:
    """Hand SIGINT and SIGTERM on to the process that does the job, and handle them afterwards; ignored ones stay ignored."""
    came: list[int] = []

    def hand_on(number: int, _: object) -> None:
        came.append(number)
        with suppress(OSError):  # it has just ended
            send(number)

    before = {
        number: signal.signal(number, hand_on)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in came:
            signal.raise_signal(number)
