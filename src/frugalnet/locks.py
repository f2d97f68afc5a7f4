"""Locks that end with the process that holds them, however it ends."""

import fcntl
import time
from pathlib import Path
from typing import TextIO

from frugalnet.errors import FrugalNetError


def hold(path: Path, held: str, patience_s: int = 0) -> TextIO:
    """Lock a file for as long as the returned stream is open; raise FrugalNetError with `held` if another process has it.

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
