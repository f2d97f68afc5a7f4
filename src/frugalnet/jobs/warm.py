"""Warm processes: each has imported what jobs of a kind need, has touched no device, and forks a child for every job.

`python -m frugalnet.jobs.warm FOLDER KIND...` belongs to the process that started it, and ends when its standard input does. Its
socket stands in a private folder. For each job it forks a keeper, and the keeper forks the child that does the job; the keeper
hands on signals and exit status, so that a job which has begun needs the warm process no more. The child begins when the asker
says so. Until then the asker may give up and start the job cold, and the child ends; from then on it does not.
"""

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil

from frugalnet import catalogue
from frugalnet.jobs.job import OWNER, SPAWNED_S, perform

FOLDER = "FRUGALNET_WARM"
"""Variable with the private folder of the warm processes that a job may ask."""
WEIGHING, MEASURING, READING = "weighing", "measuring", "reading"
MODULES = {
    WEIGHING: ("frugalnet.measure.peaks",),
    MEASURING: (
        "frugalnet.jobs.probe",
        "frugalnet.jobs.trial",
        "pyarrow.parquet",
        *dict.fromkeys(method.function.partition(":")[0] for method in catalogue.METHODS.values()),
    ),
    READING: (
        "frugalnet.datasets.fetch",
        "frugalnet.datasets.prepared",
        "frugalnet.analysis.tables",
        "frugalnet.page.notebook",
        "scikit_posthocs",
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_svg",
        *(path.partition(":")[0] for study in catalogue.STUDIES.values() for path in study.tables.values()),
        *(f"frugalnet.figures.{figure}" for study in catalogue.STUDIES.values() for figure in study.figures),
    ),
}
"""What a warm process of each kind has imported: with TensorFlow as little as peaks of memory need, or all; and without."""
CHAINS = {MEASURING: (WEIGHING, MEASURING), READING: (READING,)}
"""Kinds whose processes come from one another, so that they import TensorFlow once."""
START_S, ANSWER_S, POLL_S = 120.0, 20.0, 0.02
"""How long a job waits for a warm process to have imported everything, and then for its answer."""
READY, GO = b"ready", b"go"
PACKAGE = Path(__file__).parents[1]
OF_A_JOB = {
    *(OWNER, SPAWNED_S, FOLDER, "TMPDIR", "TMP", "TEMPDIR", "TEMP"),
    *("PWD", "OLDPWD", "SHLVL", "_", "COLUMNS", "LINES", "PYTEST_CURRENT_TEST"),
}
"""Variables that no import reads: in them a job may differ from its warm process."""
THREADS = (
    *(f"{name}_NUM_THREADS" for name in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")),
    "VECLIB_MAXIMUM_THREADS",
)
"""Variables that Snakemake gives to its jobs; libraries read them when they are imported."""
PAGE = os.sysconf("SC_PAGE_SIZE")
PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal that a process gets when its parent ends."""


class NotWarmError(Exception):
    """No warm process has begun the job. The message says why; it is empty where none was started."""


def start(threads: Mapping[str, int | None]) -> list[subprocess.Popen[bytes]]:
    """Start warm processes in a private folder, for this process and its children; they end when it does.

    Keys are kinds; values the threads that Snakemake gives to a job, None for jobs that it does not start.
    """
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="frugalnet-warm-")
    folder, started = Path(os.environ[FOLDER]), []
    for kind, number in threads.items():
        variables = {} if number is None else dict.fromkeys(THREADS, str(number))
        with (folder / "new.log").open("w") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", __name__, str(folder), *CHAINS[kind]],
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
    """Have warm processes of some kinds, where they are wanted, for the jobs that are asked for in the block."""
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
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def ask(kind: str, job: Mapping[str, Any], limit_s: float | None = None) -> int:
    """Have a warm process of a kind do a job, and return its exit status: that of a signal is negative, as in `subprocess`.

    After `limit_s` the job is killed. Raises NotWarmError where nothing of the job has begun.
    """
    folder = _private_folder()
    for other in folder.glob("*.pid") if kind == MEASURING else ():
        with suppress(NotWarmError):
            _wait_for(other)  # nothing may import beside a measured job
    _wait_for(folder / f"{kind}.pid")
    _check_is_same(folder / f"{kind}.json", job["environment"])
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".job") as file, socket.socket(socket.AF_UNIX) as door:
        json.dump({**job, "folder": os.getcwd(), "arguments": sys.argv}, file)
        file.flush()
        door.settimeout(ANSWER_S)
        try:
            with _short(folder) as short:
                door.connect(f"{short}/{kind}.socket")
            socket.send_fds(door, [file.name.encode()], [0, 1, 2])
            if door.recv(len(READY)) != READY:
                raise NotWarmError("the warm process ended")
            door.sendall(GO)
        except OSError as error:
            raise NotWarmError(f"the warm process does not answer: {error}") from None
        door.settimeout(limit_s)
        status = b""
        with _signals_sent_to(door), suppress(TimeoutError):
            status = door.recv(16)
    return int(status) if status else -signal.SIGKILL  # or the keeper was killed, and the child with it


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Give a short path of a folder: that of a socket has 107 bytes at most."""
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
    """Wait until the warm process whose pid a file has is ready; raises NotWarmError if it ends before, or takes too long."""
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
    """Raise NotWarmError where a warm process is not what this one would become by importing the same."""
    found, own = json.loads(path.read_text()), _identity(environment)
    if found["code"] != own["code"]:
        raise NotWarmError("the warm process is of another version of the code")
    if found != own:
        ours, theirs = own["environment"], found["environment"]
        names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        raise NotWarmError(f"the warm process has another environment: {', '.join(names) or 'another Python'}")


def _identity(environment: Mapping[str, str]) -> dict[str, Any]:
    files = sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in PACKAGE.rglob("*.py"))
    return {
        "code": sha256(repr(files).encode()).hexdigest(),
        "python": sys.executable,
        "environment": {name: value for name, value in environment.items() if name not in OF_A_JOB},
    }


