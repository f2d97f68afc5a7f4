"""Tables as files, CSV for people and parquet for programs, and the two steps from raw files to processed tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from frugalnet import catalogue
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.section import Section
from frugalnet.config.statistics import Statistics
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading
from frugalnet.record import paths
from frugalnet.record.record import COMPLETE

OF_RUNS = ("runs", "windows", "epochs", "trials", "resampled", "timelines")
"""Tables whose rows belong to one run each; `runs` lies beside the others."""


class Tables(Mapping[str, pd.DataFrame]):
    """Tables in parquet files by name; each is read when it is asked for, and of some only `columns`.

    They have the rows of complete runs alone; `whole` has all.
    """

    def __init__(self, files: Iterable[Path], columns: Mapping[str, list[str]]) -> None:
        self._files = {file.stem: file for file in files}
        self._columns = columns

    def __getitem__(self, name: str) -> pd.DataFrame:
        found = self.whole(name)
        return of_complete(found, self._without_model) if name in OF_RUNS and len(self._without_model) else found

    def whole(self, name: str) -> pd.DataFrame:
        """Return a table with the rows of runs without a model too."""
        return pd.read_parquet(self._files[name], columns=self._columns.get(name))

    @cached_property
    def _without_model(self) -> pd.Series:
        """Return the ids of the runs without a model; earlier versions finished none."""
        file = next(self._files[name] for name in OF_RUNS if name in self._files).with_stem("runs")
        if not file.exists() or "status" not in pq.read_schema(file).names:
            return pd.Series(dtype="str")
        return without_model(pd.read_parquet(file, columns=["run", "status"]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def rows(self, name: str) -> int:
        """Return how many rows a table has, without reading it."""
        return int(pq.read_metadata(self._files[name]).num_rows)

    def without_rows(self) -> dict[str, pd.DataFrame]:
        """Return all tables with their columns, but no rows."""
        columns = {name: pq.read_schema(file).pandas_metadata["columns"] for name, file in self._files.items()}
        return {
            name: pd.DataFrame({column["name"]: pd.Series(dtype=column["numpy_type"]) for column in of_table})
            for name, of_table in columns.items()
        }


def without_model(runs: pd.DataFrame) -> pd.Series:
    """Return the ids of the runs in the table `runs` that diverged or ran out of memory."""
    return runs["run"][runs["status"] != COMPLETE]


def of_complete(table: pd.DataFrame, left_out: pd.Series) -> pd.DataFrame:
    """Return the rows of all runs but those left out, with the types that a table without these has."""
    found = table[~table["run"].isin(left_out)].reset_index(drop=True).infer_objects()
    types = {"throughput_batch": "int64"} if "throughput_batch" in found else {}
    return found.astype(types).copy()  # in one piece


def read(files: Iterable[Path], columns: Mapping[str, list[str]] = MappingProxyType({})) -> Tables:
    """Return the tables of parquet files by name; of some only `columns`."""
    return Tables(files, columns)


def read_csv(path: Path, dictionary: Path) -> pd.DataFrame:
    """Return the table in a CSV file that `write` made, with the types of a data dictionary; empty text is missing."""
    with reading(dictionary, "a data dictionary"):
        described = pd.read_csv(dictionary, dtype="str")
        types = described[described["table"] == path.stem].set_index("column")["type"].to_dict()
    found = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    empty = [name for name, dtype in found.dtypes.items() if dtype == "object"]
    found[empty] = found[empty].where(found[empty].notna(), None)
    return found.copy()  # in one piece


def write(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write every table to `<folder>/<name>.csv` and `.parquet`."""
    write_in_pieces({name: [table] for name, table in tables.items()}, folder)


def write_in_pieces(tables: Mapping[str, Iterable[pd.DataFrame]], folder: Path) -> None:
    """Write every table, given in pieces with the same columns, to one `<folder>/<name>.csv` and `.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pieces in tables.items():
        with ExitStack() as files:
            text = files.enter_context((folder / f"{name}.csv").open("w", newline=""))
            writer = None
            for piece in pieces:
                piece.to_csv(text, index=False, header=writer is None)
                found = pa.Table.from_pandas(piece, preserve_index=False)
                writer = writer or files.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", found.schema))
                writer.write_table(found)


def make_interim(
    study: Path,
    records: Iterable[Path],
    left_out: Mapping[str, Sequence[str]],
    checks: Checks,
    folder: Path,
    spread: Any = map,
) -> None:
    """Write the interim tables of a study's records to a folder; `spread` reads the records: `map`, or that of an executor."""
    from frugalnet.analysis import interim

    write_in_pieces(interim.read_in_pieces(study, records, checks, left_out, spread), folder)


def make_processed(
    study: str, interim_tables: Iterable[Path], carbon: Carbon, statistics: Statistics, section: Section, folder: Path
) -> None:
    """Write the processed tables of a study, and the dictionary of all its tables, to a folder.

    `section` is the study's own section of the configuration.
    """
    from frugalnet.analysis import dictionary

    found = read(sorted(interim_tables))
    made = processed_tables(study, found, carbon, statistics, section)
    write(made, folder)
    described = dictionary.data_dictionary(found.without_rows() | made, _meanings(study))
    described.to_csv(folder / f"{paths.DICTIONARY}.csv", index=False)


def processed_tables(
    study: str,
    interim: Mapping[str, pd.DataFrame],
    carbon: Carbon,
    settings: Statistics,
    section: Section | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the processed tables of a study by name: those that every study has, and then its own."""
    from frugalnet.analysis.comparison import comparison
    from frugalnet.analysis.statistics.table import statistics

    entry, runs, resampled = catalogue.STUDIES[study], interim["runs"], interim["resampled"]
    if runs.empty:
        raise FrugalNetError(
            f"{study}: no run got a model, so that nothing can be compared: the table `problems` says why"
        )
    made = {
        "comparison": comparison(runs, carbon, entry.references, resampled),
        "statistics": statistics(runs, settings, entry.references, resampled=resampled),
    }
    whole = interim.whole("runs") if isinstance(interim, Tables) else runs
    more = {"settings": settings, "study": section, "all_runs": whole}
    for name, path in entry.tables.items():
        made[name] = called(catalogue.resolve(path), name, interim, made, more)
    return made


def _meanings(study: str) -> dict[str, Any]:
    """Return what the modules of a study's own tables say in MEANINGS: unit and meaning of columns, by table."""
    modules = dict.fromkeys(path.partition(":")[0] for path in catalogue.STUDIES[study].tables.values())
    return {name: own for each in modules for name, own in getattr(import_module(each), "MEANINGS", {}).items()}


def called(function: Callable[..., Any], name: str, *given: Mapping[str, Any]) -> Any:
    """Call a function with the tables that its arguments are named after; raises FrugalNetError for a missing table."""
    wanted, known = signature(function).parameters, {table: tables for tables in given for table in tables}
    if missing := [argument for argument in wanted if argument not in known]:
        raise FrugalNetError(f"{name}: no table {', '.join(missing)}; given are {', '.join(known) or 'none'}")
    return function(**{argument: known[argument][argument] for argument in wanted})
