"""Which of Snakemake's records are shown, and how."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface

from snakemake_logger_plugin_frugalnet import last
from snakemake_logger_plugin_frugalnet.story import Job, Story
from snakemake_logger_plugin_frugalnet.view import Lines, View

ABOUT = {"all", "rules", "progress"}
"""Values of `--quiet` that are handled here."""
NOISE = ("Config file ", "Assuming unrestricted shared filesystem usage", "Building DAG of jobs")
"""What Snakemake says before it does something; it is of no use, or is said here in another way."""
STOPPED = ("Will exit after", "Terminating")
WORTH = (*STOPPED, "Nothing to be done", "Trying to restart job")
"""What Snakemake says while it does something and a user needs to know; the rest includes lists of files."""
OF_A_JOB = ("CalledProcessError", "RuleException", "SpawnedJobError")
"""Errors that only say that a job failed; the job itself says why."""
SAID_OTHERWISE = ("Exiting because a job execution failed", "At least one job did not complete successfully")

INTERRUPTED = "KeyboardInterrupt"
"""End of the log of a job that Ctrl-C stopped, which is no error."""
REMAINING = re.compile(r"^( - \w+): .*$", re.MULTILINE)
"""A job that was not done, with all its files."""


NO_SETTINGS = re.compile(r"Traceback.*load_configfile.*\n(\w+: [^\n]+)\s*$", re.DOTALL)
"""A traceback of Snakemake about a file of settings that it cannot read; it ends in the reason."""


class Narrator:
    """Follow Snakemake's records, and show what matters."""

    def __init__(self, settings: OutputSettingsLoggerInterface, lock: threading.RLock) -> None:
        self._settings = settings
        self._story = Story()
        self._lock = lock
        self._quiet = {each.name.lower() for each in settings.quiet or ()} & ABOUT
        self._began = self._stopped = False
        self._held: list[str] = []
        self._view: View = Lines(self._story, lock)

    def tell(self, record: logging.LogRecord) -> None:
        """Show what a record says, if it matters."""
        event = getattr(record, "event", None)
        given: Mapping[str, Any] = record.__dict__
        if event == LogEvent.WORKFLOW_STARTED:
            self._began = True
        elif event == LogEvent.RUN_INFO:
            self._plan(given["stats"])
        elif event == LogEvent.JOB_INFO:
            self._start(record)
        elif event == LogEvent.JOB_FINISHED:
            self._finish(given["job_id"], record.created)
        elif event == LogEvent.JOB_ERROR:
            self._fail(given["jobid"], given)
        elif event == LogEvent.GROUP_ERROR:
            for each in given["job_error_info"]:
                self._fail(each["jobid"], each)
        elif event == LogEvent.SHELLCMD:
            if self._settings.printshellcmds and given.get("shellcmd"):
                self._view.say(given["shellcmd"])
        elif event == LogEvent.DEBUG_DAG or record.levelno < logging.INFO:
            self._debug(record)
        elif event in (None, LogEvent.ERROR):
            self._other(record)

    def end(self) -> None:
        """Show the result."""
        self._view.end()
        if self._settings.dryrun:
            if self._story.counts:
                print(last.of_dry_run(self._story), flush=True)
        elif self._story.began_s is not None:
            if self._quiet:
                self._finish_all()
            if not self._stopped:
                for text in self._held:
                    self._view.say(text, "error")
            if "all" not in self._quiet:
                for text, kind in last.lines(self._story, time.time() - self._story.began_s):
                    self._view.say(text, kind)

    def abandon(self) -> None:
        """Leave everything as it was before, and show no more."""
        self._view.end()

    def _plan(self, stats: Mapping[str, int]) -> None:
        first = not self._story.counts
        self._story.plan(stats)
        if not first or self._settings.dryrun or self._quiet:
            return
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            from snakemake_logger_plugin_frugalnet.terminal import Terminal

            self._view = Terminal(self._story, self._lock, bool(self._settings.nocolor))
        self._view.begin()

    def _start(self, record: logging.LogRecord) -> None:
        job = self._story.start(record)
        if self._settings.dryrun:
            if record.__dict__["rule_msg"]:
                print(f"Job {record.__dict__['jobid']}: {record.__dict__['rule_msg']}", flush=True)
        elif not job.is_run and not self._quiet:
            self._view.step(job)

    def _finish(self, number: int, now_s: float) -> None:
        found = self._story.finish(number, now_s)
        if found is None:
            return
        job, outcome = found
        self._warn(job)
        if outcome and not self._quiet:
            self._view.run(job, outcome)

    def _finish_all(self) -> None:
        """Note which jobs are done, because Snakemake does not tell when it is to be quiet."""
        well = not (self._stopped or self._story.failed)
        for number, job in list(self._story.running.items()):
            if job.record.exists() if job.record else well:
                self._finish(number, time.time())

    def _fail(self, number: int, given: Mapping[str, Any]) -> None:
        job = self._story.fail(number)
        exception = self._held.pop(0) if self._held else ""
        if job is None:
            self._view.say("\n".join(filter(None, (f"Error in rule {given['rule_name']}.", exception))), "error")
            return
        self._warn(job)
        said = job.log.error()
        if not said and job.log.end().endswith(INTERRUPTED):
            self._stopped = True
            self._story.failed.pop(number)
            return
        if not said:
            said = "\n".join(filter(None, (f"{job.name or job.rule} failed.", exception, *self._end_of(job))))
        elif self._settings.show_failed_logs:
            said = job.log.text().rstrip()
        self._view.say(said, "error")

    def _end_of(self, job: Job) -> list[str]:
        end = job.log.end()
        if not end:
            return ["It left no log."]
        return [f"The end of its log {job.log.path}:", job.log.text() if self._settings.show_failed_logs else end]

    def _warn(self, job: Job) -> None:
        if "all" not in self._quiet:
            for text in job.log.warnings():
                self._view.say(f"{job.name.rstrip('.')}: warning: {text}", "warning")

    def _debug(self, record: logging.LogRecord) -> None:
        if not (self._settings.verbose or self._settings.debug_dag):
            return
        # Snakemake's plugin interface has no texts for its own events.
        from snakemake.logging import DefaultFormatter

        self._view.say(DefaultFormatter(self._settings.quiet, self._settings.show_failed_logs).format(record))

    def _other(self, record: logging.LogRecord) -> None:
        """Show warnings and errors whole, and whatever else a user needs to know."""
        text = str(record.msg).rstrip()
        if record.levelno >= logging.ERROR:
            if any(each in text for each in SAID_OTHERWISE) and (self._story.failed or self._stopped):
                return
            if record.__dict__.get("exception") in OF_A_JOB and self._story.running:
                self._held.append(text)
                return
            text = REMAINING.sub(r"\1", text) if text.startswith("Remaining jobs") else _of_settings(text)
            self._view.say(text, "error")
        elif record.levelno >= logging.WARNING:
            if "all" not in self._quiet:
                self._view.say(text, "warning")
        elif text.startswith(WORTH) if self._began else not text.startswith(NOISE):
            self._stopped |= text.startswith(STOPPED)
            self._inform(text)

    def _inform(self, text: str) -> None:
        if text in ("", "None"):
            return
        if self._settings.stdout:
            print(text, flush=True)
        else:
            self._view.say(text)


def _of_settings(text: str) -> str:
    """Return an error; if a file of settings cannot be read, which may be a target by mistake, an explanation of that."""
    if (unread := NO_SETTINGS.search(text)) is None:
        return text
    return (
        f"{unread[1]}: expected a file of settings, as config/config.yaml. --configfile takes all that follows it as files: put `--` in "
        "front of targets, as in `snakemake --cores 1 --configfile config/paper.yaml -- mnist`"
    )
