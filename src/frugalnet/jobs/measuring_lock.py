"""One process of a machine measures at a time: the lock that whoever measures holds, in whatever folder it works.

What two processes measure at once is the energy and the time of both. The lock ends with the process that holds it; processes that
this one starts meanwhile share it, and who comes next waits for them too.
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
"""Variable with the file of the lock, in the place of `PATH`: containers on one machine have one lock where they share the file."""
PATH = "/tmp/frugalnet-measuring.lock"
SHARED = ".shared"
"""What the name of the second file ends in, which those have locked that share the lock of another process."""
HOLDER = "FRUGALNET_MEASURING_HOLDER"
"""Variable by which those that a holder starts are known to share its lock."""
POLL_S, SAID_S = 0.2, 30.0
"""How often a process that waits looks, and says so."""
LONGEST = 500
NAMELESS_S = 0.5
"""How long a holder may take to say who it is."""


class BusyError(FrugalNetError):
    """Another process measures on this machine: `told` says which, `what` is that which it does, as it said."""

    def __init__(self, told: str, what: str) -> None:
        super().__init__(f"{told}; wait for it, or leave out --no-wait")
        self.told, self.what = told, what


@contextmanager
def measuring(what: str, wait: bool = True, say: Callable[[str], None] = log.warning) -> Iterator[None]:
    """Hold the measuring lock of this machine in the block, to do `what`.

    While another process holds it, `say` is told which, and since when. Raises BusyError in its place where this one does not
    `wait`, and FrugalNetError where there can be no lock.
    """
    path = _path()
    with ExitStack() as stack:
        file = stack.enter_context(_opened(path))
        while (held := _hold(file, wait, say)) and not _is_at(file, path):  # deleted meanwhile, by who clears /tmp
            file = stack.enter_context(_opened(path))
        if not held:
            with sharing():
                yield
            return
        _write(file, "")  # what a holder that was killed has left
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
    """Hold the lock, and return what keeps it held; a wait that is broken off, or a lock that cannot be, ends this process in one line."""
    lock = measuring(what, say=lambda text: print(text, file=sys.stderr, flush=True))
    try:
        lock.__enter__()
    except KeyboardInterrupt:
        print(f"{what}: stopped", file=sys.stderr)
    except FrugalNetError as error:
        print(f"{what}: error: {error}", file=sys.stderr)
    else:
        return lock
    os._exit(1)  # Snakemake shows all of what comes from its handlers


@contextmanager
def sharing() -> Iterator[None]:
    """Have those that come next wait for the block too, though another process holds the lock."""
    with _opened(_path() + SHARED) as shared:
        fcntl.flock(shared, fcntl.LOCK_SH)
        yield


def _path() -> str:
    return os.environ.get(LOCK) or PATH


def _hold(file: TextIO, wait: bool, say: Callable[[str], None]) -> bool:
    """Return that the lock is held; False where this process shares it with the holder, who has started it."""
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
    """Wait for processes that shared the lock of one that is gone: they end within seconds."""
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
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)  # another user's, too
        except FileNotFoundError:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CREAT, 0o666)
            with suppress(PermissionError):  # another user has just made it
                os.fchmod(descriptor, 0o666)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "no regular file")
    except OSError as error:
        raise FrugalNetError(
            f"{path}: {error.strerror}; expected a file that all who measure on this machine can lock. The variable {LOCK} names "
            "another"
        ) from None
    return os.fdopen(descriptor, "r+", encoding="utf-8")


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: TextIO, path: str) -> bool:
    """Tell whether a file still has its name."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    return False


def _holder(file: TextIO) -> dict[str, Any]:
    """Return what the holder of the lock says of itself; nothing where it is just about to."""
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
    )  # whoever can lock the file can write it


def _write(file: TextIO, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _now() -> str:
    return datetime.now().astimezone().isoformat(" ", "seconds")
