"""How a run ends: its files move into place, with the record last, and a try that failed leaves what it measured."""

import logging
import shutil
import traceback
from pathlib import Path
from typing import Any

from frugalnet import backend
from frugalnet.energy import Ledger, statement
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.record import paths, record
from frugalnet.record.machine import machine, software
from frugalnet.search.kept import SEARCH, TRIALS, handed_on

log = logging.getLogger(__name__)


def leave(
    folder: Path,
    ledger: Ledger,
    about: dict[str, Any],
    others: list[record.WindowEntry],
    found: dict[str, Any],
) -> record.Record:
    """Write the ledger and the record beside what is in the folder already, and return it; `others` are windows of other processes."""
    windows = [*statement.windows_of(ledger), *others]
    statement.write(ledger, windows, folder)
    energy = statement.energy_of(ledger, windows, backend.on_gpu(), **about["energy"])
    if not windows and found["status"] in record.WITHOUT_MODEL:
        energy.reason = f"nothing was measured: {found['error']}"
    written = record.Record(
        **about | found | {"energy": energy, "windows": windows},
        machine=machine(),
        software=software(),
        files={path.name: digest(path) for path in sorted(folder.iterdir())},
    )
    written.write(folder)
    return written


def leave_failed(error: BaseException, ledger: Ledger, about: dict[str, Any], work: Path, tries: Path) -> None:
    """Write what was measured before an error to the folder of failed tries; a second error does not replace the first."""
    written = work / "failed"
    shutil.rmtree(written, ignore_errors=True)
    try:
        written.mkdir(parents=True)
        kept, others = _handed_on(work, ledger)
        leave(written, ledger, about, others, {"status": "failed", "error": _text(error), "kept": kept})
        tries.mkdir(parents=True, exist_ok=True)
        folder = tries / _next_number(tries)
        written.rename(folder)
    except Exception as second:
        shutil.rmtree(written, ignore_errors=True)
        log.warning("the measurements of the failed run could not be written (%s: %s)", type(second).__name__, second)
    else:
        log.info("failed; what was measured until then is in %s", folder)


def _handed_on(work: Path, ledger: Ledger) -> tuple[list[str], list[record.WindowEntry]]:
    """Return what the next try can go on with; nothing where trials cannot be read."""
    try:
        return handed_on(work / SEARCH / TRIALS, ledger)
    except FrugalNetError as error:
        log.warning("%s", error)
        return [], []


def publish(made: Path, raw: Path) -> None:
    """Move a finished run's files into its raw folder, the record last: a folder without a record is not finished."""
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir(parents=True)
    for path in sorted(made.iterdir(), key=lambda path: path.name == paths.RECORD):
        path.replace(raw / path.name)


def _next_number(tries: Path) -> str:
    """Return the name of the next try: one more than the largest number that is there."""
    return str(1 + max((int(path.name) for path in tries.iterdir() if path.name.isdecimal()), default=-1))


def _text(error: BaseException) -> str:
    return str(error) if isinstance(error, FrugalNetError) else "".join(traceback.format_exception(error))
