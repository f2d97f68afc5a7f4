"""Interim tables: the raw files of a study as tidy frames, one row per run, window, epoch, trial or reading."""

import json
import math
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from frugalnet import catalogue, record
from frugalnet.record import Record

OVERHEAD = ("run/load", "run/build", "run/inference")
"""Windows directly under `run` that are not the run's own cost of getting its model; all others are."""

UNKNOWN = "unknown: "
"""What a flag begins with that says why there is no energy."""


def read_study(records: Iterable[Path], failed: Path) -> dict[str, pd.DataFrame]:
    """Return the tables `runs`, `windows`, `epochs`, `trials` and `timelines` of finished runs.

    `records` are paths of `record.json`; `failed` is the folder of tries that failed, whose energy is added to their run.
    Energies of epochs and trials are those of their windows, over the devices that the run's totals are over.
    """
    found = [(path.parent, record.read_record(path)) for path in records]
    runs = [_run_row(rec, _failed_tries(failed / rec.run.id, rec)) for _, rec in found]
    windows = [
        _keys(rec) | window.model_dump() | {"flags": "; ".join(window.flags)}
        for _, rec in found
        for window in rec.windows
    ]
    return {
        "runs": pd.DataFrame(runs),
        "windows": pd.DataFrame(windows),
        "epochs": _stacked(found, record.EPOCHS, record.Epoch, "gap"),
        "trials": _stacked(found, record.TRIALS, record.Trial, "energy"),
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
    small, large = rec.inference[0], rec.inference[-1]
    return _keys(rec) | {
        "study": rec.run.study,
        "network": rec.run.network,
        "parent": rec.parents[0].id if rec.parents else None,
        "threads": rec.run.measure.threads,
        **quality,
        "parameters": rec.model.parameters,
        "parameters_nonzero": rec.model.parameters_nonzero,
        "model_bytes": rec.model.model_bytes,
        **_own_cost(rec),
        "failed_tries": len(failed),
        "failed_energy_j": _failed_energy_j(rec, failed),
        "latency_batch1_ms": small.latency_ms,
        "latency_batch1_iqr_ms": small.latency_iqr_ms,
        "throughput_batch": large.batch_size,
        "throughput_per_s": large.throughput_per_s,
        "energy_per_inference_j": _energy_per_inference_j(rec, large),
        "started": rec.started,
        "processor": rec.machine["processor"],
        "gpu": ", ".join(gpu["name"] for gpu in rec.machine["gpus"]) or None,
        "software": ", ".join(f"{name} {version}" for name, version in rec.software["packages"].items() if version),
        "git_commit": git.get("commit"),
        "git_dirty": git.get("dirty"),
    }


def _own_cost(rec: Record) -> dict[str, Any]:
    """Return what the run's own training and search cost, how sure that is, and what it is known from."""
    own, devices, carbon = own_windows(rec), _devices(rec), rec.energy.carbon
    u_stat_j, u_sys_j = _uncertainty_j(rec, own)
    flags = dict.fromkeys(flag for window in _of(rec, own) for flag in window.flags)
    unknown = [flag.removeprefix(UNKNOWN) for flag in flags if flag.startswith(UNKNOWN)]
    meters = dict.fromkeys(f"{device.meter} ({device.model or device.device})" for device in devices)
    return {
        "train_duration_s": sum(_duration_s(rec, name) for name in own),
        "train_energy_j": _joules(_total_uj(rec, own, "energy")),
        "train_energy_net_j": _joules(_total_uj(rec, own, "energy_net")),
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


def _energy_per_inference_j(rec: Record, inference: record.Inference) -> float | None:
    energy_uj = _total_uj(rec, [inference.window], "energy")
    return None if energy_uj is None else energy_uj / 1e6 / (inference.batches * inference.batch_size)


def own_windows(rec: Record) -> list[str]:
    """Return the names of the windows of the run's own training and search."""
    named = (window.name for window in rec.windows if window.parent == "run" and window.name not in OVERHEAD)
    return list(dict.fromkeys(named))


def _devices(rec: Record) -> list[record.DeviceEntry]:
    """Return the devices that the run's totals are over."""
    scopes = (rec.energy.scope or "").split("+")
    return [device for device in rec.energy.devices if device.scope in scopes]


def _of(rec: Record, names: Iterable[str]) -> list[record.WindowEntry]:
    """Return the entries of some windows, on the devices that the run's totals are over."""
    wanted, devices = set(names), {device.device for device in _devices(rec)}
    return [window for window in rec.windows if window.name in wanted and window.device in devices]


def _total_uj(rec: Record, names: Iterable[str], kind: Literal["energy", "energy_net", "gap"]) -> int | None:
    """Return the energy of some windows over those devices; None where any of it, or all, is not known."""
    parts = [getattr(window, f"{kind}_uj") for window in _of(rec, names)]
    return record.sum_known(parts) if parts else None


def _uncertainty_j(rec: Record, names: Iterable[str]) -> tuple[float | None, float | None]:
    """Return the statistical and the systematic uncertainty of the net energy of some windows together.

    Edges and sampling of windows add by squares; the idle power and the gain of a device are one error each, and add up over
    its windows as they are; devices add by squares. None where any part is not known.
    """
    windows = _of(rec, names)
    if not windows:
        return None, None
    of_device = [[window for window in windows if window.device == device.device] for device in _devices(rec)]
    idle = [record.sum_known(window.u_idle_j for window in own) for own in of_device]
    gain = [record.sum_known(window.u_sys_j for window in own) for own in of_device]
    edges = [
        None
        if window.u_stat_j is None or window.u_idle_j is None
        else math.sqrt(max(window.u_stat_j**2 - window.u_idle_j**2, 0))
        for window in windows
    ]
    return record.root_sum_square([*edges, *idle]), record.root_sum_square(gain)


def _duration_s(rec: Record, name: str) -> float:
    return next(window.end_s - window.start_s for window in rec.windows if window.name == name)


def _joules(energy_uj: int | None) -> float | None:
    return None if energy_uj is None else energy_uj / 1e6


def _assumptions(rec: Record) -> str | None:
    estimates = (device for device in _devices(rec) if device.source == "estimated")
    found = {name: value for device in estimates for name, value in device.assumptions.items()}
    return json.dumps(found) if found else None


def _failed_tries(folder: Path, finished: Record) -> list[Record]:
    """Return the tries of a run that failed; those with other settings were another run."""
    found = [record.read_record(path) for path in sorted(folder.glob(f"*/{record.RECORD}"))]
    return [rec for rec in found if rec.run == finished.run]


def _failed_energy_j(finished: Record, failed: list[Record]) -> float | None:
    """Return the energy of failed tries; None where it is not known, or of other devices or in another way than the run's own.

    A try that ended before its run began has used none.
    """
    begun = [each for each in failed if each.windows]
    known = [
        (each.energy.scope, each.energy.source) == (finished.energy.scope, finished.energy.source) for each in begun
    ]
    if not all(known):
        return None
    return _joules(record.sum_known(_total_uj(each, ["run"], "energy") for each in begun))


def _stacked(found: list[tuple[Path, Record]], name: str, row: type, kind: Literal["energy", "gap"]) -> pd.DataFrame:
    """Return one CSV file of every run that has it, below each other, with the run's keys in front.

    Duration and energy are those of each row's window; of `gap`, without what the windows inside it took. The columns are
    those of `row` also where no run has the file.
    """
    booked = ["duration_s", "energy_uj"]
    frames = [pd.DataFrame(columns=[*_keys(found[0][1]), *(field.name for field in fields(row)), *booked])]
    for folder, rec in found:
        if name in rec.files:
            frame = pd.read_csv(folder / name)
            keys = pd.DataFrame([_keys(rec)] * len(frame))
            costs = pd.DataFrame([_cost(rec, window, kind) for window in frame["window"]], columns=booked)
            frames.append(pd.concat([keys, frame, costs.astype({"energy_uj": "Int64"})], axis="columns"))
    return pd.concat(frames[1:], ignore_index=True) if len(frames) > 1 else frames[0]


def _cost(rec: Record, name: str, kind: Literal["energy", "gap"]) -> tuple[float, int | None]:
    """Return duration and energy of a window; of `gap`, without those of the windows inside."""
    inside = {window.name for window in rec.windows if window.parent == name} if kind == "gap" else set()
    duration_s = _duration_s(rec, name) - sum(_duration_s(rec, child) for child in inside)
    return duration_s, _total_uj(rec, [name], kind)


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
