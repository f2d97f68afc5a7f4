"""Rebuild what is made from raw files (tables, figures and page) with the same code as the workflow."""

import gc
import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from frugalnet import catalogue, figures
from frugalnet.analysis import selection, tables
from frugalnet.analysis.tables import make_interim, make_processed
from frugalnet.commands.package.unpacking import is_package, unpack
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.reading import read_settings
from frugalnet.config.statistics import Statistics
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.jobs.job import end_with_parent
from frugalnet.page import notebook
from frugalnet.record import paths

log = logging.getLogger(__name__)

NOTEBOOKS = Path("workflow/notebooks")
"""Folder of the studies' notebooks and of their pages' template, from the working directory."""
TEMPLATE = NOTEBOOKS / "page.html"
WORKERS = 4
"""Most processes; each holds the tables of the study."""
IMPORTED = (
    *("frugalnet.analysis.interim", "frugalnet.analysis.comparison", "frugalnet.analysis.statistics.table"),
    *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
)
"""Modules, beside those of the figures, that are imported once before the processes are forked."""
OBJECTS = 100_000
"""Number of net new objects at which Python collects garbage; the many objects of a figure live until it is drawn."""


def rebuild(results: Path, to: Path | None = None) -> None:
    """Make tables, figures and page of every study in `results/<name>` anew, from its raw files.

    `results` may be a package; its results are first unpacked into the new folder `to`. Raises FrugalNetError for a
    package that is not whole, and where `remake` does.
    """
    if to is None and is_package(results):
        raise FrugalNetError(f"{results} is a package; expected a folder for its results, as in --to results/mine")
    if to is not None:
        _unpack_to(results, to)
    for study in remake(to or results):
        executed, page = study / paths.NOTEBOOK, study / paths.PAGE
        notebook.execute(_source(study), study, executed)
        notebook.render(executed, TEMPLATE, page)
        log.info("done: %s", page)


def _unpack_to(package: Path, to: Path) -> None:
    """Put the results of a package into a new folder, all or none of them."""
    if to.exists():
        raise FrugalNetError(f"--to {to}: exists already; expected the name of a new folder")
    if not is_package(package):
        raise FrugalNetError(f"{package}: no package, but --to is given; expected one that `frugalnet package` wrote")
    to.parent.mkdir(parents=True, exist_ok=True)
    with scratch(to.parent, ".unpacked-") as temporary:
        unpack(package, temporary).rename(to)


def remake(results: Path) -> list[Path]:
    """Make tables and figures of every study in `results/<name>` anew, and return the studies' folders.

    The configuration is that of `settings.yaml` in that folder; without it, all records that are there are used. Tables
    and figures are replaced when all of a study are made. Raises FrugalNetError where there are no raw files, or where
    they are refused.
    """
    studies = [study for study in catalogue.STUDIES if (results / study / paths.RAW).is_dir()]
    if not studies:
        raise FrugalNetError(
            f"{results}: no raw files; expected a folder of results, as results/quick, with the folder raw of a study "
            f"({', '.join(catalogue.STUDIES)}) in it"
        )
    settings = read_settings(results / paths.SETTINGS, results / paths.CARBON_HOURS)
    if settings is None and (needing := [study for study in studies if catalogue.STUDIES[study].listed]):
        raise FrugalNetError(
            f"{results / paths.SETTINGS}: no such file; expected the settings that {', '.join(needing)} was made with, which "
            "name its factors"
        )
    if settings is None:
        log.warning(
            "%s is missing: all records that are there are used, with default settings", results / paths.SETTINGS
        )
    for study in studies:
        _remake_study(results / study, settings)
    return [results / study for study in studies]


def _source(study: Path) -> Path:
    return NOTEBOOKS / f"{study.name}.ipynb"


def _remake_study(study: Path, settings: Config | None) -> None:
    if missing := [str(path) for path in (_source(study), TEMPLATE) if not path.exists()]:
        raise FrugalNetError(
            f"{', '.join(missing)}: no such file; expected the folder of FrugalNet's source as the working directory"
        )
    records, left_out = _records(study, settings)
    log.info("%s: reading %d records", study, len(records))
    with scratch(study, ".rebuilt-") as temporary:
        folder = temporary / study.name
        _make(study, records, left_out, settings, folder)
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            place = study / path.relative_to(folder)
            place.parent.mkdir(exist_ok=True)
            path.replace(place)
    log.info("%s: tables and figures are made", study)