@contextmanager
def _signals_sent_to(door: socket.socket) -> Iterator[None]:
    """Hand SIGINT and SIGTERM on to the child in place of ending by them; those that are ignored stay so."""
    before = {
        number: signal.signal(number, lambda number, _: door.sendall(bytes([number])))
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(folder: Path, *kinds: str) -> None:
    """Import what jobs of each kind need on top of the kind before, and serve it, each in a process of its own."""
    identity = _identity(os.environ)  # before the imports: what is edited meanwhile is another version
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for forked processes
    for kind in kinds:
        for module in MODULES[kind]:
            import_module(module)
        _check_can_fork()
        gc.collect()
        gc.freeze()  # children need not look for garbage in what imports have made
        pages = _file_pages() if kind == WEIGHING else []
        if kind == kinds[-1] or not os.fork():
            _serve(kind, folder, identity, pages)
            return


def _serve(kind: str, folder: Path, identity: Mapping[str, Any], pages: Sequence[int]) -> None:
    """Fork a keeper for each job that asks, until standard input ends."""
    with socket.socket(socket.AF_UNIX) as listener:
        with _short(folder) as short:
            listener.bind(f"{short}/{kind}.socket")
        listener.listen()
        ready = folder / f"{kind}.new"
        ready.write_text(json.dumps(identity))
        ready.rename(folder / f"{kind}.json")
        while sys.stdin not in (found := select.select([listener, sys.stdin], [], [])[0]):
            assert found
            door, _ = listener.accept()
            if not os.fork():
                listener.close()
                _keep(door, pages)
                return
            door.close()
    shutil.rmtree(folder, ignore_errors=True)


def _check_can_fork() -> None:
    """Raise RuntimeError where imports have started a thread, or opened a device: a child would have it broken."""
    opened = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    if devices := [path for path in opened if path.startswith("/dev/nvidia")]:
        raise RuntimeError(f"imports opened {', '.join(devices)}")
    if threading.active_count() > 1:
        raise RuntimeError(f"imports started threads: {threading.enumerate()}")
    if backend := sys.modules.get("frugalnet.backend"):
        backend.check_untouched()


def _file_pages() -> list[int]:
    """Return the addresses of the pages of files that this process has in memory; see proc(5), pagemap."""
    found: list[int] = []
    with open("/proc/self/maps") as maps, open("/proc/self/pagemap", "rb") as pagemap:
        for line in maps:
            span, rights, _, _, inode = line.split()[:5]
            first, last = (int(end, 16) // PAGE for end in span.split("-"))
            if inode != "0" and rights.startswith("r"):
                pagemap.seek(8 * first)
                entries = array("Q", pagemap.read(8 * (last - first)))
                found += [(first + place) * PAGE for place, entry in enumerate(entries) if entry >> 63]
    return found


def _keep(door: socket.socket, pages: Sequence[int]) -> None:
    """Have a child do the job that is asked for, hand signals on to it, and answer with its exit status."""
    name, descriptors, _, _ = socket.recv_fds(door, 4096, 3)
    job = json.loads(Path(name.decode()).read_text())
    door.sendall(READY)
    if door.recv(len(GO)) != GO:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = get_context("fork").Process(target=_do, args=(job, descriptors, door, pages))
    child.start()
    assert child.pid is not None
    for descriptor in descriptors:
        os.close(descriptor)
    ended, told = os.pidfd_open(child.pid), b"?"
    own = door.fileno()
    while ended not in select.select([ended, own] if told else [ended], [], [])[0]:
        told = door.recv(1)
        os.kill(child.pid, told[0] if told else signal.SIGKILL)  # without an asker nobody wants the job
    child.join()
    with suppress(OSError):
        door.sendall(str(child.exitcode).encode())


def _do(job: Mapping[str, Any], descriptors: Sequence[int], door: socket.socket, pages: Sequence[int]) -> None:
    """Do a job in this child as in a process of its own.

    `pages` of files are read, since forking leaves them out, and the child's memory is to hold what its imports brought.
    """
    for page in pages:
        ctypes.string_at(page, 1)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    door.close()
    for own, descriptor in enumerate(descriptors):
        os.dup2(descriptor, own)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    sys.argv = job["arguments"]
    try:
        perform(job)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
