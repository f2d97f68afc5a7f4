"""Interim tables: the raw files of a study as tidy frames, one row per run, window, epoch, trial or reading."""

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from frugalnet import catalogue, record, rows
from frugalnet.analysis import energies
from frugalnet.analysis.energies import UNKNOWN
from frugalnet.analysis.inferences import inference_columns
from frugalnet.record import Record

TYPES = {int: "Int64", float: "float64", bool: "bool"}
"""How columns of a raw file stand in a table, also where a value is missing; all others are text."""


def read_study(records: Iterable[Path], failed: Path) -> dict[str, pd.DataFrame]:
    """Return the tables `runs`, `windows`, `epochs`, `trials` and `timelines` of finished runs.

    `records` are paths of `record.json`; `failed` is the folder of tries that failed, whose energy is added to their run.
    Energies of epochs are those of their windows, over the devices that the run's totals are over; trials have their own.
    """
    found = [(path.parent, record.read_record(path)) for path in records]
    epochs = _stacked(found, record.EPOCHS, rows.Epoch)
    trained = epochs["run"].value_counts()
    runs = [
        _run_row(rec, _failed_tries(failed / rec.run.id, rec)) | {"epochs": trained.get(rec.run.id, 0)}
        for _, rec in found
    ]
    windows = [
        _keys(rec) | window.model_dump() | {"flags": "; ".join(window.flags)}
        for _, rec in found
        for window in rec.windows
    ]
    return {
        "runs": pd.DataFrame(runs).astype(
            dict.fromkeys(record.COST, "float64") | dict.fromkeys(record.COUNTS, "Int64")
        ),
        "windows": pd.DataFrame(windows),
        "epochs": _with_costs(epochs, {rec.run.id: rec for _, rec in found}),
        "trials": _stacked(found, record.TRIALS, rows.Trial),
        "timelines": _timelines(found),
    }


def _keys(rec: Record) -> dict[str, Any]:
    """Return what every row of a run starts with."""
    run = rec.run
    return {
        "run": run.id,
        "dataset": run.dataset,
        "method": run.method,
        "variant": run.variant,
        "seed": run.seed,
        "metric": catalogue.DATASETS[run.dataset].metric,
        "data_level": rec.data["level"],
        "energy_source": rec.energy.source,
        "energy_scope": rec.energy.scope,
    }


def _run_row(rec: Record, failed: list[Record]) -> dict[str, Any]:
    metric = catalogue.DATASETS[rec.run.dataset].metric
    assert rec.model is not None
    git = rec.software["git"] or {}
    quality = {
        f"{part}_{name}": rec.quality[f"{part}_{key}"]
        for name, key in (("quality", metric), ("loss", "loss"))
        for part in ("test", "validation", "train")
    }
    return _keys(rec) | {
        "study": rec.run.study,
        "network": rec.run.network,
        "parent": rec.parents[0].id if rec.parents else None,
        "threads": rec.run.measure.threads,
        **quality,
        **{name: getattr(rec.model, name) for name in record.COST},
        **_own_cost(rec),
        "failed_tries": len(failed),
        "failed_energy_j": _failed_energy_j(rec, failed),
        **inference_columns(rec),
        "started": rec.started,
        "processor": rec.machine["processor"],
        "gpu": ", ".join(gpu["name"] for gpu in rec.machine["gpus"]) or None,
        "software": ", ".join(f"{name} {version}" for name, version in rec.software["packages"].items() if version),
        "git_commit": git.get("commit"),
        "git_dirty": git.get("dirty"),
    }


def _own_cost(rec: Record) -> dict[str, Any]:
    """Return what the run's own training and search cost, how sure that is, and what it is known from."""
    own, devices, carbon = energies.own_windows(rec), energies.devices(rec), rec.energy.carbon
    u_stat_j, u_sys_j = energies.uncertainty_j(rec, own)
    flags = dict.fromkeys(flag for window in energies.entries(rec, own) for flag in window.flags)
    unknown = [flag.removeprefix(UNKNOWN) for flag in flags if flag.startswith(UNKNOWN)]
    meters = dict.fromkeys(f"{device.meter} ({device.model or device.device})" for device in devices)
    return {
        "train_duration_s": sum(energies.duration_s(rec, name) for name in own),
        "train_energy_j": _joules(energies.total_uj(rec, own, "energy")),
        "train_energy_net_j": _joules(energies.total_uj(rec, own, "energy_net")),
        "train_u_stat_j": u_stat_j,
        "train_u_sys_j": u_sys_j,
        "train_flags": "; ".join(flag for flag in flags if not flag.startswith(UNKNOWN)),
        "energy_reason": rec.energy.reason or "; ".join(unknown) or None,
        "energy_assumptions": _assumptions(rec),
        "energy_devices": ", ".join(meters) or None,
        "idle_w": record.sum_known(device.idle_before_w for device in devices) if devices else None,
        "carbon_g_per_kwh": carbon.intensity_g_per_kwh,
        "carbon_source": carbon.source,
        "carbon_year": carbon.year,
    }


