"""A warm process: imports what jobs of some kinds need, touches no device, and forks a child for every job.

`python -m frugalnet.jobs.forking FOLDER KIND...` belongs to the process that started it (`frugalnet.jobs.warm`), and
ends when its standard input does. For each job it forks a keeper, and the keeper forks the child that does the job. The
keeper hands on signals and the exit status, so that a job that has begun no longer needs the warm process.
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.files import delete_scratch
from frugalnet.jobs.job import LAST_S, WRITING_S, end_with_parent, perform
from frugalnet.jobs.warm import GO, MEASURING, READING, READY, WEIGHING, identity, short_path
from frugalnet.tracking.where import TRACKERS, WARM

MODULES = {
    WEIGHING: ("frugalnet.measure.peaks",),
    MEASURING: (
        "frugalnet.jobs.probe",
        "frugalnet.jobs.trial",
        "pyarrow.parquet",
        "pandas",  # pyarrow imports it for its first table
        *dict.fromkeys(method.function.partition(":")[0] for method in catalogue.METHODS.values()),
    ),
    READING: (
        "frugalnet.datasets.fetch",
        "frugalnet.datasets.prepared",
        "frugalnet.analysis.tables",
        "frugalnet.analysis.comparison",
        "frugalnet.analysis.statistics.table",
        "frugalnet.page.notebook",
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_svg",
        *(path.partition(":")[0] for study in catalogue.STUDIES.values() for path in study.tables.values()),
        *(f"frugalnet.figures.{figure}" for study in catalogue.STUDIES.values() for figure in study.figures),
    ),
}
"""What a process of each kind imports."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def main(folder: Path, *kinds: str) -> None:
    """Import what jobs of each kind need, on top of the kind before, and serve each kind in a process of its own."""
    own = identity(os.environ)  # before the imports: code that is edited meanwhile is another version
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for forked processes
    for kind in kinds:
        end_with_parent()  # also in the middle of an import
        for module in (*MODULES[kind], *(_of_trackers() if kind == READING else ())):
            import_module(module)
        _check_can_fork()
        gc.collect()
        gc.freeze()  # children need not search for garbage in what the imports created
        pages = _file_pages() if kind == WEIGHING else []
        if kind == kinds[-1] or not os.fork():
            _serve(kind, folder, own, pages)
            return


def _of_trackers() -> list[str]:
    """Return what exports of the workflow need."""
    return [module for tracker in os.environ.get(TRACKERS, "").split() for module in WARM.get(tracker, ())]


def _serve(kind: str, folder: Path, own: Mapping[str, Any], pages: Sequence[int]) -> None:
    """Fork a keeper for each job that asks, until standard input ends."""
    with socket.socket(socket.AF_UNIX) as listener:
        with short_path(folder) as short:
            listener.bind(f"{short}/{kind}.socket")
        listener.listen()
        ready = folder / f"{kind}.new"
        ready.write_text(json.dumps(own))
        ready.rename(folder / f"{kind}.json")
        while sys.stdin not in (found := select.select([listener, sys.stdin], [], [])[0]):
            assert found
            door, _ = listener.accept()
            if not os.fork():
                listener.close()
                _keep(door, pages)
                return
            door.close()
    delete_scratch(folder)


def _check_can_fork() -> None:
    """Raise RuntimeError where imports started a thread or opened a device, which would be broken in a child."""
    opened = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    if devices := [path for path in opened if path.startswith("/dev/nvidia")]:
        raise RuntimeError(f"imports opened {', '.join(devices)}")
    if threading.active_count() > 1:
        raise RuntimeError(f"imports started threads: {threading.enumerate()}")
    if backend := sys.modules.get("frugalnet.backend"):
        backend.check_untouched()


def _file_pages() -> list[int]:
    """Return the addresses of the pages of mapped files that are in this process's memory; see proc(5), pagemap."""
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
    """Have a child do the requested job, hand signals on to it, and answer with its exit status."""
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
    _hand_on(door, child.pid)
    child.join()
    with suppress(OSError):
        door.sendall(str(child.exitcode).encode())


def _hand_on(door: socket.socket, child: int) -> None:
    """Hand signals on to a child until it ends; without an asker, end it after a moment for its last words."""
    ended, asker = os.pidfd_open(child), door.fileno()
    while asker in select.select([ended, asker], [], [])[0]:
        if not (told := door.recv(1)):
            os.kill(child, signal.SIGTERM)
            if not select.select([ended], [], [], LAST_S + WRITING_S)[0]:
                os.kill(child, signal.SIGKILL)
            return
        os.kill(child, told[0])


def _do(job: Mapping[str, Any], descriptors: Sequence[int], door: socket.socket, pages: Sequence[int]) -> None:
    """Do a job in this child as in a process of its own.

    `pages` of files are read because a fork does not inherit them, and the child's memory has to hold what its imports
    loaded.
    """
    for page in pages:
        ctypes.string_at(page, 1)
    end_with_parent()
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
