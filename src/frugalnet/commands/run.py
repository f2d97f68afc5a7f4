"""One measured run outside of the workflow, with the data and the parents that it needs."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.commands.inputs import configuration, need_measuring, prepared
from frugalnet.commands.probe import probed
from frugalnet.config.run import Run
from frugalnet.config.section import Section
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.jobs import needed
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.sheets import named, run_sheets
from frugalnet.jobs.warm import MEASURING, processes
from frugalnet.record import paths, record

log = logging.getLogger(__name__)


def single_run(name: str, config_files: Iterable[Path], settings: Sequence[str], into: Path) -> None:
    """Do the run that a name says, after those that it needs, and print what it came to.

    Runs that are in the folder, made by just the same settings of the same data, are not made anew.
    """
    config = configuration(config_files, settings)
    sheets = run_sheets(config)
    run = named(name, sheets)
    rows, study = sheets[run.study], into / run.study
    for line in overridden(run, config, settings):
        log.warning("%s", line)
    need_measuring()
    data = prepared(run.dataset, config)
    chain = [*before(run, rows), run]
    due = not all(is_made(each, study, data) for each in chain)
    with processes(MEASURING, wanted=config.measure.warm and due):
        _do(chain, config, into, data)
    from frugalnet.commands.terminal import print_run

    print_run(paths.raw(study, run.id).parent, study)


def _do(chain: Sequence[Run], config: Config, into: Path, data: Path) -> None:
    """Do the runs of a chain that are not made, each in a process of its own."""
    study = into / chain[0].study
    probe = probed(config.measure, into)
    for number, each in enumerate(chain, start=1):
        if is_made(each, study, data):
            folder = paths.raw(study, each.id).parent
            log.info("%s: is there already; to measure it anew, delete %s", each.id, folder)
            continue
        log.info("%s: run %d of %d", each.id, number, len(chain))
        inputs = needed.by_run(each, study, config.data.source)
        given = {
            "run": each.model_dump(mode="json", exclude_defaults=True),
            "inputs": {
                name: str(inputs[name]) for name in ("data", "parent", "teacher", "reference") if name in inputs
            },
            "probe": str(probe),
            "carbon": config.carbon.model_dump(),
            "study": str(study),
        }
        in_own_process(MEASURING, "frugalnet.jobs.tasks:run", given, each.id, paths.log(study, each.id))


def overridden(run: Run, config: Config, settings: Iterable[str]) -> list[str]:
    """Return a line for each setting of the run's study that another one goes before: its row says otherwise."""
    lines = []
    for key in (setting.partition("=")[0] for setting in settings):
        study, *steps = key.split(".")
        if study != run.study or len(steps) < 2 or not isinstance(getattr(run, steps[0], None), Section):
            continue
        wanted, used = (_value(part.model_dump(), steps) for part in (getattr(config, study), run))
        if wanted == used:
            continue
        entry = catalogue.METHODS[run.method]
        read = entry.keys(steps[0])
        if ".".join(steps) in entry.fixed:
            lines.append(f"{key} has no effect on {run.id}: {run.method} has a value of its own, {used}")
        elif read is not None and steps[1] not in read:
            lines.append(f"{key} has no effect on {run.id}: {run.method} does not read it")
        else:
            lines.append(
                f"{key} is {used} in {run.id}, not {wanted}: a setting of {study} for its variant or dataset alone goes first"
            )
    return lines


def _value(values: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        values = values[step]
    return values


def before(run: Run, rows: Mapping[str, Run]) -> list[Run]:
    """Return the runs that a run starts from or compares with, and those that they need, each before who needs it."""
    found: dict[str, Run] = {}
    for start in (run.parent, run.teacher, run.reference):
        if start:
            found |= {each.id: each for each in [*before(rows[start], rows), rows[start]]}
    return list(found.values())


def is_made(run: Run, study: Path, data: Path) -> bool:
    """Tell whether a run is there, whole, made by the same settings of the same data, and its parent is the one that is there."""
    path = paths.raw(study, run.id)
    if not path.exists() or not record.is_as_written(path):
        return False
    try:
        rec = record.read_record(path)
    except FrugalNetError:  # of another version
        return False
    parents = [(rec_parent.id, rec_parent.model_sha256) for rec_parent in rec.parents]
    wanted = []
    if run.parent:
        model = paths.raw(study, run.parent, paths.MODEL)
        wanted = [(run.parent, digest(model) if model.exists() else None)]
    whole = all((path.parent / name).exists() for name in rec.files)
    return whole and rec.run == run and rec.data == json.loads((data / paths.CARD).read_text()) and parents == wanted
