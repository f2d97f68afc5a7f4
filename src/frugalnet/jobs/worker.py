"""One of several processes that search together, on one machine or many: KerasTuner's chief, or one of its workers.

The trials are stored in the work folder of the run, which all processes must share. When all are done, the workflow's
own command finds them there and trains the winner. This module itself loads no TensorFlow: its messages go to the log.
"""

import argparse
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from frugalnet.config.measure import Measure
from frugalnet.config.reading import read_files
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import hold_lock
from frugalnet.jobs.door import do
from frugalnet.jobs.measuring_lock import BusyError, measuring, sharing
from frugalnet.jobs.sheets import run_sheets
from frugalnet.jobs.warm import MEASURING
from frugalnet.record import paths
from frugalnet.record.probe import read_probe

log = logging.getLogger(__name__)

IP, PORT, TUNER_ID = "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID"
CHIEF_S = 600
"""How long a worker waits for the chief."""
ABOUT = f"""Search with several processes, on one machine or many: one hands out the trials, the others do them.

As KerasTuner expects it, the environment says who this process is:
  {IP}, {PORT}  where the chief is
  {TUNER_ID}                           `chief`, or a name of its own for each worker

All of them need the same folder, with the prepared data and the baseline's run in it. A stopped process
goes on when it is started again. When all trials are done, the workflow's own command trains the winner."""


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line and the environment say."""
    parser = argparse.ArgumentParser(
        usage="python -m frugalnet.jobs.worker RUN [--configfile FILE ...] [--no-wait]",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", help="id of the run that searches, as in mnist/nas/default/seed0")
    parser.add_argument(
        "--configfile", nargs="+", default=[], metavar="FILE", help="the configuration files that Snakemake gets"
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="fail if something other than this search measures on this machine"
    )
    given = parser.parse_args(arguments)
    try:
        missing = [name for name in (IP, PORT, TUNER_ID) if name not in os.environ]
        if missing:
            raise FrugalNetError(
                f"{', '.join(missing)}: not in the environment; expected the address of the chief and the name of this process"
            )
        run, config = row_of(given.run, given.configfile)
        check_inputs(run, config, given.configfile)
    except (FrugalNetError, OSError) as error:
        sys.exit(f"error: {error}")
    name = os.environ[TUNER_ID]
    path = paths.log(paths.RESULTS / config.name / run.study, f"{run.id}_{name}")
    named = {"name": given.run, "overlays": given.configfile, "wait": not given.no_wait}
    do(MEASURING, "frugalnet.jobs.worker:work", named, f"{run.id} {name}", str(path))


def row_of(name: str, overlays: list[str]) -> tuple[Run, Config]:
    """Return the search that `[study/]dataset/method/variant/seed<k>` names, and the configuration.

    Raises FrugalNetError where there is no such search.
    """
    config = read_files(["config/config.yaml", *overlays])
    rows = [row for sheet in run_sheets(config).values() for row in sheet.values() if row.nas and not row.nas.jobs]
    found = next((row for row in rows if name in (row.id, f"{row.study}/{row.id}")), None)
    if found is None:
        known = ", ".join(row.id for row in rows) or "none"
        raise FrugalNetError(f"{name}: no search of the run sheet without nas.jobs; known are {known}")
    return found, config


def check_inputs(run: Run, config: Config, overlays: list[str]) -> None:
    """Raise FrugalNetError where files that the search starts from are missing, with the command that makes them."""
    _, card, reference = _places(run, config)
    missing = [str(path) for path in (card, reference) if path and not path.exists()]
    if missing:
        overlay = f" --configfile {' '.join(overlays)}" if overlays else ""
        raise FrugalNetError(
            f"{' and '.join(missing)} missing; make it first: snakemake --cores 1{overlay} -- {' '.join(missing)}"
        )


def work(name: str, overlays: list[str], wait: bool) -> None:
    """Hand out the trials of a named search, or do those that are handed out, until all are done."""
    from frugalnet.beginning import open_ledger, start
    from frugalnet.energy import Ledger
    from frugalnet.measure.reference import Reference
    from frugalnet.search.kept import SEARCH, TRIALS
    from frugalnet.search.search import is_search_of, prepare, task_of
    from frugalnet.search.tuner import run_tuner

    run, config = row_of(name, overlays)
    assert run.nas is not None
    study, card, reference = _places(run, config)
    task = task_of(run, start(run, card.parent), Reference(reference) if reference else None)
    scratch = paths.work(study, run.id)
    folder, own = scratch / SEARCH, os.environ[TUNER_ID]
    if "chief" in own:  # KerasTuner's rule for who is the chief
        with hold_lock(scratch.with_suffix(".lock"), f"another process is doing the run {run.id}"):
            prepare(folder, task)
            log.info("handing out %d trials at %s:%s", run.nas.trials, os.environ[IP], os.environ[PORT])
            run_tuner(task, Ledger([]), folder / TRIALS, {})
        log.info("all trials are done; the workflow's own command trains the winner")
        return
    _wait_for_chief(lambda: is_search_of(folder, task), folder)
    with hold_lock(folder / f"{own}.lock", f"another process is {own}"), _measuring(run, study, wait) as measure:
        ledger, _ = open_ledger(measure, read_probe(study.parent / paths.METER_PROBE))
        with ledger:
            with ledger.window("load"):
                _ = task.data.train, task.data.validation
            with ledger.window("search"):
                run_tuner(task, ledger, folder / TRIALS, {})
    log.info("no trials are left for this worker")


def _places(run: Run, config: Config) -> tuple[Path, Path, Path | None]:
    """Return the study's folder, the card of the prepared data, and the record of the run to compare with."""
    study = paths.RESULTS / config.name / run.study
    reference = paths.raw(study, run.reference) if run.reference else None
    return study, paths.card(config.data.source, run.dataset), reference


