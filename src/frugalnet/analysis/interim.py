"""Interim tables: the raw files of a study as tidy frames, one row per run, window, epoch, trial, reading or draw."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from frugalnet.analysis import deployed, energies, factors, integrity
from frugalnet.analysis.integrity import Problem
from frugalnet.analysis.resampled import resampled
from frugalnet.analysis.runs import keys, run_row
from frugalnet.config.checks import Checks
from frugalnet.errors import FrugalNetError, listed
from frugalnet.files import reading, understanding
from frugalnet.record import paths, record, rows
from frugalnet.record.paths import METER_PROBE
from frugalnet.record.probe import ProbedMeter, SmallestDifference, read_probe
from frugalnet.record.record import Record, WindowEntry

TYPES = {int: "Int64", float: "float64", bool: "bool"}
"""Types of the columns of raw files in a table, which also hold missing values; all others are text."""
PROBED = (
    "device", "meter", "model", "scope", "source", "tick_s", "averaging_s",
    "idle_w", "idle_noise_w", "load_w", "load_noise_w", "gain",
    "idle_counter_to_power", "load_counter_to_power", "contradiction", "edge_reading_error",
)  # fmt: skip
"""Columns of the table `probe` about a meter, beside the smallest differences that it resolves."""
WHOLE = {"whole_s": "float64", "cpu_s": "float64"}
"""Columns of the epochs of runs that stand for levels of factors."""
DIFFERENCE = "ledger_difference_uj"
Columns = dict[str, list[Any]]


PIECE = 100
"""Number of runs that are read, and whose rows are written, at a time."""


@dataclass(frozen=True)
class Piece:
    """What some runs give to the tables. Their records are not kept: thousands of them would fill the memory.

    `keys`, `runs`, `reasons` (why there is no model), `traits` and `lengths` have an entry per run; `tables` have the rows
    of all these runs.
    """

    problems: list[Problem]
    keys: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    reasons: list[str | None]
    traits: list[integrity.Traits]
    lengths: list[dict[str, int]]
    tables: dict[str, pa.Table]


def read_study(
    study: Path, records: Iterable[Path], checks: Checks, left_out: Mapping[str, Sequence[str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of `read_in_pieces`, each as one frame."""
    found = read_in_pieces(study, records, checks, left_out or {})
    return {name: pd.concat(pieces, ignore_index=True) for name, pieces in found.items()}


def read_in_pieces(
    study: Path, records: Iterable[Path], checks: Checks, left_out: Mapping[str, Sequence[str]], spread: Any = map
) -> dict[str, Iterable[pd.DataFrame]]:
    """Return the tables `INTERIM_TABLES` of finished runs, in pieces.

    `records` are paths of `record.json` in the study's folder; `left_out` are the datasets without tables, with the
    runs that they lack; `spread` is `map`, or the `map` of an executor. The energy of an epoch is that of its window,
    over the devices of the run's totals; trials have energies of their own. Raises FrugalNetError with all problems of
    raw files that `checks` refuses, and where no run is left.
    """
    files = list(records)
    read = list(spread(partial(_piece, study), [files[at : at + PIECE] for at in range(0, len(files), PIECE)]))
    pieces = [piece for piece in read if piece.runs]
    problems = [
        *(integrity.left_out(dataset, runs) for dataset, runs in left_out.items()),
        *(problem for piece in read for problem in piece.problems),
        *integrity.strays(study, files),
        *integrity.mixed([traits for piece in pieces for traits in piece.traits]),
    ]
    integrity.refuse(problems, checks)
    problems += integrity.without_model(
        (about["run"], reason) for piece in pieces for about, reason in zip(piece.keys, piece.reasons, strict=True)
    )
    if not pieces:
        said = listed([problem.text for problem in problems])
        raise FrugalNetError(f"{study}: no run that tables could be made of; expected finished runs{said}")
    runs = pd.DataFrame([row for piece in pieces for row in piece.runs])
    floats = (*record.COST, *(f"train_{name}" for name in record.Memory.model_fields))
    types = dict.fromkeys(floats, "float64") | dict.fromkeys((*record.COUNTS, DIFFERENCE), "Int64")
    types |= deployed.types(runs)
    about = pd.DataFrame([of_run for piece in pieces for of_run in piece.keys])
    stacked = partial(_stacked, pieces, about)
    return {
        # The copy has one block per type: pandas warns of a frame in which each column is a block.
        "runs": [factors.used(runs.astype(types)).copy()],
        "windows": stacked("windows", {}),
        "epochs": stacked("epochs", _types(rows.Epoch) | WHOLE | {"duration_s": "float64", "energy_uj": "Int64"}),
        "trials": stacked("trials", _types(rows.Trial)),
        "resampled": _stacked(pieces, about[["run"]], "resampled", {"draw": "int64", "test_quality": "float64"}),
        "timelines": [_timelines(study, pieces)],
        "problems": [pd.DataFrame(problems, columns=[field.name for field in fields(Problem)]).astype("str")],
        "probe": [_probe(study.parent / METER_PROBE)],
    }


