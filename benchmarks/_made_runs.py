"""Raw files of a large study, as its measured runs would leave them, with made-up numbers."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from frugalnet import catalogue
from frugalnet.config.reading import write_settings
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.energy.timeline import COLUMNS
from frugalnet.files import digest
from frugalnet.record import paths, record
from frugalnet.record.paths import METER_PROBE, SETTINGS
from frugalnet.record.probe import Probe, ProbedMeter, SmallestDifference
from frugalnet.record.rows import Epoch, Trial, write_csv, write_parquet
from frugalnet.studies.compression.sheet import run_sheet

WEIGHTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98)
UNITS = (0.25, 0.5, 0.6, 0.75, 0.85)
ROWS = 50
"""Number of runs per dataset and seed with these variants."""
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH_S = 3.0
POWER_W = 40.0
HZ = 10
DEVICE = {"device": "cpu", "scope": "cpu", "source": "measured"}
KNOWN = {"meter": "rapl", "model": "A processor", "tick_s": 0.001, "gain": 0.03, "gain_source": "made up"}


def made_study(results: Path, datasets: int, seeds: int, epochs: int) -> int:
    """Write settings and raw files of the study `compression`, ROWS runs for each dataset and seed, and return their number."""
    settings = {
        "name": results.name,
        "compression": {
            "datasets": ["mnist", "cifar10", "sat6", "california_housing"][:datasets],
            "seeds": seeds,
            "variants": [
                *({"granularity": "weight", "sparsity": sparsity} for sparsity in WEIGHTS),
                *({"granularity": "unit", "sparsity": sparsity} for sparsity in UNITS),
            ],
            "pruning": {"epochs": epochs},
            "nas": {"trials": 20},
            "per_dataset": {
                name: {"recipe": {"epochs": epochs}} for name in catalogue.DATASETS if name != "pneumoniamnist"
            },
        },
    }
    config = Config.model_validate(settings)
    write_settings(settings, results / SETTINGS)
    _probe().write(results / METER_PROBE)
    shared = results / "shared"
    shared.mkdir()
    (shared / paths.MODEL).write_bytes(bytes(10_000))
    _write_timeline(epochs * EPOCH_S, shared / paths.TIMELINE)
    sheet = run_sheet(config)
    for run in sheet:
        _write_run(run, epochs, shared, paths.raw(results / run.study, run.id).parent)
    shutil.rmtree(shared)
    return len(sheet)


def _write_run(run: Run, epochs: int, shared: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    random = Random(run.id)
    for name in (paths.MODEL, paths.TIMELINE):
        shutil.copyfile(shared / name, folder / name)
    quality = random.gauss(0.95, 0.01)
    rows = [
        Epoch(f"run/train/epoch{k}", k, 1 / k, quality - 0.3 / k, 1.1 / k, quality - 0.4 / k, min(0.9, k / 50))
        for k in range(1, epochs + 1)
    ]
    write_csv(rows, folder / paths.EPOCHS)
    windows = _windows(run, epochs, random)
    if run.nas:
        write_csv([_trial(number, random) for number in range(run.nas.trials)], folder / paths.TRIALS)
    dumped = [window.model_dump() for window in windows]
    columns = {name: [row[name] for row in dumped] for name in record.WindowEntry.model_fields}
    write_parquet(columns, folder / paths.WINDOWS)
    _record(run, windows, quality, folder, random).write(folder)


def _windows(run: Run, epochs: int, random: Random) -> list[record.WindowEntry]:
    """Return the windows of a run: loading, the trials of a search, each epoch with first step and validation, inference."""
    found: list[record.WindowEntry] = []

    def window(name: str, start_s: float, end_s: float, inside_uj: int = 0) -> int:
        energy_uj = round((end_s - start_s) * random.gauss(POWER_W, 1) * 1e6) + inside_uj
        found.append(
            record.WindowEntry(
                name=name, parent=name.rpartition("/")[0] or None, **DEVICE, start_s=start_s, end_s=end_s, energy_uj=energy_uj,
                gap_uj=energy_uj - inside_uj, energy_net_uj=energy_uj // 2, u_stat_j=0.1 + random.random(), u_idle_j=0.01,
                u_sys_j=random.random(), flags=[],
            )
        )  # fmt: skip
        return energy_uj

    parts = [window("run/load", 0, 0.5)]
    now_s = 0.5
    if run.nas:
        trials = [window(f"run/search/trial{n}", now_s + n, now_s + n + 1) for n in range(run.nas.trials)]
        parts.append(window("run/search", now_s, now_s + run.nas.trials, sum(trials)))
        now_s += run.nas.trials
    inside = []
    for k in range(1, epochs + 1):
        name, start_s = f"run/train/epoch{k}", now_s + (k - 1) * EPOCH_S
        own = window(f"{name}/first_step", start_s, start_s + 0.2)
        own += window(f"{name}/validation", start_s + EPOCH_S - 0.3, start_s + EPOCH_S)
        inside.append(window(name, start_s, start_s + EPOCH_S, own))
    end_s = now_s + epochs * EPOCH_S
    parts.append(window("run/train", now_s, end_s, sum(inside)))
    names = [f"run/inference/{twin}batch{size}" for twin in ("", "compacted_") for size in (1, 256)]
    measured = [window(name, end_s + n, end_s + n + 1) for n, name in enumerate(names)]
    parts.append(window("run/inference", end_s, end_s + len(names), sum(measured)))
    window("run", 0, end_s + len(names), sum(parts))
    return sorted(found, key=lambda each: (each.start_s, -each.end_s))


def _trial(number: int, random: Random) -> Trial:
    parameters = random.randrange(10_000, 500_000)
    return Trial(
        trial=number, status="complete", objective=random.gauss(0.9, 0.02), quality=random.gauss(0.94, 0.02),
        parameters=parameters, parameters_compacted=parameters, macs=parameters, macs_compacted=parameters, latency_ms=0.3, latency_ratio=0.9,
        train_energy_j=30.0, energy_j=40.0, duration_s=1.0, epochs=3, batch_size=128, winner=number == 0,
        window=f"run/search/trial{number}", hyperparameters='{"units": 64}', parts='{"parameters": 0.01}', reason=None,
    )  # fmt: skip


def _record(run: Run, windows: list[record.WindowEntry], quality: float, folder: Path, random: Random) -> record.Record:
    metric = catalogue.DATASETS[run.dataset].metric
    sparsity = run.pruning.sparsity if run.pruning else 0.0
    parameters = catalogue.NETWORKS[run.network].parameters
    kept = round(parameters * (1 - sparsity))
    counts = {"parameters": parameters, "parameters_nonzero": kept, "parameters_compacted": kept}
    counts |= {"macs": parameters, "macs_nonzero": kept, "macs_compacted": kept}
    sizes = {
        "model_bytes": 4 * parameters,
        "gzip_bytes": 4 * kept,
        "compacted_bytes": 4 * kept,
        "gzip_bytes_compacted": 4 * kept,
    }
    return record.Record(
        run=run,
        status="complete",
        started=(STARTED + timedelta(days=run.seed)).isoformat(timespec="seconds"),
        parents=[record.Parent(id=run.parent, model_sha256="0" * 64)] if run.parent else [],
        data={"level": "official"},
        quality={f"{part}_{name}": quality for part in ("test", "validation", "train") for name in (metric, "loss")},
        model=record.Model(**counts, **sizes, compaction_error=1e-7, sha256="0" * 64),
        inference=[_inference(twin, size, random) for twin in ("masked", "compacted") for size in (1, 256)],
        energy=record.Energy(
            scope="cpu",
            source="measured",
            devices=[
                record.DeviceEntry(
                    **DEVICE, **KNOWN, assumptions={}, readings=3000, idle_no_context_w=20, idle_before_w=20,
                    idle_after_w=20, lost=None,
                )
            ],
        ),
        windows=windows,
        machine={"processor": "A processor", "gpus": []},
        software={"frugalnet": "0.1.0", "packages": {"keras": "3.12.4"}, "git": {"commit": "abc", "dirty": False}},
        files={path.name: digest(path) for path in sorted(folder.iterdir())},
    )  # fmt: skip


def _inference(twin: str, size: int, random: Random) -> record.Inference:
    latency_ms = random.gauss(1.0 if twin == "masked" else 0.8, 0.02)
    return record.Inference(
        model=twin, window=f"run/inference/{'' if twin == 'masked' else 'compacted_'}batch{size}", batch_size=size,
        batches=100, latency_ms=latency_ms, latency_iqr_ms=0.05, latency_low_ms=latency_ms - 0.01,
        latency_high_ms=latency_ms + 0.01, throughput_per_s=1000 * size / latency_ms,
    )  # fmt: skip


def _probe() -> Probe:
    meter = ProbedMeter(
        **DEVICE, **KNOWN, reading_us=10, idle_w=20, idle_noise_w=0.5, idle_temperature_c=None, load_w=POWER_W,
        load_noise_w=1, idle_counter_to_power=1, load_counter_to_power=1, contradiction=False, edge_reading_error=0.2,
        smallest_differences=[SmallestDifference(run_s=60, fraction=0.01), SmallestDifference(run_s=600, fraction=0.003)],
    )  # fmt: skip
    return Probe(machine={}, started="2026-01-01T00:00:00+00:00", on_gpu=False, meters=[meter], missing={})


def _write_timeline(length_s: float, path: Path) -> None:
    """Write readings of a run of this length."""
    random, times_s = Random(0), [number / HZ for number in range(round(length_s * HZ))]
    columns = {name: [value] * len(times_s) for name, value in DEVICE.items()}
    columns |= {name: [None] * len(times_s) for name in COLUMNS}
    columns |= {"time_s": times_s, "power_w": [random.gauss(POWER_W, 1) for _ in times_s]}
    columns["energy_uj"] = [round(time_s * POWER_W * 1e6) for time_s in times_s]
    write_parquet(columns, path)
