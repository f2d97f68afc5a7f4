"""Which records the tables of a study are made from, and in which order."""

import json
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from frugalnet import catalogue
from frugalnet.analysis.integrity import is_there
from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading
from frugalnet.record import paths, record
from frugalnet.record.seal import is_as_written

GRANULARITIES = ("weight", "unit", "2:4")
RUN = re.compile(r"(\w[\w.:-]{0,199}/){3}seed\d{1,9}")
"""The id of a run; it cannot lead out of its folder."""


def of_study(study: Path, sheet: Iterable[Run] | None) -> tuple[list[Path], dict[str, list[str]]]:
    """Return the records that a study's tables are made from, and the datasets left out, with the runs that they lack.

    A light package names its records, because later versions of the code may have another run sheet. Otherwise they are
    those of the sheet, and without a sheet all that are there.
    """
    light = study / paths.LIGHT
    if light.exists():
        return [paths.raw(study, run) for run in _runs_in(light)], {}
    return (of_folder(study), {}) if sheet is None else of_sheet(sheet, study)


def _runs_in(light: Path) -> list[str]:
    """Return the runs that a file names, one per line; raises FrugalNetError for a line that is no run, or is repeated."""
    expected = "the runs of a light package, each once, as mnist/baseline/default/seed0"
    with reading(light, expected):
        runs = light.read_text(encoding="utf-8").splitlines()
    seen: set[str] = set()
    for number, run in enumerate(runs, 1):
        if not RUN.fullmatch(run) or run in seen:
            raise FrugalNetError(f"{light}, line {number}: {run[:60]!r}; expected {expected}")
        seen.add(run)
    return runs


def of_sheet(sheet: Iterable[Run], study: Path, asked: Collection[str] = ()) -> tuple[list[Path], dict[str, list[str]]]:
    """Return the records of a run sheet, in its order, and the datasets left out, with the runs that they lack.

    A dataset is left out if it was not asked for and not all of its runs are there as the sheet says. A damaged run is
    there: `integrity` decides about it.
    """
    runs = list(sheet)
    missing: dict[str, list[str]] = {}
    for run in runs:
        if run.dataset not in asked and not _is_done(run, paths.raw(study, run.id)):
            missing.setdefault(run.dataset, []).append(run.id)
    return [paths.raw(study, run.id) for run in runs if run.dataset not in missing], missing


def _is_done(run: Run, path: Path) -> bool:
    if _begins_with(run, path):
        return True
    found = _run_in(path)
    return found == run if found and found.id == run.id and is_as_written(path) else is_there(path.parent)


def _begins_with(run: Run, path: Path) -> bool:
    """Tell whether a record begins with a run as `Record.write` writes it; only the beginning is read."""
    written = json.dumps({"run": run.model_dump(mode="json")}, indent=1).removesuffix("\n}").encode()
    with suppress(FrugalNetError), reading(path, "a record"), path.open("rb") as file:
        return file.read(len(written)) == written
    return False


def _run_in(path: Path) -> Run | None:
    """Return the run of a record; None where the record is missing or torn."""
    try:
        return record.read_record(path).run if path.exists() else None
    except FrugalNetError:
        return None


def of_folder(study: Path) -> list[Path]:
    """Return all records of a study, in the order of a run sheet as far as they tell it.

    Seeds come outermost, then datasets and methods in the catalogue's order, then variants: by granularity and
    sparsity.
    """
    folders = {path.parent for name in paths.COMPLETE for path in (study / paths.RAW).rglob(name)}
    records = [folder / paths.RECORD for folder in sorted(folders) if is_there(folder)]
    return sorted(records, key=_place)


def _place(path: Path) -> tuple[object, ...]:
    """Return the sort key of a record; records that cannot be read come last."""
    run = _run_in(path)
    if run is None or run.dataset not in catalogue.DATASETS or run.method not in catalogue.METHODS:
        return 1, path.as_posix()
    datasets, methods = list(catalogue.DATASETS), list(catalogue.METHODS)
    pruning = (GRANULARITIES.index(run.pruning.granularity), run.pruning.sparsity) if run.pruning else (-1, 0.0)
    return 0, run.seed, datasets.index(run.dataset), methods.index(run.method), *pruning, run.variant
