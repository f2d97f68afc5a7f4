"""A workflow that goes on, as Snakemake tells of it to its plugins: through its own logging, with no job done."""

import logging
import time
from pathlib import Path

from snakemake.logging import LoggerManager, logger
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent

from frugalnet.record.record import Total
from snakemake_logger_plugin_frugalnet import LogHandlerSettings
from tests.unit.conftest import made_record

STUDY = Path("results/tiny/compression")
PAGE = str(STUDY / "analysis.html")


def finished(*about, **changes):
    """Return a record whose total is that of its window `run`: 13 s and, if nothing else is said, 8 J."""
    record = made_record(*about, **changes)
    energy_uj = record.windows[0].energy_uj
    record.energy.totals = [Total(scope="cpu", source=energy_uj and "estimated", energy_uj=energy_uj)]
    return record


class Workflow:
    """Tell the plugin of jobs; paths are relative to the folder in which it is made."""

    def __init__(self, plain=False, **settings):
        settings.setdefault("nocolor", True)
        self._manager = LoggerManager(
            logger, OutputSettings(log_handler_settings={"frugalnet": LogHandlerSettings(plain=plain)}, **settings)
        )
        self._now_s = time.time() - 3600
        self._number = 0
        self._quiet = "quiet" in settings

    @property
    def handler(self):
        return self._manager.get_log_handlers()[0]

    def tell(self, text, event=None, level=logging.INFO, **about):
        """Log what Snakemake logs, at a time of the workflow's own."""
        extra = about if event is None else about | {"event": event}
        record = logger.makeRecord(logger.name, level, __file__, 1, text, (), None, extra=extra)
        record.created = self._now_s
        logger.handle(record)

    def begin(self, **counts):
        """Tell of a call that has jobs to do, so many of each rule."""
        self.tell("Building DAG of jobs...")
        self.tell("Workflow has started!", LogEvent.WORKFLOW_STARTED)
        stats = counts | {"total": sum(counts.values())}
        self.tell("Job stats:\njob    count", LogEvent.RUN_INFO, stats=stats)
        self.tell("Provided resources: meter=1", LogEvent.RESOURCES_INFO)

    def start(self, rule, message, output=(), input=(), log=(), **wildcards):
        """Tell that a job is started, and return its number."""
        self._number += 1
        self.tell("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[self._number])
        self.tell(
            f"Rule: {rule}", LogEvent.JOB_INFO, jobid=self._number, rule_name=rule, rule_msg=message, wildcards=wildcards,
            output=list(output), input=list(input), log=list(log), reason="Missing output files: a, b, c", local=False,
            benchmark=None, resources={}, priority=0, threads=1, indent=False, is_checkpoint=False, shellcmd=None,
        )  # fmt: skip
        self.tell("Shell command: None", LogEvent.SHELLCMD, shellcmd=None, indent=False)
        return self._number

    def start_run(self, name):
        """Tell that a measured run is started, and return the job's number and the path of its log."""
        dataset, method, variant, seed = name.split("/")
        log = STUDY / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        about = {"study": "compression", "dataset": dataset, "variant": variant, "seed": seed.removeprefix("seed")}
        output = [str(STUDY / "raw" / name / file) for file in ("record.json", "model.keras")]
        return self.start(method, f"Measured run {name}.", output, ["data"], [str(log)], **about), log

    def finish(self, number, after_s=20.0):
        """Tell that a job is done."""
        self._now_s += after_s
        if self._quiet:  # then Snakemake does not tell
            return
        self.tell(f"Finished jobid: {number}", LogEvent.JOB_FINISHED, job_id=number)
        self.tell(None, LogEvent.PROGRESS, done=1, total=9)

    def run(self, record, name=None, after_s=20.0):
        """Tell of a run that is done and leaves its record, after some seconds."""
        name = name or record.run.id
        number, _ = self.start_run(name)
        folder = STUDY / "raw" / name
        folder.mkdir(parents=True, exist_ok=True)
        record.write(folder)
        self.finish(number, after_s)

    def fail(self, number, log):
        """Tell that a job failed, as Snakemake does: with what it ran, and all its files."""
        command = "RuleException:\nCalledProcessError in file runs.smk:\nCommand 'python measured_run.py' returned 1."
        self.tell(command, LogEvent.ERROR, logging.ERROR, exception="RuleException")
        self.tell(
            "Error in rule baseline", LogEvent.JOB_ERROR, logging.ERROR, rule_name="baseline", rule_msg=None, jobid=number,
            input=["a", "b"], output=["c", "d"], log=[str(log)], conda_env=None, container_img=None, aux={}, indent=False,
            shellcmd=None,
        )  # fmt: skip
        self.tell("Exiting because a job execution failed. Look above for error messages", level=logging.ERROR)
        self.error("WorkflowError:\nAt least one job did not complete successfully.")

    def error(self, text):
        """Tell of an error, as Snakemake words exceptions."""
        self.tell(text, LogEvent.ERROR, logging.ERROR, exception="WorkflowError")

    def page(self):
        """Tell of a page that is made."""
        Path(PAGE).parent.mkdir(parents=True, exist_ok=True)
        Path(PAGE).write_text("<html>")
        self.finish(self.start("notebook", "Executing the notebook of compression.", [PAGE], study="compression"))

    def end(self):
        """End, as Snakemake does when all is done or nothing goes on."""
        self._manager.stop()
