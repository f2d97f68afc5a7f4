"""Tables as files, each as CSV for people and parquet for programs, and the two steps from raw files to what is quoted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.statistics import Statistics
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write every table to `<folder>/<name>.csv` and `.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
        table.to_parquet(folder / f"{name}.parquet", index=False)


def read(files: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Return the tables of parquet files by their names."""
    return {file.stem: pd.read_parquet(file) for file in files}


def make_interim(
    study: Path, records: Iterable[Path], left_out: Mapping[str, Sequence[str]], checks: Checks, folder: Path
) -> None:
    """Write the interim tables of records of a study to a folder."""
    from frugalnet.analysis import interim

    write(interim.read_study(study, records, checks, left_out), folder)


def make_processed(
    study: str, interim_tables: Iterable[Path], carbon: Carbon, statistics: Statistics, folder: Path
) -> None:
    """Write the processed tables of a study, and the dictionary of all its tables, to a folder."""
    from frugalnet.analysis import dictionary

    found = read(sorted(interim_tables))
    made = processed_tables(study, found, carbon, statistics)
    write(made, folder)
    described = dictionary.data_dictionary(found | made, _meanings(study))
    described.to_csv(folder / f"{paths.DICTIONARY}.csv", index=False)


def processed_tables(
    study: str, interim: Mapping[str, pd.DataFrame], carbon: Carbon, settings: Statistics
) -> dict[str, pd.DataFrame]:
    """Return the processed tables of a study by their names: those that every study has, and then its own."""
    from frugalnet.analysis.comparison import comparison
    from frugalnet.analysis.statistics.table import statistics

    entry, runs = catalogue.STUDIES[study], interim["runs"]
    made = {
        "comparison": comparison(runs, carbon, entry.references),
        "statistics": statistics(runs, settings, entry.references),
    }
    for name, path in entry.tables.items():
        made[name] = called(catalogue.resolve(path), name, {**interim, **made, "settings": settings})
    return made


def _meanings(study: str) -> dict[str, Any]:
    """Return what the modules of a study's own tables say in MEANINGS: unit and meaning of columns, by table."""
    modules = dict.fromkeys(path.partition(":")[0] for path in catalogue.STUDIES[study].tables.values())
    return {name: own for each in modules for name, own in getattr(import_module(each), "MEANINGS", {}).items()}


def called(function: Callable[..., Any], name: str, given: Mapping[str, Any]) -> Any:
    """Call a function with what its arguments are named after; raises FrugalNetError for a table that is not there."""
    wanted = signature(function).parameters
    if missing := [argument for argument in wanted if argument not in given]:
        raise FrugalNetError(f"{name}: no table {', '.join(missing)}; given are {', '.join(given) or 'none'}")
    return function(**{argument: given[argument] for argument in wanted})