def _piece(study: Path, records: Sequence[Path]) -> Piece:
    """Read the runs that are as they were written, and collect the problems of the others."""
    piece, found = Piece([], [], [], [], [], [], {}), defaultdict[str, list[pa.Table]](list)
    for path in records:
        rec, wrong = integrity.checked(path, study)
        piece.problems.extend(wrong)
        if rec is None:
            continue
        tries, wrong = integrity.checked_tries(paths.failed(study, rec.run.id), study)
        piece.problems.extend(wrong)
        try:
            row, traits, tables = _of_run(path, rec, tries)
        except FrugalNetError as error:
            piece.problems.append(integrity.unusable(path, study, error))
            continue
        piece.keys.append(keys(rec))
        piece.runs.append(row)
        piece.reasons.append(rec.error if rec.status in record.WITHOUT_MODEL else None)
        piece.traits.append(traits)
        piece.lengths.append({name: len(table) for name, table in tables.items()})
        for name, table in tables.items():
            found[name].append(table)
    piece.tables.update({name: _joined(tables).combine_chunks() for name, tables in found.items()})
    return piece


def _of_run(
    path: Path, rec: Record, tries: list[Record | None]
) -> tuple[dict[str, Any], integrity.Traits, dict[str, pa.Table]]:
    """Return a run's part of the tables; raises FrugalNetError if its record, or a file beside it, is unusable."""
    with understanding(path, "a record that tables can be made of"):
        tables = _tables(path.parent, rec)
        row = run_row(rec, tries) | {"epochs": len(tables["epochs"])}
        pa.Table.from_pylist([row])
        traits = integrity.traits(rec)
        _ = hash(tuple(traits.versions.values()))
        return row, traits, tables


def _tables(folder: Path, rec: Record) -> dict[str, pa.Table]:
    """Return a run's rows in the tables that have several rows per run."""
    epochs = _columns(folder, rec, paths.EPOCHS, rows.Epoch)
    if unknown := set(epochs["window"]) - {window.name for window in rec.windows}:
        raise FrugalNetError(f"{folder / paths.EPOCHS}: window = {min(unknown)[:60]!r}; expected one of {paths.RECORD}")
    windows = {name: [getattr(window, name) for window in rec.windows] for name in WindowEntry.model_fields}
    return {
        "windows": pa.table(windows | {"flags": ["; ".join(flags) for flags in windows["flags"]]}),
        "epochs": pa.table(epochs | _costs(rec, epochs["window"])),
        "trials": pa.table(_columns(folder, rec, paths.TRIALS, rows.Trial)),
        "resampled": resampled(folder, rec),
    }


def _columns(folder: Path, rec: Record, name: str, row: type[rows.Epoch | rows.Trial]) -> Columns:
    """Return the columns of `row` from a CSV file of a run, those with a default only where a value differs from it.

    They are empty where the run has no such file.
    """
    found = rows.read_csv(folder / name, row) if name in rec.files else {field.name: [] for field in fields(row)}
    for field in fields(row):
        if field.default is not MISSING and all(value == field.default for value in found[field.name]):
            del found[field.name]
    return found


