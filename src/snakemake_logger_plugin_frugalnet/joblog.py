"""The log of a job: its progress, its warnings, and why it failed."""

import re
from dataclasses import dataclass, field
from pathlib import Path

PROGRESS = re.compile(r"\d\d:\d\d:\d\d (?P<text>.+)")
"""A line of this project's logging; all other lines are of libraries."""
WARNING = "warning: "
"""Beginning of the text of a warning, as `frugalnet.jobs.job` writes it."""
ERROR = re.compile(r"^[^\n:]+: error: ", re.MULTILINE)
"""Beginning of the end of a failed job's log."""
LAST_BYTES = 4_096
LAST_LINES = 20


@dataclass
class JobLog:
    """The log of a job from its start on; until the file changes, its content is of an earlier try."""

    path: Path | None
    started_s: float
    """Seconds since 1970; what was written later is not of an earlier try."""
    _before: tuple[int, int, int] | None = field(init=False)
    _seen: tuple[int, int, int] | None = field(init=False)
    _last: str = field(init=False, default="")

    def __post_init__(self) -> None:
        found = self._state()
        self._before = self._seen = found if found and found[2] < self.started_s * 1e9 else None

    def progress(self) -> str:
        """Return the last line of progress, empty before there is one; it is cheap while the log does not change."""
        state = self._state()
        if state not in (None, self._seen) and self.path:
            self._seen = state
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - LAST_BYTES))
                lines = file.read().decode(errors="replace").splitlines()
            found = [match["text"] for match in map(PROGRESS.fullmatch, lines) if match]
            self._last = found[-1] if found else self._last
        return self._last

    def warnings(self) -> list[str]:
        """Return the job's warnings."""
        found = [match["text"] for match in map(PROGRESS.fullmatch, self.text().splitlines()) if match]
        return list(dict.fromkeys(text.removeprefix(WARNING) for text in found if text.startswith(WARNING)))

    def error(self) -> str:
        """Return why the job failed, with its name; empty if the log does not say."""
        text = self.text()
        starts = [match.start() for match in ERROR.finditer(text)]
        return text[starts[-1] :].rstrip() if starts else ""

    def end(self) -> str:
        """Return the last lines."""
        return "\n".join(self.text().rstrip().splitlines()[-LAST_LINES:])

    def text(self) -> str:
        """Return all that this try wrote."""
        state = self._state()
        if self.path is None or state in (None, self._before):
            return ""
        return self.path.read_text(errors="replace")

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat() if self.path else None
        except OSError:
            return None
        return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None
