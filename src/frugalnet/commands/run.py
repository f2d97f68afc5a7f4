"""One measured run outside of the workflow, with the data and the parents that it needs; and the probe of this machine."""

import json
import logging
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from frugalnet.commands.inputs import configuration, need_measuring, prepared, run_sheet
from frugalnet.commands.probe import probed
from frugalnet.config.carbon import Carbon
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.jobs.child import in_own_process
from frugalnet.record import record
from frugalnet.record.probe import read_probe

log = logging.getLogger(__name__)

LOGS = "logs"


def single_run(name: str, config_files: Iterable[Path], settings: Sequence[str], into: Path) -> None:
    """Do the run that a name says, after those that it needs, and print what it came to.

    Runs that are in the folder, made by just the same settings of the same data, are not made anew.
    """
    config = configuration(config_files, settings)
    rows = {run.id: run for run in run_sheet(config)}
    run = rows[named(name, rows)]
    for line in unheeded(run, config, settings):
        log.warning("%s", line)
    need_measuring()
    data = prepared(run.dataset, config)
    probe = probed(config.measure, into)
    needed = before(run, rows)
    for number, each in enumerate([*needed, run], start=1):
        if is_made(each, rows, into, data):
            log.info("%s: is there already; to measure it anew, delete %s", each.id, raw_folder(each, into))
            continue
        log.info("%s: run %d of %d", each.id, number, len(needed) + 1)
        given = {
            "run": each.model_dump(mode="json", exclude_defaults=True),
            "inputs": _inputs(each, rows, into, data),
            "probe": str(probe),
            "carbon": config.carbon.model_dump(),
            "study": str(into / each.study),
        }
        in_own_process("frugalnet.commands.run:measured", given, each.id, into / each.study / LOGS / f"{each.id}.log")
    from frugalnet.commands.terminal import print_run

    print_run(raw_folder(run, into), into / run.study)


def named(name: str, ids: Iterable[str]) -> str:
    """Return the first of the ids that `dataset/method[/variant[/seed]]` names; raises FrugalNetError for none."""
    ids, parts = list(ids), name.strip("/").split("/")
    found = [each for each in ids if each.split("/")[: len(parts)] == parts]
    if found and len(parts) >= 2:
        return found[0]
    known = list(dict.fromkeys("/".join(each.split("/")[: max(2, min(len(parts), 4))]) for each in ids))
    close = get_close_matches(name, known, n=3)
    raise FrugalNetError(
        f"{name}: not on the run sheet of this configuration; expected dataset/method, or with variant and seed. "
        + (f"Did you mean {' or '.join(close)}?" if close else f"Known are {', '.join(known)}")
    )


def unheeded(run: Run, config: Config, settings: Iterable[str]) -> list[str]:
    """Return a line for each setting of `pruning` or `nas` that does not hold for the run: its dataset or variant says otherwise."""
    lines = []
    for key in (setting.partition("=")[0] for setting in settings):
        section, *steps = key.split(".")
        if section not in ("pruning", "nas") or not steps or getattr(run, section) is None:
            continue
        wanted, used = (_value(part.model_dump(), steps) for part in (getattr(config, section), getattr(run, section)))
        if wanted != used:
            lines.append(
                f"{key} is {used} in {run.id}, not {wanted}: its variant (compression.variants or "
                f"datasets.{run.dataset}.variants) or datasets.{run.dataset}.{section} says so, which goes first"
            )
    return lines


def _value(values: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        values = values[step]
    return values


def before(run: Run, rows: dict[str, Run]) -> list[Run]:
    """Return the runs that a run starts from or compares with, and those that they need, each before who needs it."""
    found: dict[str, Run] = {}
    for needed in (run.parent, run.reference):
        if needed:
            found |= {each.id: each for each in [*before(rows[needed], rows), rows[needed]]}
    return list(found.values())


def raw_folder(run: Run, into: Path) -> Path:
    """Return the folder that a finished run leaves its files in."""
    return into / run.study / "raw" / run.id


def is_made(run: Run, rows: dict[str, Run], into: Path, data: Path) -> bool:
    """Tell whether a run is there, whole, made by the same settings of the same data, and its parent is the one that is there."""
    path = raw_folder(run, into) / record.RECORD
    if not path.exists() or not record.is_as_written(path):
        return False
    try:
        rec = record.read_record(path)
    except FrugalNetError:  # of another version
        return False
    parents = [(rec_parent.id, rec_parent.model_sha256) for rec_parent in rec.parents]
    wanted = []
    if run.parent:
        model = raw_folder(rows[run.parent], into) / record.MODEL
        wanted = [(run.parent, digest(model) if model.exists() else None)]
    whole = all((path.parent / name).exists() for name in rec.files)
    return whole and rec.run == run and rec.data == _card(data) and parents == wanted


def _card(data: Path) -> Any:
    from frugalnet.datasets.prepared import CARD

    return json.loads((data / CARD).read_text())


def _inputs(run: Run, rows: dict[str, Run], into: Path, data: Path) -> dict[str, str]:
    """Return what a run starts from, by the workflow's names for it."""
    inputs = {"data": str(data / "dataset.json")}
    if run.parent:
        inputs["parent"] = str(raw_folder(rows[run.parent], into) / record.RECORD)
    if run.reference:
        inputs["reference"] = str(raw_folder(rows[run.reference], into) / record.RECORD)
    return inputs


def measured(run: dict[str, Any], inputs: dict[str, str], probe: str, carbon: dict[str, Any], study: str) -> None:
    """Do a measured run, in a process of its own."""
    from frugalnet.run import execute, inputs_of

    execute(
        Run.model_validate(run),
        inputs_of(inputs),
        read_probe(Path(probe)),
        Carbon.model_validate(carbon),
        Path(study),
    )
