"""Results to compare, from a folder or a package."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from frugalnet.analysis import tables
from frugalnet.commands.package.unpacking import as_folder
from frugalnet.config.reading import renewed, sources_of
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading
from frugalnet.record import paths
from frugalnet.record.record import Record, read_record

NEEDED = {
    "comparison": ("dataset", "method", "variant", "seeds", "energy_source", "energy_scope", "data_level"),
    "runs": ("run", "dataset", "method", "variant", "seed", "metric", "data_level", "energy_source", "energy_scope"),
}
"""Tables that results must have, and the columns that these must have."""
OPTIONAL = ("statistics", "break_even", "claims")
"""Tables that results of an earlier version, or of some studies, lack."""


@dataclass(frozen=True)
class Results:
    """Results of all studies in a folder or a package: records and tables, and the settings that they were made with."""

    path: Path
    settings: dict[str, Any] | None
    records: dict[str, Record]
    """By `<study>/<run>`, without their windows."""
    tables: dict[str, pd.DataFrame]
    """Tables of all studies, concatenated."""

    @property
    def missing(self) -> list[str]:
        """Return the optional tables that are missing."""
        return [name for name in OPTIONAL if name not in self.tables]


def open_results(path: Path) -> Results:
    """Return the results in a folder or a package, which is checked; raises FrugalNetError where they are not finished."""
    with as_folder(path, _is_needed) as folder:
        records: dict[str, Record] = {}
        found: dict[str, pd.DataFrame] = {}
        for study in sorted(each.parent for each in folder.glob(f"*/{paths.RAW}")):
            for file in sorted((study / paths.RAW).rglob(paths.RECORD)):
                record = read_record(file).model_copy(update={"windows": []})  # windows would fill the memory
                records[f"{study.name}/{record.run.id}"] = record
            for name, table in _tables(study):
                found[name] = pd.concat([found[name], table]) if name in found else table
        if missing := [name for name in NEEDED if name not in found]:
            raise FrugalNetError(
                f"{path}: no finished results: no table {', '.join(missing)}; expected a folder as results/quick, or a package "
                f"of it (tables are made by `make analysis RESULTS={path}`)"
            )
        file = folder / paths.SETTINGS
        settings = renewed(sources_of([file])[0].values) if file.exists() else None
        return Results(path, settings, records, found)


def _is_needed(name: PurePosixPath) -> bool:
    folder = name.parent.name
    return (
        name.name in (paths.SETTINGS, paths.RAW_ARCHIVE)
        or folder == paths.PROCESSED
        or (folder, name.stem) == (paths.INTERIM, "runs")
        or (name.name == paths.RECORD and paths.RAW in name.parts)
    )


def _tables(study: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of a study that are compared; a light package has them as CSV alone."""
    dictionary = study / paths.PROCESSED / f"{paths.DICTIONARY}.csv"
    places = [*study.glob(f"{paths.INTERIM}/runs.*"), *sorted(study.glob(f"{paths.PROCESSED}/*"))]
    for name in dict.fromkeys(place.with_suffix("") for place in places if place.stem != paths.DICTIONARY):
        packed = name.with_suffix(".parquet")
        file = packed if packed.exists() else name.with_suffix(".csv")
        with reading(file, "a table of FrugalNet; make it anew by `make analysis`"):
            table = tables.read([packed])[name.name] if file == packed else tables.read_csv(file, dictionary)
        if name.name == "runs" and "status" in table:
            table = tables.of_complete(table, tables.without_model(table))
        if lacking := [column for column in NEEDED.get(name.name, ()) if column not in table]:
            raise FrugalNetError(f"{file}: has no column {', '.join(lacking)}; expected a table that FrugalNet made")
        if name.name == "runs" and not table["run"].is_unique:
            twice = table["run"][table["run"].duplicated()].iloc[0]
            raise FrugalNetError(f"{file}: run = {str(twice)[:60]!r} is there twice; expected each run once")
        yield name.name, table.assign(study=study.name)
