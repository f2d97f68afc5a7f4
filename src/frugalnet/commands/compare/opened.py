"""Results to be compared, out of a folder or a package."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import yaml

from frugalnet.analysis import tables
from frugalnet.commands.package import verify
from frugalnet.commands.package.packing import MANIFEST
from frugalnet.config.reading import renewed
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.record.record import Record, read_record

NEEDED = ("comparison", "runs")
OPTIONAL = ("statistics", "break_even", "claims")
"""Tables that results of an earlier version, or of some studies, do not have."""


@dataclass(frozen=True)
class Results:
    """What is known of a folder of results."""

    path: Path
    settings: dict[str, Any] | None
    records: dict[str, Record]
    """By `<study>/<run>`, without their windows."""
    tables: dict[str, pd.DataFrame]
    """Those of all studies, below each other."""

    @property
    def missing(self) -> list[str]:
        """Return the tables that are not there."""
        return [name for name in OPTIONAL if name not in self.tables]


def open_results(path: Path) -> Results:
    """Return the results in a folder or a package, which is checked; raises FrugalNetError where they are not finished."""
    with _folder(path) as folder:
        records: dict[str, Record] = {}
        found: dict[str, pd.DataFrame] = {}
        for study in sorted(each.parent for each in folder.glob(f"*/{paths.RAW}")):
            for file in sorted((study / paths.RAW).rglob(paths.RECORD)):
                record = read_record(file).model_copy(update={"windows": []})  # which would fill the memory
                records[f"{study.name}/{record.run.id}"] = record
            for place in (
                *study.glob(f"{paths.INTERIM}/runs.parquet"),
                *study.glob(f"{paths.PROCESSED}/*.parquet"),
            ):
                table = tables.read([place])[place.stem].assign(study=study.name)
                found[place.stem] = pd.concat([found[place.stem], table]) if place.stem in found else table
        if missing := [name for name in NEEDED if name not in found]:
            raise FrugalNetError(
                f"{path}: no finished results: no table {', '.join(missing)}; expected a folder as results/quick, or a package "
                f"of it (tables are made by `make analysis RESULTS={path}`)"
            )
        settings = folder / paths.SETTINGS
        return Results(
            path, renewed(yaml.safe_load(settings.read_text()) or {}) if settings.exists() else None, records, found
        )


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Give the folder of the results, for a zip a temporary one with what is needed of it."""
    if (path / MANIFEST).exists():
        verify(path)
        yield _only(path)
    elif path.is_dir():
        yield path
    else:
        verify(path)
        with TemporaryDirectory() as temporary, zipfile.ZipFile(path) as archive:
            archive.extractall(temporary, [name for name in archive.namelist() if _is_needed(PurePosixPath(name))])
            yield _only(Path(temporary))


def _only(package: Path) -> Path:
    return next(folder for folder in (package / "results").iterdir() if folder.is_dir())


def _is_needed(name: PurePosixPath) -> bool:
    folder = name.parent.name
    needed = name.suffix == ".parquet" and (folder == paths.PROCESSED or (folder, name.stem) == (paths.INTERIM, "runs"))
    return name.parts[0] == "results" and (
        needed or name.name == paths.SETTINGS or (name.name == paths.RECORD and paths.RAW in name.parts)
    )
