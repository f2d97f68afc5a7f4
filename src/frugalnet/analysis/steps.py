"""The two steps from raw files to what is quoted, from files to files: what the workflow and a rebuild do alike."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from frugalnet.analysis import dictionary, interim, quoted, tables
from frugalnet.sections import Carbon, Checks, Statistics

INTERIM, PROCESSED = "interim", "processed"
"""Folders of tables in a study's folder."""


def make_interim(
    study: Path, records: Iterable[Path], left_out: Mapping[str, Sequence[str]], checks: Checks, folder: Path
) -> None:
    """Write the interim tables of records of a study to a folder."""
    tables.write(interim.read_study(study, records, checks, left_out), folder)


def make_processed(interim_tables: Iterable[Path], carbon: Carbon, statistics: Statistics, folder: Path) -> None:
    """Write the processed tables, and the dictionary of all tables, to a folder."""
    found = tables.read(sorted(interim_tables))
    made = quoted.processed_tables(found, carbon, statistics)
    tables.write(made, folder)
    dictionary.data_dictionary(found | made).to_csv(folder / "data_dictionary.csv", index=False)
