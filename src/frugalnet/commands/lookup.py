"""The finished runs in a folder of results or in a package, read from their records alone, and the run that a name stands for."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from difflib import get_close_matches
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import factors
from frugalnet.analysis.runs import run_row
from frugalnet.commands.package.unpacking import as_folder
from frugalnet.config.section import unknown
from frugalnet.config.shown import some
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths, record
from frugalnet.record.record import Record
from frugalnet.record.seal import is_as_written

PIECE, MANY, WORKERS = 50, 200, 4
"""Records that are read at a time, the number from which on several processes read them, and the most processes."""
NUMBERS = re.compile(r"([0-9]+(?:\.[0-9]+)?)")
Files = dict[str, Path]
"""Records of finished runs by `<study>/<run>`."""


def _is_needed(name: PurePosixPath) -> bool:
    in_raw = name.name in (paths.RECORD, paths.EPOCHS) and paths.RAW in name.parts
    return in_raw or name.name == paths.RAW_ARCHIVE


@contextmanager
def opened(results: Path, study: str | None = None) -> Iterator[Files]:
    """Give the records in a folder of results, in that of one study, or in a package; of one `study` only, if it is named.

    They are in the order of their names. Raises FrugalNetError where there are none.
    """
    if study is not None and study not in catalogue.STUDIES:
        raise FrugalNetError(f"--study {study}: {unknown('study', study, catalogue.STUDIES)}")
    if not results.exists():
        raise FrugalNetError(
            f"{results}: no such folder or file; expected a folder of results, as results/quick, or a package"
        )
    with as_folder(results, _is_needed) as folder:
        is_study = folder.name in catalogue.STUDIES and (folder / paths.RAW).is_dir()
        of_studies = [folder] if is_study else [folder / name for name in catalogue.STUDIES]
        files = {name: file for each in of_studies for name, file in _of_study(each).items()}
        found = {name: file for name, file in files.items() if study is None or name.split("/")[0] == study}
        if not found:
            there = f" (there are runs of {some(dict.fromkeys(name.split('/')[0] for name in files))})" if files else ""
            of = f" of the study {study}{there}" if study else ""
            raise FrugalNetError(
                f"{results}: no finished runs{of} in it; expected a folder of results, as results/quick, or a package"
            )
        yield found


def _of_study(study: Path) -> Files:
    raw = study / paths.RAW
    found = {path.parent.relative_to(raw).as_posix(): path for path in raw.glob(f"*/*/*/seed*/{paths.RECORD}")}
    return {f"{study.name}/{run}": found[run] for run in sorted(found, key=_natural)}


def _natural(name: str) -> list[tuple[float, str]]:
    """Return what names are sorted by, so that seed10 comes after seed2."""
    return [(float(part), "") if part[0].isdigit() else (-1.0, part) for part in NUMBERS.split(name) if part]


def read(path: Path) -> Record:
    """Return the record of a finished run; raises FrugalNetError for another one, and for one that was edited.

    The files beside it are not checked: they may be large, and no number of the record is from them.
    """
    found = record.read_record(path)
    if not is_as_written(path):
        raise FrugalNetError(f"{path}: was edited: it does not fit its own checksum; expected it as its run left it")
    if found.status not in record.FINISHED:
        raise FrugalNetError(f"{path}: status = {found.status}; expected {' or '.join(record.FINISHED)}")
    return found


def table_of(files: Files) -> tuple[pd.DataFrame, list[str]]:
    """Return a row per run, with columns as in the table `runs`, and why records are left out.

    `name` is `<study>/<run>`. Failed tries are not counted. Raises FrugalNetError where no record can be read.
    """
    pairs = list(files.items())
    pieces = [pairs[at : at + PIECE] for at in range(0, len(pairs), PIECE)]
    if len(pairs) < MANY:
        read_pieces = list(map(_rows, pieces))
    else:
        with ProcessPoolExecutor(min(WORKERS, os.cpu_count() or 1), get_context("fork")) as pool:
            read_pieces = list(pool.map(_rows, pieces))
    rows = [row for found, _ in read_pieces for row in found]
    problems = [problem for _, found in read_pieces for problem in found]
    if not rows:
        raise FrugalNetError(f"no record can be read: {problems[0]}")
    types = dict.fromkeys(record.COST, "float64") | dict.fromkeys(record.COUNTS, "Int64")
    return factors.used(pd.DataFrame(rows).astype(types)).copy(), problems


def _rows(files: Sequence[tuple[str, Path]]) -> tuple[list[dict[str, Any]], list[str]]:
    rows, problems = [], []
    for name, path in files:
        try:
            rows.append({"name": name, **run_row(read(path), ())})
        except FrugalNetError as error:
            problems.append(str(error))
    return rows, problems


def find(name: str, files: Mapping[str, Path], place: Path) -> str:
    """Return the run that a name stands for: `[study/]dataset/method[/variant[/seed<k>]]`, or any parts of that in this order.

    Of several seeds of one variant, the first is taken. Raises FrugalNetError for no run, and for several.
    """
    wanted = [part for part in name.split("/") if part]
    exact = [run for run in files if run.split("/") == wanted or run.split("/")[1:] == wanted]
    begun = [run for run in files if wanted in (run.split("/")[: len(wanted)], run.split("/")[1 : len(wanted) + 1])]
    inside = [run for run in files if _has_in_order(run.split("/"), wanted)]
    found = next((runs for runs in (exact, begun, inside) if runs), [])
    variants = list(dict.fromkeys(run.rpartition("/")[0] for run in found))
    if len(variants) == 1 and wanted:
        return found[0]
    if variants and wanted:
        raise FrugalNetError(f"{name}: names several runs in {place}; expected one of {some(variants)}")
    known = list(dict.fromkeys(run.partition("/")[2].rpartition("/")[0] for run in files))
    close = get_close_matches("/".join(wanted), [*known, *(run.partition("/")[2] for run in files)], n=3)
    near = f"Did you mean {' or '.join(close)}?" if close else f"There are {some(known)}"
    raise FrugalNetError(f"{name}: no such run in {place}; expected dataset/method[/variant[/seed<k>]]. {near}")


def _has_in_order(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether a name has the wanted parts in their order, with others between them or not."""
    left = iter(parts)
    return all(part in left for part in wanted)
