"""One measured run outside of the workflow, with the data and the parents that it needs."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.analysis.choice import choose
from frugalnet.commands.heartbeat import Heartbeat, heartbeat
from frugalnet.commands.inputs import configuration, is_prepared, need_measuring, prepared
from frugalnet.commands.probe import probed
from frugalnet.config.recipe import SHORT
from frugalnet.config.run import Run
from frugalnet.config.section import Section
from frugalnet.config.weights import named_file
from frugalnet.config.whole import Config
from frugalnet.datasets.prepared import check, load
from frugalnet.errors import FrugalNetError, RefusedError
from frugalnet.files import digest
from frugalnet.jobs import needed
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.measuring_lock import measuring
from frugalnet.jobs.sheets import named, run_sheets
from frugalnet.jobs.warm import MEASURING, processes
from frugalnet.recipes.checks import data_for
from frugalnet.recipes.split import as_prepared
from frugalnet.record import paths, record
from frugalnet.record.chosen import read_chosen
from frugalnet.record.seal import is_as_written

log = logging.getLogger(__name__)


def single_run(
    name: str,
    config_files: Iterable[Path],
    settings: Sequence[str],
    into: Path,
    again: bool = False,
    wait: bool = True,
) -> None:
    """Do the run that a name stands for, after the runs that it needs, and print its result.

    Runs that are in the folder, made with the same settings from the same data, are not repeated; the named one is if
    it is to be measured `again`. Raises FrugalNetError where another process measures on this machine and this one does
    not `wait`.
    """
    config = configuration(config_files, settings)
    sheets = run_sheets(config)
    run = named(name, sheets)
    rows, study = sheets[run.study], into / run.study
    for line in overridden(run, config, settings):
        log.warning("%s", line)
    need_measuring()
    with heartbeat() as beats:
        if _is_done(run, rows, config, study) and not again:
            log.info("%s: is done already; --again measures it once more", run.id)
        else:
            with measuring(run.id, wait), processes(MEASURING, wanted=config.measure.warm):
                prepared(run.dataset, config)
                _do([*before(run, rows), run], config, into, again, beats)
        from frugalnet.commands.terminal import print_run
    print_run(paths.raw(study, run.id).parent, study)


def _is_done(run: Run, rows: Mapping[str, Run], config: Config, study: Path) -> bool:
    """Tell whether a run and the runs that it needs are there, and whether their data are there as they were prepared."""
    data = paths.card(config.data.source, run.dataset).parent
    if not is_prepared(run.dataset, config):
        return False
    check(data)
    return all(is_made(each, study, data) for each in [*before(run, rows), run])


def _do(chain: Sequence[Run], config: Config, into: Path, again: bool, beats: Heartbeat) -> None:
    """Do the runs of a chain that are not made, and the last one `again`, each in a process of its own."""
    study, data = into / chain[0].study, paths.card(config.data.source, chain[0].dataset).parent
    for each in chain:
        with suppress(RefusedError) if each.factors else nullcontext():  # a run with factors is finished as refused
            data_for(each, load(data, each.dataset))  # now, so that a recipe that cannot be used here takes no time
    beats.follow("probe", paths.log(into, "probe"))
    probe = probed(config.measure, into)
    for number, each in enumerate(chain, start=1):
        if is_made(each, study, data) and not (again and each is chain[-1]):
            log.info("%s: is done already", each.id)
            continue
        log.info("%s: run %d of %d", each.id, number, len(chain))
        beats.follow(each.id, paths.log(study, each.id))
        inputs = needed.by_run(each, study, config.data.source)
        if "chosen" in inputs:
            others = [paths.raw(study, run.id) for run in chain[:-1]]
            choose(study.name, config.of_study(study.name), config.checks, others, inputs["chosen"])
        given = {
            "run": each.model_dump(mode="json", exclude_defaults=True),
            "inputs": {
                name: str(inputs[name])
                for name in ("data", "parent", "teacher", "reference", "chosen")
                if name in inputs
            },
            "probe": str(probe),
            "carbon": config.carbon.model_dump(),
            "study": str(study),
        }
        in_own_process(MEASURING, "frugalnet.jobs.tasks:run", given, each.id, paths.log(study, each.id))


def overridden(run: Run, config: Config, settings: Iterable[str]) -> list[str]:
    """Return a line for each setting of the run's study that has no effect on the run, because its row has another value."""
    lines = []
    for key in (setting.partition("=")[0] for setting in settings):
        study, *steps = key.split(".")
        if study != run.study or len(steps) < 2 or not isinstance(getattr(run, steps[0], None), Section):
            continue
        path = [steps[0], "optimizer", steps[1]] if steps[0] == "recipe" and steps[1] in SHORT else steps
        wanted, used = (_value(part.model_dump(), path) for part in (getattr(config, study), run))
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
                f"{key} is {used} in {run.id}, not {wanted}: a setting of {study} for its variant or dataset takes precedence"
            )
    return lines


def _value(values: Any, steps: Sequence[str]) -> Any:
    """Return the value at the end of some steps; None where there is none, as in `sgd` without settings."""
    for step in steps:
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def before(run: Run, rows: Mapping[str, Run]) -> list[Run]:
    """Return the runs that a run starts from or compares with, and those that they need, each before the run that needs it."""
    found: dict[str, Run] = {}
    if catalogue.METHODS[run.method].chosen:  # from the results of all other runs
        return [each for each in rows.values() if not catalogue.METHODS[each.method].chosen]
    for start in (run.parent, run.teacher, run.reference):
        if start:
            found |= {each.id: each for each in [*before(rows[start], rows), rows[start]]}
    return list(found.values())


def is_made(run: Run, study: Path, data: Path) -> bool:
    """Tell whether a run is there, whole, made with the same settings from the same data and the same parent."""
    path = paths.raw(study, run.id)
    if not path.exists() or not is_as_written(path):
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
    weights = named_file(run.recipe.weights)
    if weights is not None and rec.weights_sha256 != digest(weights):
        return False
    if catalogue.METHODS[run.method].chosen:
        chosen = paths.chosen(study)
        if not chosen.exists() or read_chosen(chosen).recipes.get(run.variant) != rec.chosen:
            return False
    whole = rec.status in record.FINISHED and all((path.parent / name).exists() for name in rec.files)
    same = rec.run == run and as_prepared(rec.data, json.loads((data / paths.CARD).read_text()))
    return whole and same and parents == wanted
