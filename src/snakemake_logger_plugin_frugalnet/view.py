"""The view in plain lines, for a file, a job of a cluster or CI; a terminal has a view of its own."""

import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from frugalnet import catalogue
from snakemake_logger_plugin_frugalnet.outcome import Outcome, total
from snakemake_logger_plugin_frugalnet.story import FIGURE, Job, Story
from snakemake_logger_plugin_frugalnet.words import count, duration, quality

EVERY_S = 30.0
"""How often a plain line shows the progress of a long run."""
UNIMPORTANT = ("settings",)
"""Rules whose jobs take no time and are of no interest."""


class View(Protocol):
    """What shows the story; all of it is called under the plugin's lock."""

    def begin(self) -> None:
        """Start to show what goes on."""

    def step(self, job: Job) -> None:
        """Show that a job was started that is no measured run."""

    def run(self, job: Job, outcome: Outcome) -> None:
        """Show the result of a finished run."""

    def say(self, text: str, kind: str = "") -> None:
        """Show a text whole; `kind` is `error`, `warning` or empty."""

    def end(self) -> None:
        """Leave everything as it was before."""


def how_far(story: Story) -> str:
    """Return how many runs are done, or jobs where no run is left: `3 of 26 runs`."""
    runs, done = story.total_runs, len(story.runs)
    return f"{done} of {count(runs, 'run')}" if done < runs else f"{story.steps} of {count(story.total_steps, 'step')}"


def to_go(story: Story) -> str:
    """Return how long the runs will still take, empty where it is not known or none is left."""
    to_go_s = story.to_go_s(time.time())
    return f"about {duration(to_go_s)} to go" if to_go_s and len(story.runs) < story.total_runs else ""


def so_far(story: Story) -> str:
    """Return what the finished runs cost, empty before there is one."""
    return total(outcome for _, outcome in story.runs) if story.runs else ""


class Ticker:
    """A thread that does something at intervals, under a lock."""

    def __init__(self, lock: threading.RLock, every_s: float, work: Callable[[], None]) -> None:
        self._ended = threading.Event()
        self._lock, self._every_s, self._work = lock, every_s, work
        threading.Thread(target=self._go, name="progress", daemon=True).start()

    def stop(self) -> None:
        """End without waiting for the thread."""
        self._ended.set()

    def _go(self) -> None:
        while not self._ended.wait(self._every_s):
            with self._lock:
                if not self._ended.is_set():
                    self._work()


class Lines:
    """A line with the time of day for each finished run and important step, and now and then the progress of a long run."""

    def __init__(self, story: Story, lock: threading.RLock) -> None:
        self._story, self._lock = story, lock
        self._drawn: set[str] = set()
        self._ticker: Ticker | None = None

    def begin(self) -> None:
        """Start to show the progress of long runs."""
        self._ticker = Ticker(self._lock, EVERY_S, self._go_on)

    def step(self, job: Job) -> None:
        """Say what is done; for figures, only once per study."""
        study = job.wildcards.get("study", "")
        if not job.name or job.rule in UNIMPORTANT or (job.rule == FIGURE and study in self._drawn):
            return
        self._drawn |= {study} if job.rule == FIGURE else set()
        self._line(f"Drawing the figures of {study}." if job.rule == FIGURE else job.name)

    def run(self, job: Job, outcome: Outcome) -> None:
        """Say the result of a finished run."""
        said = f"done ({outcome.reason})"
        if outcome.is_read:
            about = outcome.ended or "quality not known"
            if outcome.quality is not None:
                about = f"test {catalogue.DATASETS[job.dataset].metric} {quality(job.dataset, outcome.quality)}"
            said = ", ".join((about, duration(outcome.duration_s or 0), outcome.energy))
        far = ", ".join(filter(None, (f"{len(self._story.runs)} of {self._story.total_runs}", to_go(self._story))))
        self._line(f"{job.name}: {said}; {far}")

    def say(self, text: str, kind: str = "") -> None:
        """Print a text whole."""
        print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Say no more."""
        if self._ticker:
            self._ticker.stop()

    def _go_on(self) -> None:
        """Show the progress of the job that has run for longest."""
        jobs = sorted(self._story.running.values(), key=lambda job: job.started_s)
        now_s = time.time()
        if not jobs or now_s - jobs[0].started_s < EVERY_S:
            return
        said = jobs[0].log.progress() or f"going on for {duration(now_s - jobs[0].started_s)}"
        others = f" (and {count(len(jobs) - 1, 'other job')})" if len(jobs) > 1 else ""
        far = ", ".join(filter(None, (how_far(self._story), so_far(self._story), to_go(self._story))))
        self._line(f"{jobs[0].name.rstrip('.')}: {said}{others}; {far}")

    def _line(self, text: str) -> None:
        self.say(f"{time.strftime('%H:%M:%S')} {text}")
