"""The lock that lets one process at a time measure on a machine, whatever folder it works in.

Two processes that measure at once would measure the energy and the time of both. The lock ends with the process that
holds it. Processes that the holder starts share it, and the next holder waits for them too.
"""

import fcntl
import json
import logging
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from typing import Any, TextIO

from frugalnet.errors import FrugalNetError

log = logging.getLogger(__name__)

LOCK = "FRUGALNET_MEASURING_LOCK"
"""Variable with the lock file, instead of `PATH`; containers on one machine have one lock if they share this file."""
PATH = "/tmp/frugalnet-measuring.lock"
SHARED = ".shared"
"""Ending of the name of the second file, which processes lock that share the lock of another process."""
HOLDER = "FRUGALNET_MEASURING_HOLDER"
"""Variable by which processes started by a holder are known to share its lock."""
POLL_S, SAID_S = 0.2, 30.0
"""How often a waiting process looks, and how often it says that it waits."""
LONGEST = 500
NAMELESS_S = 0.5
"""How long a holder may take to say who it is."""


class BusyError(FrugalNetError):
    """Another process measures on this machine: `told` says which one, `what` is what it says that it does."""

    def __init__(self, told: str, what: str) -> None:
        super().__init__(f"{told}; wait for it, or leave out --no-wait")
        self.told, self.what = told, what


@contextmanager
def measuring(what: str, wait: bool = True, say: Callable[[str], None] = log.warning) -> Iterator[None]:
    """Hold the measuring lock of this machine in the block, to do `what`.

    While another process holds it, `say` is told which one, and since when. Raises BusyError instead of waiting where
    `wait` is False, and FrugalNetError where no lock is possible.
    """
    path = _path()
    with ExitStack() as stack:
        file = stack.enter_context(_opened(path))
        while (held := _hold(file, wait, say)) and not _is_at(file, path):  # deleted meanwhile, as by a cleaner of /tmp
            file = stack.enter_context(_opened(path))
        if not held:
            with sharing():
                yield
            return
        _write(file, "")  # removes what a killed holder left
        shared = stack.enter_context(_opened(path + SHARED))
        _wait_for_others(shared, wait, say)
        token = f"{os.getpid()}-{secrets.token_hex(8)}"
        about = {"what": what, "process": os.getpid(), "folder": os.getcwd(), "since": _now(), "token": token}
        _write(file, json.dumps(about))
        os.environ[HOLDER] = token
        try:
            yield
        finally:
            _write(file, "")
            os.environ.pop(HOLDER, None)


def held_to_the_end(what: str) -> AbstractContextManager[None]:
    """Hold the lock, and return what keeps it held.

    Where the wait is interrupted or no lock is possible, end this process with a line that says so.
    """
    lock = measuring(what, say=lambda text: print(text, file=sys.stderr, flush=True))
    try:
        lock.__enter__()
    except KeyboardInterrupt:
        print(f"{what}: stopped", file=sys.stderr)
    except FrugalNetError as error:
        print(f"{what}: error: {error}", file=sys.stderr)
    else:
        return lock
    os._exit(1)  # an exception in a handler would be shown whole by Snakemake


@contextmanager
def sharing() -> Iterator[None]:
    """Make later holders wait for the block too, though another process holds the lock."""
    with _opened(_path() + SHARED) as shared:
        fcntl.flock(shared, fcntl.LOCK_SH)
        yield


def _path() -> str:
    return os.environ.get(LOCK) or PATH


def _hold(file: TextIO, wait: bool, say: Callable[[str], None]) -> bool:
    """Return True when the lock is held; False where this process shares it with the holder that started it."""
    start_s, said_s = time.monotonic(), -SAID_S
    while not _locked(file):
        holder, now_s = _holder(file), time.monotonic()
        if holder.get("token", "") == os.environ.get(HOLDER):
            return False
        text = f"{_told(holder)} measures on this machine"
        if holder or now_s - start_s > NAMELESS_S:
            if not wait:
                raise BusyError(text, str(holder.get("what")))
            if now_s - said_s >= SAID_S:
                said_s = now_s
                say(f"waiting: {text}")
        time.sleep(POLL_S)
    return True


def _wait_for_others(shared: TextIO, wait: bool, say: Callable[[str], None]) -> None:
    """Wait for processes that shared the lock of a holder that is gone; they end within seconds."""
    said = False
    while not _locked(shared):
        text = "a process whose workflow or command is gone still measures on this machine"
        if not wait:
            raise BusyError(text, "")
        if not said:
            said = True
            say(f"waiting: {text}")
        time.sleep(POLL_S)
    fcntl.flock(shared, fcntl.LOCK_UN)


def _opened(path: str) -> TextIO:
    """Return a file of the lock, which every user of the machine may lock."""
    try:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)  # it may be another user's
        except FileNotFoundError:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CREAT, 0o666)
            with suppress(PermissionError):  # another user has just made it
                os.fchmod(descriptor, 0o666)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "no regular file")
    except OSError as error:
        raise FrugalNetError(
            f"{path}: {error.strerror}; expected a file that every user who measures on this machine can lock. "
            f"The variable {LOCK} names another"
        ) from None
    return os.fdopen(descriptor, "r+", encoding="utf-8")


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: TextIO, path: str) -> bool:
    """Tell whether a file is still the one at its path."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    return False


def _holder(file: TextIO) -> dict[str, Any]:
    """Return what the holder of the lock says about itself; nothing where it is just about to write it."""
    file.seek(0)
    try:
        found = json.loads(file.read())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(holder: dict[str, Any]) -> str:
    if not holder:
        return "another process"
    told = (
        f"{holder.get('what')} (process {holder.get('process')} in {holder.get('folder')}, since {holder.get('since')})"
    )
    return "".join(
        each if each.isprintable() else "?" for each in told[:LONGEST]
    )  # everybody who can lock the file can write to it


def _write(file: TextIO, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _now() -> str:
    return datetime.now().astimezone().isoformat(" ", "seconds")
