"""Which files go into a package: results that records and tables name, and the code that made them."""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from frugalnet import catalogue
from frugalnet.commands.package.archive import is_safe
from frugalnet.commands.package.contents import BESIDE, Study
from frugalnet.datasets.prepared import check
from frugalnet.errors import FrugalNetError, listed
from frugalnet.jobs import needed
from frugalnet.record import paths

log = logging.getLogger(__name__)

CODE = (
    *("src/frugalnet", "workflow", "profiles", "config", "Snakefile", "Makefile", "pyproject.toml", "environment.yml"),
    *("requirements.lock", "requirements-analysis.lock", "LICENSE", "LICENSE-DATA", "CITATION.cff", "data/README.md"),
)
"""Files of the working folder that are packed, so that the package alone is enough to rebuild tables and repeat the study."""
NEEDED = ("CITATION.cff", "LICENSE", "LICENSE-DATA", "config/config.yaml", "requirements.lock", "pyproject.toml")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints", ".snakemake")


def files_of(results: Path, studies: list[Study], working: Path) -> dict[str, Path]:
    """Return the files to pack by their names in the package: results below `results/<name>`, the code as in the working folder.

    Links, and files that no record or table names, are left out with a warning. Raises FrugalNetError for a name that
    not every system allows.
    """
    refuse_elsewhere(working, NEEDED)
    top = results.resolve()
    wanted = {top / name for name in BESIDE} | {top / path for study in studies for path in _named(study)}
    there = [path for place in (*BESIDE, *(study.name for study in studies)) for path in _files(top / place)]
    packed = {f"results/{top.name}/{path.relative_to(top).as_posix()}": path for path in there if path in wanted}
    code = {path.relative_to(working).as_posix(): path for name in CODE for path in _files(working / name)}
    _tell([path.relative_to(top) for path in there if path not in wanted and not _is_scratch(path.relative_to(top))])
    if unsafe := [repr(name) for name in packed | code if not is_safe(name)]:
        raise FrugalNetError(f"names that cannot be unpacked everywhere:{listed(unsafe)}")
    return dict(sorted((packed | code).items()))


def _named(study: Study) -> Iterator[Path]:
    """Yield the files of a study that records and tables name, relative to the folder of results."""
    folder = Path(study.name)
    for path, record in (study.records | study.failed).items():
        place = folder / path.parent.relative_to(study.folder)
        yield from (place / name for name in (paths.RECORD, *record.files))
        yield from needed.trials_of(record.run, folder)
    for table in paths.tables(folder).values():
        yield from (table, table.with_suffix(".csv"))
    yield folder / paths.PROCESSED / f"{paths.DICTIONARY}.csv"
    for figure in catalogue.STUDIES[study.name].figures:
        yield from (paths.figure(folder, figure, kind, column) for kind in ("svg", "png") for column in (False, True))
    yield from (folder / name for name in (*paths.LISTS, paths.NOTEBOOK, paths.PAGE))


def _files(place: Path) -> Iterator[Path]:
    """Yield a file, or the files in a folder, without links and caches."""
    if place.is_symlink():
        _tell([place])
        return
    if place.is_file():
        yield place
    for folder, folders, names in os.walk(place):  # os.walk does not follow links to folders
        folders[:] = sorted(set(folders) - set(LEFT_OUT))
        found = [Path(folder) / name for name in (*folders, *names)]
        _tell([path for path in found if path.is_symlink()])
        yield from (path for path in found if path.is_file() and not path.is_symlink())


def _is_scratch(path: Path) -> bool:
    """Tell whether a file is one that a study leaves beside its results: logs, locks, unfinished runs, notes of exports."""
    return len(path.parts) > 2 and path.parts[1] in (paths.WORK, paths.LOGS, paths.TRACKED)


def _tell(left_out: list[Path]) -> None:
    if left_out:
        log.warning(
            "left out, because no record or table names them:%s", listed([repr(str(path)) for path in left_out])
        )


def refuse_elsewhere(working: Path, needed: Iterable[str]) -> None:
    """Raise FrugalNetError where a working folder lacks files that a package needs."""
    if missing := [name for name in needed if not (working / name).is_file()]:
        raise FrugalNetError(
            f"{working.resolve()}: no {', '.join(missing)} here; expected the folder of FrugalNet, whose code, licences "
            "and locks go into the package: start the command there"
        )


def refuse_links(files: Iterable[Path]) -> None:
    """Raise FrugalNetError for files that are links, because their targets may not be meant for others."""
    if links := [str(path) for path in files if path.is_symlink()]:
        raise FrugalNetError(f"links where files are expected:{listed(links)}")


def check_data(studies: Iterable[Study], working: Path) -> None:
    """Raise FrugalNetError where prepared data of a study are there and were changed; warn where runs had other data."""
    records = [record for study in studies for record in study.records.values()]
    for card in {json.dumps(record.data, sort_keys=True): record.data for record in records}.values():
        folder = working / paths.card(str(card.get("source")), str(card.get("name"))).parent
        if folder.is_dir() and check(folder, whole=True)["arrays"] != card.get("arrays"):
            log.warning(
                "%s: not the arrays that the runs of %s had: they were prepared again since then", folder, card["name"]
            )
