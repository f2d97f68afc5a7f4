"""What a user sees of the workflow while it runs, instead of Snakemake's own output: `--logger frugalnet`.

Snakemake imports this package in every call, so what it needs is imported only when there is something to show.
"""

import os
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from logging import LogRecord
from typing import TYPE_CHECKING

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

if TYPE_CHECKING:
    from snakemake_logger_plugin_frugalnet.narrator import Narrator

QUIET = "FRUGALNET_QUIET"
"""Variable that tells jobs to write only to their logs: `frugalnet.jobs.job.QUIET`."""
BUG_OF_SNAKEMAKE = r"coroutine 'InputFiles\._predicated_size_files"
"""A warning of Python about Snakemake's code that is of no use to a user."""


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Settings of the plugin, as options of the command line and keys of a profile."""

    plain: bool = field(
        default=False,
        metadata={
            "help": "Show Snakemake's own output instead of FrugalNet's: every job with its files and the reason why it is done."
        },
    )


class LogHandler(LogHandlerBase):
    """Show what goes on; with `plain`, leave it to Snakemake."""

    def __post_init__(self) -> None:
        self._narrator: Narrator | None = None
        self._broken = self._ended = False
        self._plain = isinstance(self.settings, LogHandlerSettings) and self.settings.plain
        self._lock = threading.RLock()
        self._quiet_before = os.environ.get(QUIET)
        if not self._plain:
            os.environ[QUIET] = "1"
            warnings.filterwarnings("ignore", BUG_OF_SNAKEMAKE, RuntimeWarning)

    @property
    def writes_to_stream(self) -> bool:
        """Tell whether this plugin writes the output; if not, Snakemake adds its own."""
        return not self._plain

    @property
    def writes_to_file(self) -> bool:
        """Tell that Snakemake's own log file stays as it is."""
        return False

    @property
    def has_filter(self) -> bool:
        """Tell that this plugin itself decides what is shown."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Tell that this plugin itself words what is shown."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Tell that the rule graph is not needed."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Show what a record of Snakemake says; it is called in a thread of its own."""
        if self._plain or self._ended:
            return
        with self._lock:
            if not self._broken:
                try:
                    self._told().tell(record)
                    return
                except Exception:
                    self._give_up()
            self._as_snakemake(record)

    def close(self) -> None:
        """Show the result, and leave the terminal as it was."""
        super().close()
        with self._lock:
            if self._plain or self._ended:
                return
            self._ended = True
            try:
                if self._narrator and not self._broken:
                    self._narrator.end()
            except Exception:
                self._give_up()
            os.environ.pop(QUIET, None)
            if self._quiet_before is not None:
                os.environ[QUIET] = self._quiet_before

    def _told(self) -> "Narrator":
        if self._narrator is None:
            from snakemake_logger_plugin_frugalnet.narrator import Narrator

            self._narrator = Narrator(self.common_settings, self._lock)
        return self._narrator

    def _give_up(self) -> None:
        """Go on with Snakemake's output: an error of the display must not hide or stop the work."""
        self._broken, text = True, traceback.format_exc()
        if self._narrator:
            with suppress(Exception):  # the first error is what is shown
                self._narrator.abandon()
        print(
            f"The display of FrugalNet failed; what follows is Snakemake's own output:\n{text}", file=sys.stderr, end=""
        )

    def _as_snakemake(self, record: LogRecord) -> None:
        # Public names of a private module: Snakemake's plugin interface gives no access to its own output.
        from snakemake.logging import DefaultFilter, DefaultFormatter

        given = self.common_settings
        if DefaultFilter(given.quiet, given.debug_dag, given.verbose, given.dryrun, given.printshellcmds).filter(
            record
        ):
            print(
                DefaultFormatter(given.quiet, given.show_failed_logs).format(record),
                file=sys.stdout if given.stdout else sys.stderr,
            )
