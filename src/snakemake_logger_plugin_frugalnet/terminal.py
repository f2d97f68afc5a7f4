"""The view in a terminal: finished runs above, running jobs and the bar of the workflow below."""

import threading
import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from frugalnet import catalogue
from snakemake_logger_plugin_frugalnet.captured import Captured
from snakemake_logger_plugin_frugalnet.outcome import Outcome
from snakemake_logger_plugin_frugalnet.story import Job, Story
from snakemake_logger_plugin_frugalnet.view import Ticker, how_far, so_far, to_go
from snakemake_logger_plugin_frugalnet.words import UNKNOWN, duration, joules, quality

EVERY_S = 0.5
STYLES = {"error": "red", "warning": "yellow", "page": "bold", "": ""}
WIDE, MOST_COLUMNS = 100, 120
"""Columns from which on a run's line shows the devices of its energy, and most columns of such a line."""
DASH = "\N{EN DASH}"
MOST_JOBS = 8
"""Most running jobs with a line of their own: a cluster may have hundreds."""
LEAST_BAR = 8


class Terminal:
    """Lines of finished runs, and below them a region that is redrawn: a line per running job, and the bar."""

    def __init__(self, story: Story, lock: threading.RLock, no_color: bool = False) -> None:
        self._story, self._lock = story, lock
        self._no_color = no_color
        self._captured: Captured | None = None
        self._ticker: Ticker | None = None
        self._live: Live | None = None
        self._drawn = ""
        self._console = self._made(None)

    def begin(self) -> None:
        """Take over the terminal."""
        self._captured = Captured(self._pass_on)
        self._console = self._made(self._captured)
        self._live = Live(
            get_renderable=lambda: region(self._story, self._console.width, self._console.height),
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        self._ticker = Ticker(self._lock, EVERY_S, self._refresh)

    def step(self, job: Job) -> None:
        """Show a step in the region alone."""
        self._refresh()

    def run(self, job: Job, outcome: Outcome) -> None:
        """Print the result of a finished run."""
        for line in run_lines(job, outcome, self._console.width):
            self._console.print(line)
        self._refresh()

    def say(self, text: str, kind: str = "") -> None:
        """Print a text whole."""
        self._console.print(Text(text, style=STYLES[kind]), soft_wrap=True)

    def end(self) -> None:
        """Remove the region, and give the terminal back."""
        if self._ticker:
            self._ticker.stop()
        if self._live:
            self._live.stop()
        if self._captured:
            self._captured.release()
        self._live = self._captured = None

    def _made(self, captured: Captured | None) -> Console:
        """Return the console, on the standard error that was there before."""
        return Console(
            file=captured.terminal if captured else None,
            stderr=captured is None,
            force_terminal=True if captured else None,
            no_color=self._no_color or None,
            markup=False,
            highlight=False,
        )

    def _pass_on(self, line: str) -> None:
        """Print what another process wrote, above the region."""
        self._console.print(Text.from_ansi(line), soft_wrap=True)

    def _refresh(self) -> None:
        """Redraw the region if it changed."""
        if self._live is None or self._captured is None:
            return
        if size := self._captured.size():
            self._console.size = size
        now = "\n".join(
            [
                *(f"{duration_of(job)}{job.name}{job.log.progress()}" for job in self._story.running.values()),
                bar_text(self._story),
            ]
        )
        if now != self._drawn:
            self._drawn = now
            self._live.refresh()


def duration_of(job: Job) -> str:
    """Return for how long a job has gone on."""
    return f"{max(0.0, time.time() - job.started_s):.0f}"


def run_lines(job: Job, outcome: Outcome, width: int) -> list[Text]:
    """Return the line of a finished run, its numbers in columns; two lines if its id is too long for one."""
    if not outcome.is_read:
        return [Text(f"{job.name}  done ({outcome.reason})", style="yellow")]
    wide, energy = width >= WIDE, UNKNOWN
    if outcome.energy_uj is not None:
        energy = outcome.energy if wide else f"{joules(outcome.energy_uj)} {outcome.source}"
    known = outcome.ended or DASH
    if outcome.quality is not None:
        metric = catalogue.DATASETS[job.dataset].metric
        name = "" if metric == "accuracy" else f"{metric.upper()} "  # a percent sign marks an accuracy
        known = name + quality(job.dataset, outcome.quality, 4 if wide else 3)
    cells = ((known, 10 if wide else 9), (duration(outcome.duration_s or 0), 6), (energy, 22 if wide else 18))
    columns, short = "  ".join(f"{text:>{size}}" for text, size in cells), "  ".join(text for text, _ in cells)
    room = min(width, MOST_COLUMNS)
    for tail in (columns, short):
        if len(job.name) + len(tail) + 2 <= room:
            return [Text(f"{job.name}{tail:>{room - len(job.name)}}")]
    return [Text(job.name), Text(f"{columns:>{room}}")]


def region(story: Story, width: int, height: int) -> RenderableType:
    """Return what is redrawn: a line per running job, and the bar."""
    jobs = [job for job in story.running.values() if job.name]
    most = max(1, min(MOST_JOBS, height - 3))
    lines: list[RenderableType] = []
    for job in jobs[:most]:
        said = job.log.progress()
        text = f"{duration_of(job):>4} s  {job.name}" + (f"  {said}" if said else "")
        lines.append(Text(text, style="dim", no_wrap=True, overflow="ellipsis"))
    if len(jobs) > most:
        lines.append(Text(f"        and {len(jobs) - most} more", style="dim"))
    return Group(*lines, bar(story, width))


def bar_text(story: Story) -> str:
    """Return the text behind the bar."""
    return ", ".join(filter(None, (so_far(story), to_go(story))))


def bar(story: Story, width: int) -> RenderableType:
    """Return the bar of the workflow: runs done, joules so far, time to go; with room for a `^C` behind it."""
    left, right = how_far(story), bar_text(story)
    runs = len(story.runs) < story.total_runs
    total, done = (story.total_runs, len(story.runs)) if runs else (story.total_steps, story.steps)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.width = max(1, width - 4)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, min_width=LEAST_BAR)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_row(Text(left, style="bold"), ProgressBar(total=max(1, total), completed=done), Text(right))
    return grid
