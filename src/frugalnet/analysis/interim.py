"""Interim tables: the raw files of a study as tidy frames, one row per run, window, epoch, trial or reading."""

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from frugalnet import catalogue, record
from frugalnet.analysis import energies
from frugalnet.record import Record

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
        "runs": pd.DataFrame(runs).astype(
            dict.fromkeys(record.COST, "float64") | dict.fromkeys(record.COUNTS, "Int64")
        ),
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
        **_inference(rec),
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


def _inference(rec: Record) -> dict[str, Any]:
    """Return what inference takes, of the model and of its compacted twin.

    A twin that was not measured because it is no smaller has the numbers of the model; one that is not there has none.
    """
    assert rec.model is not None
    masked = [found for found in rec.inference if found.model == "masked"]
    twin = [found for found in rec.inference if found.model == "compacted"]
    if not twin and rec.model.parameters_compacted is not None:
        twin = masked
    small, large = masked[0], masked[-1]
    flags = [flag for found in rec.inference for flag in found.flags]
    flags += [
        flag for window in energies.entries(rec, [found.window for found in rec.inference]) for flag in window.flags
    ]
    return {
        **_latencies("batch1", small, twin[0] if twin else None),
        **_latencies("large", large, twin[-1] if twin else None),
        "throughput_batch": large.batch_size,
        "throughput_per_s": large.throughput_per_s,
        "throughput_per_s_compacted": twin[-1].throughput_per_s if twin else None,
        "energy_per_inference_j": _energy_per_inference_j(rec, large),
        "energy_per_inference_j_compacted": _energy_per_inference_j(rec, twin[-1]) if twin else None,
        "inference_flags": "; ".join(flag for flag in dict.fromkeys(flags) if not flag.startswith(UNKNOWN)),
    }


def _latencies(size: str, masked: record.Inference, twin: record.Inference | None) -> dict[str, float | None]:
    """Return median, spread and interval of the time that a batch takes, of the model and of its compacted twin."""
    return {
        f"latency_{size}_{name}{suffix}": getattr(found, f"latency_{name}", None)
        for suffix, found in (("", masked), ("_compacted", twin))
        for name in ("ms", "iqr_ms", "low_ms", "high_ms")
    }


def _energy_per_inference_j(rec: Record, inference: record.Inference) -> float | None:
    energy_uj = energies.total_uj(rec, [inference.window], "energy")
    return None if energy_uj is None else energy_uj / 1e6 / (inference.batches * inference.batch_size)


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

    A try that ended before its run began has used none.
    """
    begun = [each for each in failed if each.windows]
    known = [
        (each.energy.scope, each.energy.source) == (finished.energy.scope, finished.energy.source) for each in begun
    ]
    if not all(known):
        return None
    return _joules(record.sum_known(energies.total_uj(each, ["run"], "energy") for each in begun))


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
    duration_s = energies.duration_s(rec, name) - sum(energies.duration_s(rec, child) for child in inside)
    return duration_s, energies.total_uj(rec, [name], kind)


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
