"""The data dictionary in a published standard: a Data Package with a Table Schema for every table.

Source: Frictionless Data, Data Package and Table Schema, version 1 (https://specs.frictionlessdata.io). `unit` is a
property of our own, which the standard allows.
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from frugalnet.commands.package.archive import Packed
from frugalnet.commands.package.contents import TABLE
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

DATA_PACKAGE = "datapackage.json"
DICTIONARY = "data_dictionary"
TYPES = {"int": "integer", "float": "number", "bool": "boolean"}
"""Type of a field by the beginning of its column's type; all others are text."""
OF_DICTIONARY = {
    "table": "Table that has the column.",
    "column": "Column.",
    "type": "Type of the column in parquet and in pandas.",
    "unit": "Unit of its values; empty: none.",
    "meaning": "What its values mean.",
}


def data_package(about: Mapping[str, Any], studies: Iterable[Path], packed: Mapping[str, Packed]) -> dict[str, Any]:
    """Return the descriptor of all packed tables; `about` has its properties, `studies` the studies' folders."""
    resources = []
    for folder in studies:
        described = _dictionary(folder / "processed" / f"{DICTIONARY}.csv")
        for path in sorted([*folder.glob("interim/*.csv"), *folder.glob("processed/*.csv")]):
            name = f"results/{folder.parent.resolve().name}/{path.relative_to(folder.parent).as_posix()}"
            if name in packed:
                resources.append(_resource(name, path, described, packed[name]))
    return {"profile": "tabular-data-package", **about, "resources": resources}


def _resource(
    name: str, path: Path, described: Mapping[tuple[str, str], dict[str, str]], file: Packed
) -> dict[str, Any]:
    columns = next(iter(rows_of(path)), [])
    fields = [_field(path, column, described) for column in columns]
    return {
        "profile": "tabular-data-resource",
        "name": f"{path.parent.parent.name}-{path.parent.name}-{path.stem}".lower(),
        "title": path.stem,
        "path": name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
        "schema": {"fields": fields, "missingValues": [""]},
    }


def _field(path: Path, column: str, described: Mapping[tuple[str, str], dict[str, str]]) -> dict[str, str]:
    if path.stem == DICTIONARY:
        return {"name": column, "type": "string", "description": OF_DICTIONARY.get(column, "")}
    row = described.get((path.stem, column))
    if row is None:
        raise FrugalNetError(
            f"{path}: column {column} is not in {DICTIONARY}.csv; expected tables of one version: run `make analysis` first"
        )
    kind = next((type for begin, type in TYPES.items() if row["type"].lower().startswith(begin)), "string")
    unit = {"unit": row["unit"]} if row["unit"] else {}
    return {"name": column, "type": kind, "description": row["meaning"], **unit}


def _dictionary(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    columns, *rows = rows_of(path) or [[]]
    if columns != list(OF_DICTIONARY):
        raise FrugalNetError(f"{path}: torn, or no data dictionary; make it anew by `make analysis`")
    described = [dict(zip(columns, row, strict=False)) for row in rows if len(row) == len(columns)]
    return {(row["table"], row["column"]): row for row in described}


def rows_of(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file, its columns first."""
    with reading(path, TABLE), path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))
