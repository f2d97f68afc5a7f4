"""Interim tables: the raw files of a study as tidy frames, one row per run, window, epoch or trial; nothing is averaged."""

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from frugalnet import catalogue, record
from frugalnet.record import Record

OVERHEAD = ("run/load", "run/build", "run/inference")
"""Windows directly under `run` that are not the run's own cost of getting its model; all others are."""


def read_study(records: Iterable[Path], failed: Path) -> dict[str, pd.DataFrame]:
    """Return the tables `runs`, `windows`, `epochs` and `trials` of finished runs.

    `records` are paths of `record.json`; `failed` is the folder of tries that failed, whose energy is added to their run.
    """
    found = [(path.parent, record.read_record(path)) for path in records]
    runs = [_run_row(rec, _failed_tries(failed / rec.run.id, rec)) for _, rec in found]
    windows = [_keys(rec) | window.model_dump() for _, rec in found for window in rec.windows]
    return {
        "runs": pd.DataFrame(runs),
        "windows": pd.DataFrame(windows),
        "epochs": _stacked(found, record.EPOCHS, record.Epoch),
        "trials": _stacked(found, record.TRIALS, record.Trial),
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
        "train_duration_s": sum(window.end_s - window.start_s for window in own_windows(rec)),
        "train_energy_j": own_energy_j(rec),
        "failed_tries": len(failed),
        "failed_energy_j": _joules(try_.windows[0].energy_uj for try_ in failed),
        "latency_batch1_ms": small.latency_ms,
        "latency_batch1_iqr_ms": small.latency_iqr_ms,
        "throughput_batch": large.batch_size,
        "throughput_per_s": large.throughput_per_s,
        "energy_per_inference_j": large.energy_per_inference_j,
        "energy_reason": rec.energy.reason,
        "energy_assumptions": json.dumps(rec.energy.assumptions) if rec.energy.assumptions else None,
        "started": rec.started,
        "processor": rec.machine["processor"],
        "gpu": ", ".join(gpu["name"] for gpu in rec.machine["gpus"]) or None,
        "software": ", ".join(f"{name} {version}" for name, version in rec.software["packages"].items() if version),
        "git_commit": git.get("commit"),
        "git_dirty": git.get("dirty"),
    }


def own_windows(rec: Record) -> list[record.WindowEntry]:
    """Return the windows of the run's own training and search."""
    return [window for window in rec.windows if window.parent == "run" and window.name not in OVERHEAD]


def own_energy_j(rec: Record) -> float | None:
    """Return the energy of the run's own training and search, in joules; None where any of it, or all, is not known."""
    own = own_windows(rec)
    return _joules(window.energy_uj for window in own) if own else None


def _joules(energies_uj: Iterable[int | None]) -> float | None:
    """Return the sum in joules; None where any part is not known."""
    parts = list(energies_uj)
    return None if None in parts else sum(part for part in parts if part is not None) / 1e6


def _failed_tries(folder: Path, finished: Record) -> list[Record]:
    """Return the tries of a run that failed; those with other settings were another run."""
    found = [record.read_record(path) for path in sorted(folder.glob(f"*/{record.RECORD}"))]
    return [rec for rec in found if rec.run == finished.run]


def _stacked(found: list[tuple[Path, Record]], name: str, row: type) -> pd.DataFrame:
    """Return one CSV file of every run that has it, below each other, with the run's keys in front.

    The columns are those of `row` also where no run has the file.
    """
    frames = [pd.DataFrame(columns=[*_keys(found[0][1]), *(field.name for field in fields(row))])]
    for folder, rec in found:
        if name in rec.files:
            frame = pd.read_csv(folder / name)
            frames.append(pd.concat([pd.DataFrame([_keys(rec)] * len(frame)), frame], axis="columns"))
    return pd.concat(frames[1:], ignore_index=True) if len(frames) > 1 else frames[0]
