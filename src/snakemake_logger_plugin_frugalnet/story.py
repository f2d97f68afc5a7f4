"""The state of a running workflow: its jobs, the results of finished runs, and how long the others will take."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from logging import LogRecord
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.record import paths
from snakemake_logger_plugin_frugalnet.joblog import JobLog
from snakemake_logger_plugin_frugalnet.outcome import Outcome, read_outcome

FIGURE = "figure"
"""The rule that draws; it has many jobs, which are mentioned once per study."""


@dataclass(frozen=True)
class Job:
    """A job that Snakemake started; `name` is the id of a measured run, or the message of the rule."""

    rule: str
    name: str
    wildcards: Mapping[str, str]
    log: JobLog
    record: Path | None
    started_s: float
    pages: tuple[str, ...] = ()
    """Pages that it makes or, if it is a target, pages that are made for it."""

    @property
    def is_run(self) -> bool:
        """Tell whether it is a measured run."""
        return self.rule in catalogue.METHODS and "seed" in self.wildcards

    @property
    def dataset(self) -> str:
        """Return the dataset of a run."""
        return self.wildcards.get("dataset", "")


@dataclass
class Story:
    """All that has happened so far."""

    counts: dict[str, int] = field(default_factory=dict)
    """Number of jobs to do in all, by rule."""
    running: dict[int, Job] = field(default_factory=dict)
    runs: list[tuple[Job, Outcome]] = field(default_factory=list)
    """Finished runs that were made in this call."""
    failed: dict[int, Job] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    steps: int = 0
    """Number of finished jobs, including runs."""
    began_s: float | None = None
    """When the first job was started."""
    beside: int = 1
    """Largest number of runs seen at once."""
    _took: list[tuple[Job, float]] = field(default_factory=list)

    @property
    def total_runs(self) -> int:
        """Return the number of runs that this call is to make."""
        return sum(number for rule, number in self.counts.items() if rule in catalogue.METHODS)

    @property
    def total_steps(self) -> int:
        """Return the number of jobs that this call is to do."""
        return sum(self.counts.values())

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to do."""
        return bool(self.counts) and self.steps >= self.total_steps

    def plan(self, stats: Mapping[str, int]) -> None:
        """Note how many jobs there are of each rule."""
        self.counts = {rule: number for rule, number in stats.items() if rule != "total"}

    def start(self, record: LogRecord) -> Job:
        """Note that a job is started, from Snakemake's `record` of it."""
        given: dict[str, Any] = record.__dict__
        rule, wildcards = given["rule_name"], dict(given["wildcards"] or {})
        files = [Path(file) for file in given["output"]]
        named = rule in catalogue.METHODS and "seed" in wildcards
        run = (wildcards.get("dataset"), rule, wildcards.get("variant"), f"seed{wildcards.get('seed')}")
        job = Job(
            rule,
            "/".join(map(str, run)) if named else (given["rule_msg"] or "").strip(),
            wildcards,
            JobLog(Path(given["log"][0]) if given["log"] else None, record.created),
            next((file for file in files if file.name == paths.RECORD), None),
            record.created,
            tuple(file for file in (*given["output"], *given["input"]) if Path(file).name == paths.PAGE),
        )
        self.failed.pop(given["jobid"], None)  # a second try
        self.running[given["jobid"]] = job
        self.beside = max(self.beside, sum(each.is_run for each in self.running.values()))
        self.began_s = self.began_s or record.created
        return job

    def finish(self, number: int, now_s: float) -> tuple[Job, Outcome | None] | None:
        """Note that a job is done, and return it; a run with its result."""
        job = self.running.pop(number, None)
        if job is None:
            return None
        self.steps += 1
        self.pages = list(dict.fromkeys([*self.pages, *job.pages]))
        if not job.is_run:
            return job, None
        took_s = now_s - job.started_s
        self._took.append((job, took_s))
        outcome = read_outcome(job.record, job.dataset, longest_s=took_s + 1)
        self.runs.append((job, outcome))
        return job, outcome

    def fail(self, number: int) -> Job | None:
        """Note that a job failed, and return it."""
        job = self.running.pop(number, None)
        if job:
            self.failed[number] = job
        return job

    def to_go_s(self, now_s: float) -> float | None:
        """Return how long the remaining runs will take, judged by similar ones; None before one is finished."""
        if not self._took:
            return None
        running = [job for job in self.running.values() if job.is_run]
        left = Counter({rule: number for rule, number in self.counts.items() if rule in catalogue.METHODS})
        left.subtract(job.rule for job, _ in self._took)
        left.subtract(job.rule for job in (*running, *self.failed.values()))
        waiting_s = sum(number * self._like(rule) for rule, number in left.items() if number > 0)
        going_s = sum(max(0.0, self._like(job.rule, job.dataset) - (now_s - job.started_s)) for job in running)
        return (waiting_s + going_s) / self.beside

    def _like(self, method: str, dataset: str | None = None) -> float:
        """Return how long runs took: of the same method and dataset if there are any, or else of the method, the dataset, or all."""
        wanted = ((method, dataset), (method, None), (None, dataset), (None, None))
        for rule, data in wanted:
            found = [took for job, took in self._took if rule in (None, job.rule) and data in (None, job.dataset)]
            if found:
                return sum(found) / len(found)
        return 0.0