def _dtype(annotation: Any) -> str:
    return TYPES.get(rows.kind_of(annotation), "str")


def _types(row: type) -> dict[str, str]:
    return {field.name: _dtype(field.type) for field in fields(row)}


def _costs(rec: Record, names: Sequence[str]) -> Columns:
    """Return the duration and energy of windows, without those of the windows inside them.

    Of a run that stands for levels of factors, also the duration and the CPU time with all that is inside.
    """
    length_s = {window.name: window.end_s - window.start_s for window in reversed(rec.windows)}
    inside_s: dict[str | None, float] = defaultdict(float)
    for name, parent in {window.name: window.parent for window in rec.windows}.items():
        inside_s[parent] += length_s[name]
    gap_uj = energies.gaps_uj(rec)
    found: Columns = {
        "duration_s": [length_s[name] - inside_s[name] for name in names],
        "energy_uj": [gap_uj.get(name) for name in names],
    }
    if rec.done.factors:
        cpu_s = {window.name: window.cpu_s for window in rec.windows}
        found |= {"whole_s": [length_s[name] for name in names], "cpu_s": [cpu_s[name] for name in names]}
    return found


def _joined(tables: Iterable[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def _stacked(
    pieces: Sequence[Piece], of_runs: pd.DataFrame, name: str, types: dict[str, str]
) -> Iterator[pd.DataFrame]:
    """Yield the rows of all runs in pieces with the same columns, the keys of the run in front."""
    whole, run, row = _joined(piece.tables[name] for piece in pieces), 0, 0
    gaps = [each.name for each in whole.schema if pa.types.is_integer(each.type) and whole[each.name].null_count]
    for piece in pieces:
        lengths = [length[name] for length in piece.lengths]
        about = of_runs.iloc[run : run + len(lengths)]
        about = about.loc[about.index.repeat(lengths)].reset_index(drop=True)
        found = whole.slice(row, sum(lengths)).to_pandas()
        kinds = dict.fromkeys(gaps, "float64") | types
        found = found.astype({column: kind for column, kind in kinds.items() if column in found})
        yield pd.concat([about, found], axis="columns")
        run, row = run + len(lengths), row + len(found)


def _timelines(study: Path, pieces: Sequence[Piece]) -> pd.DataFrame:
    """Return the readings of one run per dataset: the one with the most windows among those of its first seed with a model."""
    chosen: dict[str, tuple[tuple[bool, int, int], dict[str, Any]]] = {}
    for piece in pieces:
        for about, reason, lengths in zip(piece.keys, piece.reasons, piece.lengths, strict=True):
            richness = reason is None, -about["seed"], lengths["windows"]
            if richness > chosen.setdefault(about["dataset"], (richness, about))[0]:
                chosen[about["dataset"]] = richness, about
    frames = []
    for _, about in chosen.values():
        path = paths.raw(study, about["run"], paths.TIMELINE)
        readings = pd.DataFrame()
        if path.exists():  # a light package has none
            with reading(path, "a timeline"):
                readings = pd.read_parquet(path)
        frames.append(pd.concat([pd.DataFrame([about] * len(readings), columns=list(about)), readings], axis="columns"))
    return pd.concat(frames, ignore_index=True)


def _probe(path: Path) -> pd.DataFrame:
    """Return what the probe found, one row per device and length of a run; no rows without a probe."""
    found = read_probe(path)
    return pd.DataFrame(
        [
            {name: getattr(meter, name) for name in PROBED} | difference.model_dump()
            for meter in (found.meters if found else [])
            for difference in meter.smallest_differences
        ],
        columns=[*PROBED, *SmallestDifference.model_fields],
    ).astype(_dtypes(ProbedMeter, PROBED) | _dtypes(SmallestDifference, SmallestDifference.model_fields))


def _dtypes(model: type[record.Part], names: Iterable[str]) -> dict[str, str]:
    return {name: _dtype(model.model_fields[name].annotation) for name in names}
