"""The progress of jobs in a terminal: one line, redrawn from what the jobs write in their logs."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from frugalnet.jobs.job import QUIET


class JobProgress(Progress):
    """A bar of the steps of jobs; a step begins with a log line that starts with `begin`.

    While the bar is shown, jobs are quiet. Without a terminal there is no bar, and each job reports its own progress.
    """

    def __init__(self, total: int, begin: str) -> None:
        self._begin = begin
        self._log: Path | None = None
        self._name, self._before = "", 0
        console = Console(file=sys.stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        super().__init__(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self.add_task("starting", total=total)

    def __enter__(self) -> Self:
        if not self.disable:
            os.environ[QUIET] = "1"
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)  # type: ignore[arg-type]
        if not self.disable:
            os.environ.pop(QUIET, None)

    def follow(self, name: str, log: Path) -> None:
        """Switch to the next job, which has not begun."""
        self._before += len(self._steps())
        log.unlink(missing_ok=True)
        self._name, self._log = name, log

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the bar as it is now."""
        if self.tasks and (steps := self._steps()):  # the last one goes on
            told = f"{self._name}: {steps[-1]}"
            self.update(self._task, completed=self._before + len(steps) - 1, description=told)
        return super().get_renderables()

    def _steps(self) -> list[str]:
        """Return the lines that began a step, without their times."""
        lines: list[str] = []
        with suppress(FileNotFoundError):
            lines = self._log.read_text().splitlines() if self._log else []
        return [said for _, _, said in (line.partition(" ") for line in lines) if said.startswith(self._begin)]