def _make(
    study: Path, records: list[Path], left_out: dict[str, list[str]], settings: Config | None, folder: Path
) -> None:
    """Make tables and figures of a study in a folder, in several processes.

    Figures that need only interim tables are drawn while the processed tables are made.
    """
    names = catalogue.STUDIES[study.name].figures
    interim, processed = folder / paths.INTERIM, folder / paths.PROCESSED
    for module in (*IMPORTED, *map(_module, names)):
        import_module(module)
    with _pool() as pool:
        checks = settings.checks if settings else Checks()
        make_interim(study, records, left_out, checks, interim, pool.map)
        carbon = settings.carbon if settings else _carbon(interim / "runs.parquet", study.parent / paths.CARBON_HOURS)
        log.info("comparing the methods, and drawing")
        read, statistics = list(interim.glob("*.parquet")), settings.statistics if settings else Statistics()
        section = (settings or Config()).of_study(study.name)
        compared = pool.submit(make_processed, study.name, read, carbon, statistics, section, processed)
        early = [name for name in names if set(figures.needed(name)) <= set(paths.INTERIM_TABLES)]
        drawn = [pool.submit(_draw, name, folder) for name in early]
        compared.result()
        drawn += [pool.submit(_draw, name, folder) for name in names if name not in early]
        for number, figure in enumerate(as_completed(drawn), 1):
            log.info("%s: figure %d of %d", figure.result(), number, len(names))


@contextmanager
def _pool() -> Iterator[ProcessPoolExecutor]:
    """Give forked processes that end with this one and, after an error, finish only their current task."""
    with ProcessPoolExecutor(min(WORKERS, os.cpu_count() or 1), get_context("fork"), _begin) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin() -> None:
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets the signal too
    gc.set_threshold(OBJECTS)


def _records(study: Path, settings: Config | None) -> tuple[list[Path], dict[str, list[str]]]:
    """Return the records that the tables are made from, as in the workflow, and the datasets that are left out."""
    sheet = catalogue.resolve(catalogue.STUDIES[study.name].sheet)(settings) if settings else None
    records, left_out = selection.of_study(study, sheet)
    for dataset in left_out:
        log.warning("%s is left out: not all of its runs are there as %s says", dataset, paths.SETTINGS)
    if settings and not records:
        raise FrugalNetError(
            f"{study}: no dataset has all of its runs as {paths.SETTINGS} says; expected raw files made with these settings "
            f"and this version of FrugalNet. Without {paths.SETTINGS}, all records that are there are used"
        )
    return records, left_out


def _carbon(runs: Path, hours: Path) -> Carbon:
    """Return the carbon intensity that all runs were made with; none where runs differ or the copy of hourly ones is missing."""
    columns = {f"carbon_{name.replace('intensity_', '')}": name for name in Carbon.model_fields}
    found = pd.read_parquet(runs, columns=list(columns)).rename(columns=columns).drop_duplicates()
    if len(found) > 1:
        log.warning("the runs were made with several carbon intensities: none is used")
        return Carbon()
    carbon = Carbon.model_validate(found.iloc[0].dropna().to_dict())
    if carbon.hourly and not hours.exists():
        log.warning("%s is missing: no carbon intensity is used", hours)
        return Carbon()
    return carbon.with_copy(hours)


def _module(figure: str) -> str:
    return f"{figures.__name__}.{figure}"


def _draw(figure: str, folder: Path) -> str:
    """Draw a figure for two columns of print and for one, as svg and png, and return its name."""
    found = tables.read(paths.tables(folder).values(), figures.columns(figure))
    for column in (False, True):
        drawn = figures.draw(figure, found, column)
        for kind in ("svg", "png"):
            figures.save(drawn, paths.figure(folder, figure, kind, column))
    return figure
