"""Standard error, and standard output if it is the same terminal, read from a pipe, so that nothing writes across the bar."""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

END_S = 0.2
"""How long the end waits for what is still in the pipe, which running processes may hold open."""


class Captured:
    """Pass what this process and its child processes write to `pass_on`, line by line, until it is released."""

    def __init__(self, pass_on: Callable[[str], None]) -> None:
        self._pass_on = pass_on
        sys.stdout.flush()
        sys.stderr.flush()
        self._numbers = [2, 1] if os.isatty(1) else [2]
        self._before = {number: os.dup(number) for number in self._numbers}
        self.terminal: TextIO = os.fdopen(
            os.dup(self._before[2]), "w", buffering=1, encoding=sys.stderr.encoding, errors="replace"
        )
        """What standard error was before."""
        reading, writing = os.pipe()
        for number in self._numbers:
            os.dup2(writing, number)
        os.close(writing)
        self._reader = threading.Thread(target=self._read, args=(reading,), name="captured", daemon=True)
        self._reader.start()

    def size(self) -> tuple[int, int] | None:
        """Return columns and lines of the terminal."""
        with suppress(OSError):
            found = os.get_terminal_size(self.terminal.fileno())
            if found.columns and found.lines:
                return found.columns, found.lines
        return None

    def release(self) -> None:
        """Restore standard error and output, after all that was written is passed on."""
        sys.stdout.flush()
        sys.stderr.flush()
        for number, before in self._before.items():
            os.dup2(before, number)
            os.close(before)
        self._reader.join(END_S)

    def _read(self, reading: int) -> None:
        with os.fdopen(reading, encoding=sys.stderr.encoding, errors="replace", newline="\n") as lines:
            for line in lines:
                self._pass_on(line.rstrip("\r\n"))
