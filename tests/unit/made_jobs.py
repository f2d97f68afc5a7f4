"""Jobs for processes of their own: they tell what surrounds them, or end in many ways."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from frugalnet.errors import FrugalNetError
from frugalnet.jobs.door import in_own_process


def surroundings():
    """Return what a process has that a warm one could have left in it."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGUSR1)
    own = {"FRUGALNET_WARM", "LC_CTYPE"}
    return {
        "environment": {name: value for name, value in os.environ.items() if name not in own},
        "folder": os.getcwd(),
        "signals": {
            number.name: getattr(signal.getsignal(number), "__name__", str(signal.getsignal(number)))
            for number in signals
        },
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "sockets": [path for path in _opened() if path.startswith("socket:")],
        "output": [os.readlink(f"/proc/self/fd/{number}") for number in (1, 2)],
        "nice": os.nice(0),
        "umask": os.umask(os.umask(0)),
        "group_of_asker": os.environ["FRUGALNET_WORKFLOW_PID"],
    }


def _opened():
    for link in Path("/proc/self/fd").iterdir():
        if link.is_symlink():
            yield os.readlink(link)


def processor_s():
    """Return the processor time that this process has on its account."""
    return time.process_time()


def where():
    """Return the pid of this process and of its parent."""
    return [os.getpid(), os.getppid()]


def add_line(path, seconds=0.0):
    """Leave a line in a file, wait, and leave another one."""
    for line in ("begun\n", "ended\n"):
        with Path(path).open("a") as stream:
            stream.write(line)
        time.sleep(seconds)


def ask_another(path):
    """Have another job add a line and wait; when it fails, say that this one went on."""
    try:
        given = {"path": path, "seconds": 60}
        in_own_process("reading", "tests.unit.made_jobs:add_line", given, "another", Path(f"{path}.log"))
    except FrugalNetError:
        with Path(path).open("a") as stream:
            stream.write("went on\n")
        time.sleep(1)


def end(how):
    """End as it is said: by a status, an error, or a signal."""
    if how == "error":
        raise FrugalNetError("the flux is out of order")
    if how == "bug":
        raise ValueError("no such wheel")
    if how == "status":
        sys.exit(7)
    os.kill(os.getpid(), getattr(signal, how))
