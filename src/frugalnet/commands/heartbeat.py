"""A sign of life in the terminal while a job says nothing: imports, tracing and measuring take seconds each."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frugalnet.jobs.job import QUIET

QUIET_S, LONG_S, LOOK_S = 2.5, 60.0, 0.25
"""A sign is given after `QUIET_S` of silence; in a file, after `LONG_S`, only that often; and how often to look."""

SAID = re.compile(rb"^\d\d:\d\d:\d\d ", re.MULTILINE)
"""What log lines begin with that are in the terminal too, unlike those of libraries."""
CLEAR = "\x1b[K"
"""Makes a terminal clear the rest of a line."""


class Heartbeat(logging.Handler):
    """Know when something was last said, by this process or by the job whose log it follows."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._log = "", Path(os.devnull)
        self._size = 0
        self._said_s = self._beat_s = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Note that this process said something."""
        self._said_s = time.monotonic()

    def follow(self, name: str, log: Path) -> None:
        """Switch to the next job, which has not begun."""
        self._name, self._log = f"{name}: ", log
        self._read()
        self._said_s = time.monotonic()

    def look(self) -> None:
        """Give a sign if nothing was said for a while and nothing else shows progress."""
        if QUIET in os.environ:
            return
        now_s = time.monotonic()
        if SAID.search(self._read()):
            self._said_s = now_s
        rarely = now_s - self._said_s > LONG_S and not sys.stderr.isatty()
        if now_s - max(self._said_s, self._beat_s) >= (LONG_S if rarely else QUIET_S):
            self._beat_s = now_s
            told = f"{time.strftime('%H:%M:%S')} {self._name}\N{HORIZONTAL ELLIPSIS} {now_s - self._said_s:.0f} s"
            # In a terminal, the next line overwrites it.
            print(told, end=f"{CLEAR}\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)

    def _read(self) -> bytes:
        """Return what was written in the log since it was last read."""
        try:
            with self._log.open("rb") as stream:
                if stream.seek(0, os.SEEK_END) < self._size:  # begun anew
                    self._size = 0
                stream.seek(self._size)
                new = stream.read()
        except OSError:  # not there yet
            return b""
        self._size += len(new)
        return new


@contextmanager
def heartbeat() -> Iterator[Heartbeat]:
    """Give signs of life in the block."""
    beats, ended = Heartbeat(), threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            beats.look()

    thread = threading.Thread(target=watch, name="heartbeat", daemon=True)
    logging.getLogger("frugalnet").addHandler(beats)
    thread.start()
    try:
        yield beats
    finally:
        logging.getLogger("frugalnet").removeHandler(beats)
        ended.set()
        thread.join()
        if sys.stderr.isatty():
            print(end=CLEAR, file=sys.stderr, flush=True)
