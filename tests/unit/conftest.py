"""Made records, for tests of what comes after a run."""

import numpy as np
import pytest

from frugalnet import catalogue
from frugalnet.config.checks import Checks
from frugalnet.config.whole import Config
from frugalnet.files import digest
from frugalnet.record import paths, record
from frugalnet.record.rows import Epoch, write_csv, write_parquet
from frugalnet.studies.compression.sheet import run_sheet
from frugalnet.tracking.secrets import KNOWN
from tests.unit.fake_nvml import clock, fake_nvml, fake_nvml_environment, fake_nvml_folder, opened
from tests.unit.fake_plug import plug
from tests.unit.made_log import log

__all__ = ["clock", "fake_nvml", "fake_nvml_environment", "fake_nvml_folder", "log", "opened", "plug"]


REFERENCES = catalogue.STUDIES["compression"].references

ESTIMATE = record.DeviceEntry(
    device="cpu", meter="estimate", model=None, scope="cpu", source="estimated", tick_s=0, gain=None, gain_source=None,
    assumptions={"idle_w": 10, "tdp_w": 65, "cores": 2}, readings=130, idle_no_context_w=10, idle_before_w=10,
    idle_after_w=10, lost=None,
)  # fmt: skip


MODEL = record.Model(
    parameters=1000, parameters_nonzero=900, parameters_compacted=500, model_bytes=4000, gzip_bytes=3600,
    compacted_bytes=2000, gzip_bytes_compacted=1900, macs=990, macs_nonzero=890, macs_compacted=490, sha256="0" * 64,
)  # fmt: skip


ENERGY_J = {1: 0.002, 256: 0.0005}
"""Energy of a sample by batch size, of every made model."""


def made_inference(model="masked", batch_size=256, **changes):
    """Return what is known of a model's inference; it is as quick and as frugal as the reference, and does the same."""
    ratios = {
        f"{what}_ratio{end}": value
        for what in ("latency", "energy")
        for end, value in (("", 1.0), ("_low", 0.98), ("_high", 1.02))
    }
    beside = {} if model == "reference" else ratios | {"same_operations": True}
    values = {
        "model": model, "window": f"run/inference/batch{batch_size}", "batch_size": batch_size, "batches": 60, "blocks": 12,
        "latency_ms": 1.0, "latency_iqr_ms": 0.1, "latency_p90_ms": 1.3, "latency_p99_ms": 1.9, "latency_low_ms": 0.9,
        "latency_high_ms": 1.2, "throughput_per_s": 500.0 * batch_size, "energy_j": ENERGY_J[batch_size],
        "energy_net_j": 0.5 * ENERGY_J[batch_size], "energy_u_j": 0.01 * ENERGY_J[batch_size],
    }  # fmt: skip
    return record.Inference(**values | beside | changes)


def with_inference(rec, model="masked", **changes):
    """Return the record with other numbers of a model's inference, at both batch sizes."""
    rows = [each.model_copy(update=changes) if each.model == model else each for each in rec.inference]
    return rec.model_copy(update={"inference": rows})


