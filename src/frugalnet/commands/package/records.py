"""What in a package does not fit the records of runs: themselves, and the files beside them."""

import csv
import json
import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import cast

from frugalnet.commands.package import raw_archive
from frugalnet.files import digest
from frugalnet.record import paths
from frugalnet.record.record import is_as_written

Place = Path | zipfile.Path


def bad_records(root: Place, checksums: Mapping[str, str | None], left_out: Collection[str] = ()) -> list[str]:
    """Return what is wrong with the records below a folder, whose files have these checksums; those `left_out` may be missing."""
    bad = []
    for name in [name for name in checksums if PurePosixPath(name).name == paths.RECORD]:
        file = cast(Path, root.joinpath(name))  # that of a zip is read alike
        try:
            written, beside = is_as_written(file), dict(json.loads(file.read_text())["files"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            written, beside = False, {}
        bad += [] if written else [f"{name}: not as it was written"]
        folder = PurePosixPath(name).parent
        bad += [
            f"{place}: not as its record says"
            for other, checksum in beside.items()
            if checksums.get(place := str(folder / other)) != checksum
            and not (other in left_out and place not in checksums)
        ]
    return bad


def bad_archives(root: Place, names: Iterable[str]) -> list[str]:
    """Return what is wrong with the raw files in the archives of a light package.

    Raises FrugalNetError for an archive that cannot be opened, or should not.
    """
    bad = []
    for name in [name for name in names if PurePosixPath(name).name == paths.RAW_ARCHIVE]:
        with TemporaryDirectory() as temporary, root.joinpath(name).open("rb") as packed:
            study = Path(temporary)
            raw_archive.unpack(packed, name, study)
            runs = root.joinpath(str(PurePosixPath(name).parent / paths.INTERIM / "runs.csv"))
            bad += [f"{name}: {each}" for each in _bad_study(study, _runs_in(runs))]
    return bad


def _bad_study(study: Path, tabled: list[str]) -> list[str]:
    files = {path.relative_to(study).as_posix(): path for path in sorted(study.rglob("*")) if path.is_file()}
    listed = (
        files.pop(paths.LIGHT).read_text(encoding="utf-8", errors="replace").splitlines()
        if paths.LIGHT in files
        else []
    )
    needed = [f"{paths.RAW}/{run}/{paths.RECORD}" for run in listed]
    bad = [f"{name}: missing" for name in needed if name not in files]
    bad += [] if listed == tabled else [f"{paths.LIGHT}: has not the runs of {paths.INTERIM}/runs.csv"]
    bad += [f"{name}: has no record" for name, path in files.items() if not path.with_name(paths.RECORD).exists()]
    return bad + bad_records(study, {name: digest(path) for name, path in files.items()}, paths.HEAVY)


def _runs_in(table: Place) -> list[str]:
    """Return the runs that a table is of; none where there is no such table."""
    if not table.is_file():
        return []
    with cast(Path, table).open(newline="", encoding="utf-8") as stream:
        return [str(row.get("run")) for row in csv.DictReader(stream)]
