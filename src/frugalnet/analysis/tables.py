"""Tables as files, each as CSV for people and parquet for programs, and the two steps from raw files to what is quoted."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.statistics import Statistics

INTERIM, PROCESSED = "interim", "processed"
"""Folders of tables in a study's folder."""


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write every table to `<folder>/<name>.csv` and `.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
        table.to_parquet(folder / f"{name}.parquet", index=False)


def read(paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Return the tables of parquet files by their names."""
    return {path.stem: pd.read_parquet(path) for path in paths}


def make_interim(
    study: Path, records: Iterable[Path], left_out: Mapping[str, Sequence[str]], checks: Checks, folder: Path
) -> None:
    """Write the interim tables of records of a study to a folder."""
    from frugalnet.analysis import interim

    write(interim.read_study(study, records, checks, left_out), folder)


def make_processed(interim_tables: Iterable[Path], carbon: Carbon, statistics: Statistics, folder: Path) -> None:
    """Write the processed tables, and the dictionary of all tables, to a folder."""
    from frugalnet.analysis import dictionary

    found = read(sorted(interim_tables))
    made = processed_tables(found, carbon, statistics)
    write(made, folder)
    dictionary.data_dictionary(found | made).to_csv(folder / "data_dictionary.csv", index=False)


def processed_tables(interim: dict[str, pd.DataFrame], carbon: Carbon, settings: Statistics) -> dict[str, pd.DataFrame]:
    """Return the processed tables by their names, made of the interim ones."""
    from frugalnet.analysis.break_even import break_even
    from frugalnet.analysis.comparison import comparison
    from frugalnet.analysis.pareto import pareto
    from frugalnet.analysis.statistics.table import statistics
    from frugalnet.studies.compression.claims import claims

    runs = interim["runs"]
    compared = comparison(runs, carbon)
    return {
        "comparison": compared,
        "statistics": statistics(runs, settings),
        "pareto": pareto(interim["trials"], runs),
        "break_even": break_even(runs),
        "claims": claims(runs, compared, settings.margins),
    }
