"""What in a package does not match the records of runs: the records themselves, and the files beside them."""

import csv
import json
import zipfile
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import cast

from frugalnet.commands.package import raw_archive
from frugalnet.commands.package.contents import TABLE
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, reading, scratch
from frugalnet.record import paths
from frugalnet.record.record import FINISHED
from frugalnet.record.seal import is_as_written

Place = Path | zipfile.Path


def bad_records(root: Place, checksums: Mapping[str, str | None], left_out: Collection[str] = ()) -> list[str]:
    """Return what is wrong with the records among some files with these checksums; files `left_out` may be missing."""
    bad = []
    for name in [name for name in checksums if PurePosixPath(name).name == paths.RECORD]:
        file = cast(Path, root.joinpath(name))  # a path in a zip is read in the same way
        written, beside, status = False, {}, ""
        with suppress(FrugalNetError), reading(file, "a record"):
            values = json.loads(file.read_text(encoding="utf-8"))
            written, beside, status = is_as_written(file), dict(values["files"]), str(values["status"])
        finished = status in FINISHED or _part_of_study(name) != paths.RAW
        bad += [] if written and finished else [f"{name}: not as it was written"]
        folder = PurePosixPath(name).parent
        bad += [
            f"{place}: not as its record says"
            for other, checksum in beside.items()
            if checksums.get(place := str(folder / other)) != checksum
            and not (other in left_out and place not in checksums)
        ]
    return bad


def _part_of_study(name: str) -> str:
    """Return the folder of a study that a file is in, from its name in a package or in a study's archive."""
    parts = PurePosixPath(name).parts
    return parts[3] if parts[0] == "results" and len(parts) > 3 else parts[0]


def bad_tables(root: Place, names: Collection[str]) -> list[str]:
    """Return the runs of a package whose records are not those that the tables are made from."""
    bad = []
    for name in names:
        table = PurePosixPath(name)
        if table.name == "runs.csv" and _part_of_study(name) == paths.INTERIM:
            raw = table.parents[1] / paths.RAW
            seals = _seals_in(root.joinpath(name))
            records = {run: f"{raw}/{run}/{paths.RECORD}" for run in seals}
            there = {run: record for run, record in records.items() if record in names}
            bad += _unlike_seals(root, there, seals)
    return bad


def _unlike_seals(root: Place, records: Mapping[str, str], seals: Mapping[str, str]) -> list[str]:
    """Return the records whose checksum is not the one in a table; tables of older versions have no checksums to compare."""
    found = {}
    for run in [run for run in records if seals[run]]:
        file = cast(Path, root.joinpath(records[run]))
        with reading(file, "a record"):
            found[run] = json.loads(file.read_text(encoding="utf-8")).get("sha256")
    return [
        f"{records[run]}: not the record that the tables are made from" for run in found if found[run] != seals[run]
    ]


def bad_archives(root: Place, names: Iterable[str]) -> list[str]:
    """Return what is wrong with the raw files in the archives of a light package.

    Raises FrugalNetError for an archive that cannot or should not be opened.
    """
    bad = []
    for name in [name for name in names if PurePosixPath(name).name == paths.RAW_ARCHIVE]:
        with scratch() as temporary, root.joinpath(name).open("rb") as packed:
            study = temporary / "study"
            raw_archive.unpack(packed, name, study)
            runs = root.joinpath(str(PurePosixPath(name).parent / paths.INTERIM / "runs.csv"))
            bad += [f"{name}: {each}" for each in _bad_study(study, _seals_in(runs))]
    return bad


def _bad_study(study: Path, seals: dict[str, str]) -> list[str]:
    files = {path.relative_to(study).as_posix(): path for path in sorted(study.rglob("*")) if path.is_file()}
    listed = (
        files.pop(paths.LIGHT).read_text(encoding="utf-8", errors="replace").splitlines()
        if paths.LIGHT in files
        else []
    )
    needed = [f"{paths.RAW}/{run}/{paths.RECORD}" for run in listed]
    bad = [f"{name}: missing" for name in needed if name not in files]
    bad += [] if listed == list(seals) else [f"{paths.LIGHT}: does not list the runs of {paths.INTERIM}/runs.csv"]
    bad += [f"{name}: has no record" for name, path in files.items() if not path.with_name(paths.RECORD).exists()]
    bad += bad_records(study, {name: digest(path) for name, path in files.items()}, paths.HEAVY)
    return bad or _unlike_seals(study, dict(zip(listed, needed, strict=True)), seals)


def _seals_in(table: Place) -> dict[str, str]:
    """Return the runs of a table with the checksums of their records, empty where there is none; nothing without a table."""
    if not table.is_file():
        return {}
    with reading(table, TABLE), cast(Path, table).open(newline="", encoding="utf-8") as stream:
        return {str(row.get("run")): row.get("record_sha256") or "" for row in csv.DictReader(stream)}
