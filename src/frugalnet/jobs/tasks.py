"""What the jobs of the workflow do, and what commands do in a process of their own; arguments are what JSON can hold."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from frugalnet.errors import FrugalNetError
from frugalnet.jobs.job import end_with_parent
from frugalnet.jobs.measuring_lock import measuring

Given = Mapping[str, Any]
log = logging.getLogger(__name__)


def download(dataset: str, data: Given, folder: str) -> None:
    """Get the files of a dataset."""
    from frugalnet.config.data import Data
    from frugalnet.datasets.fetch import fetch

    fetch(dataset, Data.model_validate(data), Path(folder))


def prepare(dataset: str, files: str, folder: str) -> None:
    """Make arrays and splits from a dataset's files."""
    from frugalnet.datasets.prepared import prepare

    prepare(dataset, Path(files), Path(folder))


def probe(measure: Given, path: str) -> None:
    """Find out what the meters of this machine can tell."""
    from frugalnet.config.measure import Measure
    from frugalnet.jobs.probe import probe_machine

    with measuring("the probe of the meters"):
        probe_machine(Measure.model_validate(measure)).write(Path(path))


def calibration(measure: Given, path: str) -> None:
    """Compare the meters of this machine with its plug."""
    from frugalnet.config.measure import Measure
    from frugalnet.jobs.probe import calibrate_machine

    with measuring("the calibration of the meters"):
        calibrate_machine(Measure.model_validate(measure)).write(Path(path))


def run(run: Given, inputs: Given, probe: str, carbon: Given, study: str) -> None:
    """Do one measured run."""
    from frugalnet.beginning import inputs_of
    from frugalnet.config.carbon import Carbon
    from frugalnet.config.run import Run
    from frugalnet.record.probe import read_probe
    from frugalnet.run import execute

    row, found = Run.model_validate(run), read_probe(Path(probe))
    with measuring(row.id):
        execute(row, inputs_of(inputs), found, Carbon.model_validate(carbon), Path(study))


def trial(run: Given, number: int, inputs: Given, probe: str, path: str) -> None:
    """Do one trial of a search."""
    from frugalnet.beginning import inputs_of
    from frugalnet.config.run import Run
    from frugalnet.jobs.trial import do_trial
    from frugalnet.record.probe import read_probe

    row = Run.model_validate(run)
    with measuring(f"trial {number} of {row.id}"):
        do_trial(row, number, inputs_of(inputs), read_probe(Path(probe)), Path(path))


def settings(settings: Given, hours: str | None, path: str) -> None:
    """Write the settings that results are made with, and beside them a copy of the hourly carbon intensities, if any."""
    from frugalnet.config.reading import write_settings
    from frugalnet.files import replacing
    from frugalnet.record.paths import CARBON_HOURS

    copy = Path(path).with_name(CARBON_HOURS)
    if hours is None:
        copy.unlink(missing_ok=True)
    else:
        with replacing(copy) as new:
            shutil.copyfile(hours, new)
    write_settings(settings, Path(path))


def interim(study: str, records: Sequence[str], left_out: Given, checks: Given, folder: str) -> None:
    """Read raw files into tidy tables."""
    from frugalnet.analysis.tables import make_interim
    from frugalnet.config.checks import Checks

    make_interim(Path(study), [Path(path) for path in records], left_out, Checks.model_validate(checks), Path(folder))


def processed(
    study: str, interim: Sequence[str], carbon: Given, statistics: Given, section: Given, folder: str
) -> None:
    """Make the processed tables, and describe every column."""
    from frugalnet.analysis.tables import make_processed
    from frugalnet.config.carbon import Carbon
    from frugalnet.config.statistics import Statistics
    from frugalnet.config.whole import section_of

    settings = Carbon.model_validate(carbon), Statistics.model_validate(statistics), section_of(study, section)
    make_processed(study, [Path(path) for path in interim], *settings, Path(folder))


def sheet(study: str, section: Given, path: str) -> None:
    """Write the run sheet of a study as a table."""
    from frugalnet import catalogue
    from frugalnet.config.whole import section_of
    from frugalnet.files import replacing

    listed = catalogue.STUDIES[study].listed
    assert listed is not None
    with replacing(Path(path)) as new:
        new.write_text(catalogue.resolve(listed)(section_of(study, section)), encoding="utf-8")


def chosen(study: str, section: Given, checks: Given, records: Sequence[str], path: str) -> None:
    """Choose recipes from the results of a study."""
    from frugalnet.analysis.choice import choose
    from frugalnet.config.checks import Checks
    from frugalnet.config.whole import section_of

    files = [Path(record) for record in records]
    choose(study, section_of(study, section), Checks.model_validate(checks), files, Path(path))


def figure(name: str, tables: Sequence[str], paths: Sequence[str]) -> None:
    """Draw a figure of a study, for two columns of print and, at the same time, for one."""
    from frugalnet import figures
    from frugalnet.analysis.tables import read

    found = read(Path(path) for path in tables)

    def draw(column: bool) -> None:
        drawn = figures.draw(name, found, column)
        for path in map(Path, paths):
            if (path.stem != name) == column:
                figures.save(drawn, path)

    def draw_other() -> None:
        end_with_parent()
        draw(True)

    other = get_context("fork").Process(target=draw_other)
    other.start()
    draw(False)
    other.join()
    if other.exitcode:
        raise FrugalNetError(f"{name}: was not drawn for one column of print")


def page(source: str, template: str, notebook: str, page: str) -> None:
    """Execute a study's notebook, and render it as a page."""
    from frugalnet.page.notebook import execute, render

    executed = Path(notebook)
    execute(Path(source), executed.parent, executed)
    render(executed, Path(template), Path(page))


def track(
    study: str,
    files: Sequence[str],
    tracker: str,
    results: str,
    place: str,
    experiment: str,
    artifacts: Sequence[str],
) -> None:
    """Export a finished run, by its record, or the figures of a study to a tracker; a server that is away delays that."""
    from frugalnet.tracking import content, export
    from frugalnet.tracking.where import Where

    where = Where(tracker, Path(results), place, experiment, tuple(artifacts))
    given, folder = [Path(file) for file in files], Path(results) / study
    if content.FIGURES in artifacts:
        source = content.source_of_figures(folder, given)
    else:
        source = content.source_of_run(folder, given[0], artifacts)
    outcome = export.export([source], where)
    if outcome.delayed:
        log.warning("%s: the export is delayed (%s)", outcome.why, export.caught_up(where))
    for damaged in outcome.damaged.values():
        raise FrugalNetError(damaged)
