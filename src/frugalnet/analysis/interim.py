"""Interim tables: the raw files of a study as tidy frames, one row per run, window, epoch, trial or reading."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pyarrow as pa

from frugalnet.analysis import energies, integrity
from frugalnet.analysis.factors import FACTORS
from frugalnet.analysis.integrity import Problem
from frugalnet.analysis.runs import keys, run_row
from frugalnet.config.checks import Checks
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths, record, rows
from frugalnet.record.paths import METER_PROBE
from frugalnet.record.probe import ProbedMeter, SmallestDifference, read_probe
from frugalnet.record.record import Record, WindowEntry

TYPES = {int: "Int64", float: "float64", bool: "bool"}
"""How columns of a raw file stand in a table, also where a value is missing; all others are text."""
PROBED = (
    *(
        "device",
        "meter",
        "model",
        "scope",
        "source",
        "tick_s",
        "idle_w",
        "idle_noise_w",
        "load_w",
        "load_noise_w",
        "gain",
    ),
    *("idle_counter_to_power", "load_counter_to_power", "contradiction", "edge_reading_error"),
)
"""What the table `probe` has of a meter, beside the smallest differences that it resolves."""
Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Part:
    """What one run gives to the tables; its record has no windows any more, which thousands of would fill the memory."""

    folder: Path
    record: Record
    row: dict[str, Any]
    windows: pa.Table
    epochs: pa.Table
    trials: pa.Table


def read_study(
    study: Path, records: Iterable[Path], checks: Checks, left_out: Mapping[str, Sequence[str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables `runs`, `windows`, `epochs`, `trials`, `timelines`, `problems` and `probe` of finished runs.

    `records` are paths of `record.json` in the study's folder, `left_out` the datasets without tables, with the runs that they lack. Energies of
    epochs are those of their windows, over the devices that the run's totals are over; trials have their own. Raises
    FrugalNetError with all that is wrong with raw files and that `checks` refuses.
    """
    files = list(records)
    problems = [integrity.left_out(dataset, runs) for dataset, runs in (left_out or {}).items()]
    parts = []
    for path in files:
        rec, wrong = integrity.checked(path, study)
        problems += wrong
        if rec:
            tries, wrong = integrity.checked_tries(paths.failed(study, rec.run.id), study)
            problems += wrong
            parts.append(_part(path.parent, rec, tries))
    problems += integrity.strays(study, files)
    problems += integrity.mixed([part.record for part in parts])
    integrity.refuse(problems, checks)
    if not parts:
        said = "\n  ".join(["no run that tables could be made of; expected finished runs", *(p.text for p in problems)])
        raise FrugalNetError(f"{study}: {said}")
    return {
        "runs": pd.DataFrame([part.row for part in parts]).astype(
            dict.fromkeys(record.COST, "float64") | dict.fromkeys(record.COUNTS, "Int64") | FACTORS
        ),
        "windows": _stacked(parts, [part.windows for part in parts]),
        "epochs": _stacked(
            parts, [part.epochs for part in parts], _types(rows.Epoch) | {"duration_s": "float64", "energy_uj": "Int64"}
        ),
        "trials": _stacked(parts, [part.trials for part in parts], _types(rows.Trial)),
        "timelines": _timelines(parts),
        "problems": pd.DataFrame(problems, columns=[field.name for field in fields(Problem)]).astype("str"),
        "probe": _probe(study.parent / METER_PROBE),
    }


def _part(folder: Path, rec: Record, failed: Sequence[Record | None]) -> Part:
    epochs = _columns(folder, rec, paths.EPOCHS, rows.Epoch)
    windows = {name: [getattr(window, name) for window in rec.windows] for name in WindowEntry.model_fields}
    return Part(
        folder=folder,
        record=rec.model_copy(update={"windows": []}),
        row=run_row(rec, failed) | {"epochs": len(epochs["window"])},
        windows=pa.table(windows | {"flags": ["; ".join(flags) for flags in windows["flags"]]}),
        epochs=pa.table(epochs | _costs(rec, epochs["window"])),
        trials=pa.table(_columns(folder, rec, paths.TRIALS, rows.Trial)),
    )


def _columns(folder: Path, rec: Record, name: str, row: type) -> Columns:
    """Return the columns of a CSV file of a run, those of `row`; empty where the run has no such file."""
    kinds = {field.name: _kind(field.type) for field in fields(row)}
    if name not in rec.files:
        return {column: [] for column in kinds}
    with (folder / name).open(newline="") as file:
        found = list(csv.DictReader(file))
    return {column: [_value(line[column], kind) for line in found] for column, kind in kinds.items()}


def _value(text: str, kind: type) -> Any:
    if kind is bool:
        return text == "True"
    return kind(text) if text else None


def _kind(annotation: Any) -> type:
    """Return what the values of a field are made by; of `int | None`, `int`."""
    return next((kind for kind in TYPES if kind in (annotation, *get_args(annotation))), str)


def _dtype(annotation: Any) -> str:
    return TYPES.get(_kind(annotation), "str")


def _types(row: type) -> dict[str, str]:
    return {field.name: _dtype(field.type) for field in fields(row)}


def _costs(rec: Record, names: Sequence[str]) -> Columns:
    """Return duration and energy of windows, without those of the windows inside them."""
    length_s = {window.name: window.end_s - window.start_s for window in reversed(rec.windows)}
    inside_s: dict[str | None, float] = defaultdict(float)
    for name, parent in {window.name: window.parent for window in rec.windows}.items():
        inside_s[parent] += length_s[name]
    gap_uj = energies.gaps_uj(rec)
    return {
        "duration_s": [length_s[name] - inside_s[name] for name in names],
        "energy_uj": [gap_uj.get(name) for name in names],
    }


def _stacked(parts: Sequence[Part], found: Sequence[pa.Table], types: dict[str, str] | None = None) -> pd.DataFrame:
    """Return the rows of every run below each other, with the run's keys in front."""
    of_runs = pd.DataFrame([keys(part.record) for part in parts])
    repeated = of_runs.loc[of_runs.index.repeat([len(each) for each in found])].reset_index(drop=True)
    joined = pa.concat_tables(found, promote_options="permissive").to_pandas()
    return pd.concat([repeated, joined.astype(types or {})], axis="columns")


def _timelines(parts: Sequence[Part]) -> pd.DataFrame:
    """Return the readings of one run for each dataset: of its first seed the one with the most windows."""
    chosen: dict[str, Part] = {}
    for part in parts:
        best = chosen.setdefault(part.record.run.dataset, part)
        if _richness(part) > _richness(best):
            chosen[part.record.run.dataset] = part
    frames = []
    for part in chosen.values():
        readings = pd.read_parquet(part.folder / paths.TIMELINE)
        about = pd.DataFrame([keys(part.record)] * len(readings))
        frames.append(pd.concat([about, readings], axis="columns"))
    return pd.concat(frames, ignore_index=True)


def _richness(part: Part) -> tuple[int, int]:
    return -part.record.run.seed, len(part.windows)


def _probe(path: Path) -> pd.DataFrame:
    """Return what the probe found, one row per device and length of a run; none without a probe."""
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