def _joules(energy_uj: int | None) -> float | None:
    return None if energy_uj is None else energy_uj / 1e6


def _assumptions(rec: Record) -> str | None:
    estimates = (device for device in energies.devices(rec) if device.source == "estimated")
    found = {name: value for device in estimates for name, value in device.assumptions.items()}
    return json.dumps(found) if found else None


def _failed_tries(folder: Path, finished: Record) -> list[Record]:
    """Return the tries of a run that failed; those with other settings were another run."""
    found = [record.read_record(path) for path in sorted(folder.glob(f"*/{record.RECORD}"))]
    return [rec for rec in found if rec.run == finished.run]


def _failed_energy_j(finished: Record, failed: list[Record]) -> float | None:
    """Return the energy of failed tries; None where it is not known, or of other devices or in another way than the run's own.

    A try that ended before its run began has used none. A trial that tries went on with is in the record of each of them, and
    counts once: in the finished run, if that has it.
    """
    begun = [each for each in failed if each.windows]
    known = [
        (each.energy.scope, each.energy.source) == (finished.energy.scope, finished.energy.source) for each in begun
    ]
    if not all(known):
        return None
    spent = [energies.total_uj(each, [energies.RUN], "energy") for each in begun]
    handed_on = [(each, name) for each in begun for name in (*each.kept, *energies.beside(each))]
    trials = {_trial(each, name) for each, name in handed_on}
    trials -= {_trial(finished, name) for name in energies.beside(finished)}
    within = [energies.total_uj(each, [name], "energy") for each in begun for name in each.kept]
    parts = [*spent, *(energy_uj for _, energy_uj in trials)]
    return None if None in within else _joules(record.sum_known([*parts, -sum(each or 0 for each in within)]))


def _trial(rec: Record, name: str) -> tuple[str, int | None]:
    """Return what tells a trial from all others: its number, and its energy, to the microjoule."""
    return Path(name).name, energies.total_uj(rec, [name], "energy")


def _stacked(found: list[tuple[Path, Record]], name: str, row: type) -> pd.DataFrame:
    """Return one CSV file of every run that has it, below each other, with the run's keys in front.

    Columns and their types are those of `row`, also where no run has the file.
    """
    types = {field.name: _dtype(field.type) for field in fields(row)}
    frames = []
    for folder, rec in found:
        if name in rec.files:
            frame = pd.read_csv(folder / name, dtype=types)
            frames.append(pd.concat([pd.DataFrame([_keys(rec)] * len(frame)), frame], axis="columns"))
    if not frames:
        nothing = pd.DataFrame([_keys(found[0][1])]).iloc[:0]
        return nothing.assign(**{column: pd.Series(dtype=dtype) for column, dtype in types.items()})
    return pd.concat(frames, ignore_index=True)


def _dtype(annotation: Any) -> str:
    """Return the type of the column of a field; of `int | None`, that of `int`."""
    return next((dtype for kind, dtype in TYPES.items() if kind in (annotation, *get_args(annotation))), "str")


def _with_costs(epochs: pd.DataFrame, records: dict[str, Record]) -> pd.DataFrame:
    """Add duration and energy of the window of each epoch, without those of the windows inside it."""
    costs = [_cost(records[row.run], row.window) for row in epochs.itertuples()]
    booked = pd.DataFrame(costs, columns=["duration_s", "energy_uj"], index=epochs.index)
    return epochs.join(booked.astype({"duration_s": "float64", "energy_uj": "Int64"}))


def _cost(rec: Record, name: str) -> tuple[float, int | None]:
    inside = {window.name for window in rec.windows if window.parent == name}
    duration_s = energies.duration_s(rec, name) - sum(energies.duration_s(rec, child) for child in inside)
    return duration_s, energies.total_uj(rec, [name], "gap")


def _timelines(found: list[tuple[Path, Record]]) -> pd.DataFrame:
    """Return the readings of one run for each dataset: of its first seed the one with the most windows."""
    chosen: dict[str, tuple[Path, Record]] = {}
    for folder, rec in found:
        best = chosen.get(rec.run.dataset)
        if best is None or (-rec.run.seed, len(rec.windows)) > (-best[1].run.seed, len(best[1].windows)):
            chosen[rec.run.dataset] = (folder, rec)
    frames = []
    for folder, rec in chosen.values():
        readings = pd.read_parquet(folder / record.TIMELINE)
        keys = pd.DataFrame([_keys(rec)] * len(readings))
        frames.append(pd.concat([keys, readings], axis="columns"))
    return pd.concat(frames, ignore_index=True)