def _wait_for_chief(has_made_folder: Callable[[], bool], folder: Path) -> None:
    """Return when the chief answers and has made the folder of the search; raises FrugalNetError when that takes too long."""
    ip, port = os.environ[IP], os.environ[PORT]
    log.info("waiting for the chief at %s:%s", ip, port)
    end_s = time.monotonic() + CHIEF_S
    while not (has_made_folder() and _answers(ip, int(port))):
        if time.monotonic() > end_s:
            raise FrugalNetError(
                f"no chief in {CHIEF_S} s: expected one at {ip}:{port}, with the same configuration and folder ({folder})"
            )
        time.sleep(0.5)


def _answers(ip: str, port: int) -> bool:
    try:
        socket.create_connection((ip, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def _measuring(run: Run, study: Path, wait: bool) -> Iterator[Measure]:
    """Give how this process measures: without meters if another worker of the search measures on this machine.

    The joules of that machine would otherwise count twice.
    """
    what, said = f"a worker of the search {run.id} of {study.resolve()}", ""
    with ExitStack() as stack:
        while busy := _entered(stack, what):
            if busy.what == what:
                with sharing():
                    yield _without_energies(run)
                return
            if not wait:
                raise busy
            if busy.told != said:
                said = busy.told
                log.info("waiting: %s", said)
            time.sleep(1)
        yield run.measure


def _entered(stack: ExitStack, what: str) -> BusyError | None:
    """Hold the measuring lock as long as the stack is open; return the error if another process holds it."""
    try:
        stack.enter_context(measuring(what, wait=False))
    except BusyError as busy:
        return busy
    return None


def _without_energies(run: Run) -> Measure:
    """Return how a worker measures beside another one; raises FrugalNetError for a search whose objective needs energies."""
    assert run.nas is not None
    if run.nas.weights.energy:
        raise FrugalNetError(
            "nas.weights.energy needs energies: expected one worker per machine, but another one measures on this machine"
        )
    log.warning(
        "another worker measures on this machine: this one knows no energies, so the search's energy is not known"
    )
    return run.measure.model_copy(update={"meters": "none", "replay": None})


if __name__ == "__main__":
    main()