def made_record(
    dataset="mnist", method="baseline", seed=0, *, quality=0.97, validation=None, train_uj=5_000_000, **changes
):
    """Return a record as a finished run leaves it: 2 s of loading, 10 s of training, 1 s of inference."""
    config = Config.model_validate({"compression": {"seeds": 9}})
    run = next(r for r in run_sheet(config) if (r.dataset, r.method, r.seed) == (dataset, method, seed))
    metric = "mae" if dataset == "california_housing" else "accuracy"
    validation = quality if validation is None else validation
    parts = {"test": quality, "validation": validation, "train": quality}

    def window(name, parent, start_s, end_s, energy_uj, gap_uj):
        known = energy_uj is not None
        return record.WindowEntry(
            name=name, parent=parent, device="cpu", scope="cpu", start_s=start_s, end_s=end_s,
            energy_uj=energy_uj, gap_uj=gap_uj, energy_net_uj=energy_uj - 1_000_000 if known else None,
            u_stat_j=0.5 if known else None, u_idle_j=0.4 if known else None,
            u_sys_j=0.2 if known else None, source="estimated" if known else None,
            flags=[] if known else ["unknown: meter estimate: away"],
        )  # fmt: skip

    total = None if train_uj is None else train_uj + 3_000_000
    values = {
        "run": run,
        "status": "complete",
        "started": "2026-01-01T00:00:00+00:00",
        "parents": [record.Parent(id=run.parent, model_sha256="0" * 64)] if run.parent else [],
        "reference": record.Parent(id=run.reference, model_sha256="0" * 64) if run.reference else None,
        "data": {"level": "sample"},
        "quality": {f"{part}_{metric}": value for part, value in parts.items()} | {f"{part}_loss": 0.1 for part in parts},
        "model": MODEL,
        "inference": [made_inference(model, size) for size in (1, 256) for model in ("masked", "reference")],
        "energy": record.Energy(scope="cpu", source="estimated", devices=[ESTIMATE]),
        "windows": [
            window("run", None, 0, 13, total, 0 if train_uj is not None else None),
            window("run/load", "run", 0, 2, 2_000_000, 2_000_000),
            window("run/train", "run", 2, 12, train_uj, None if train_uj is None else 0),
            window("run/train/epoch1", "run/train", 2, 6, train_uj, train_uj),
            window("run/inference", "run", 12, 13, 1_000_000, 0),
            window("run/inference/batch256", "run/inference", 12, 13, 1_000_000, 1_000_000),
        ],
        "machine": {"processor": "made", "gpus": []},
        "software": {"packages": {"keras": "3.12.4"}, "git": {"commit": "abc", "dirty": False}},
    }  # fmt: skip
    return record.Record(**values | changes)


def without_model(rec, status="diverged", error="the training diverged", **changes):
    """Return the record as of a run that got no model."""
    nothing = {"status": status, "error": error, "quality": {}, "model": None, "inference": []}
    return rec.model_copy(update=nothing | changes)


def lacking(rec, of):
    """Return the record as of a run that measured nothing, because the run `of`, which it needs, got no model."""
    error = f"its parent {of.run.id} {record.WITHOUT_MODEL[of.status]}"
    parents = [record.Parent(id=of.run.id, model_sha256=None)]
    energy = record.Energy(reason=f"nothing was measured: {error}")
    return without_model(rec, of.status, error, windows=[], energy=energy, parents=parents)


def leave(rec, folder):
    """Write the raw files of a run, and its record with their checksums."""
    folder.mkdir(parents=True, exist_ok=True)
    readings = {"device": ["cpu"], "scope": ["cpu"], "source": ["estimated"], "time_s": [0.1]}
    write_parquet(readings, folder / paths.TIMELINE)
    write_parquet({"name": [window.name for window in rec.windows]}, folder / paths.WINDOWS)
    if rec.windows:
        write_csv([Epoch("run/train/epoch1", 1, 0.5, 0.8, 0.6, 0.7, None)], folder / paths.EPOCHS)
    if rec.status not in record.WITHOUT_MODEL:
        (folder / paths.MODEL).write_bytes(b"a model")
    if rec.status == "complete" and not (folder / paths.TEST_SCORES).exists():
        samples = rec.data.get("samples", {}).get("test", 8)
        np.save(folder / paths.TEST_SCORES, np.full(samples, next(iter(rec.quality.values()))))
    sign(rec, folder)


def sign(rec, folder):
    """Write a record with the checksums of the other files in its folder, as they are now."""
    files = {path.name: digest(path) for path in sorted(folder.iterdir()) if path.name != paths.RECORD}
    rec.model_copy(update={"files": files}).write(folder)


@pytest.fixture
def study(tmp_path):
    """Return a function that writes records into a study's folder, and gives what `read_study` takes."""

    def write(*records, failed=()):
        folder = tmp_path / "compression"
        for rec in records:
            leave(rec, folder / "raw" / rec.run.id)
        for number, rec in enumerate(failed):
            leave(rec.model_copy(update={"status": "failed"}), folder / "failed" / rec.run.id / str(number))
        return folder, sorted((folder / "raw").rglob(paths.RECORD)), Checks()

    return write


@pytest.fixture
def without_secrets(tmp_path, monkeypatch):
    """Return an empty working folder; the environment has no secrets of trackers."""
    monkeypatch.chdir(tmp_path)
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    return tmp_path
