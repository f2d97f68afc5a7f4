"""Files that are whole or not there, their checksums, and locks that end with the process that holds them."""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from frugalnet.errors import FrugalNetError


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the checksum of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path whose file takes the name `path` when the block ends without an error, and is deleted otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)  # of a killed process
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def hold_lock(path: Path, held: str, patience_s: int = 0) -> TextIO:
    """Lock a file for as long as the returned stream is open, which ends with the process; raise FrugalNetError with `held` if another process has it.

    `patience_s`: seconds to wait for the other process to end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("w")
    for second in range(patience_s + 1):
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return stream
        except BlockingIOError:
            time.sleep(1 if second < patience_s else 0)
    stream.close()
    raise FrugalNetError(f"{held} (lock: {path}); wait for it or stop it, then start again")
