"""The row of a run in `runs`: what it was, what came out, what it cost."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.analysis import energies
from frugalnet.analysis.co2e import energy_by_hour
from frugalnet.analysis.factors import factors
from frugalnet.analysis.host import host_columns
from frugalnet.analysis.inferences import inference_columns
from frugalnet.record import record
from frugalnet.record.record import Record
from frugalnet.record.windows import RUN, UNKNOWN, sum_known


def keys(rec: Record) -> dict[str, Any]:
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


def run_row(rec: Record, failed: Sequence[Record | None]) -> dict[str, Any]:
    """Return the row of a run in `runs`; `failed` are tries of it that failed, None for one that cannot be read.

    Those with other settings were another run.
    """
    tries = [each for each in failed if each is None or each.run == rec.run]
    metric = catalogue.DATASETS[rec.run.dataset].metric
    assert rec.model is not None
    git = rec.software["git"] or {}
    quality = {
        f"{part}_{name}": rec.quality[f"{part}_{key}"]
        for name, key in (("quality", metric), ("loss", "loss"))
        for part in ("test", "validation", "train")
    }
    return keys(rec) | {
        "study": rec.run.study,
        "network": rec.run.network,
        "parent": rec.parents[0].id if rec.parents else None,
        "threads": rec.run.measure.threads,
        **quality,
        **{name: getattr(rec.model, name) for name in record.COST},
        **_own_cost(rec),
        "failed_tries": len(tries),
        "failed_energy_j": (failed_energy_j := _failed_energy_j(rec, tries)),
        "energy_by_hour_j": energy_by_hour(rec, tries, failed_energy_j),
        **inference_columns(rec),
        "started": rec.started,
        "processor": rec.machine["processor"],
        "gpu": ", ".join(gpu["name"] for gpu in rec.machine["gpus"]) or None,
        "software": ", ".join(f"{name} {version}" for name, version in rec.software["packages"].items() if version),
        "git_commit": git.get("commit"),
        "git_dirty": git.get("dirty"),
        **factors(rec.run),
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
        "idle_w": sum_known(device.idle_before_w for device in devices) if devices else None,
        **host_columns(rec, own),
        "carbon_g_per_kwh": carbon.intensity_g_per_kwh,
        "carbon_hourly": carbon.hourly,
        "carbon_source": carbon.source,
        "carbon_year": carbon.year,
        "carbon_pue": carbon.pue,
    }


def _joules(energy_uj: int | None) -> float | None:
    return None if energy_uj is None else energy_uj / 1e6


def _assumptions(rec: Record) -> str | None:
    estimates = (device for device in energies.devices(rec) if device.source == "estimated")
    found = {name: value for device in estimates for name, value in device.assumptions.items()}
    return json.dumps(found) if found else None


def _failed_energy_j(finished: Record, failed: Sequence[Record | None]) -> float | None:
    """Return the energy of failed tries; None where it is not known, or of other devices or in another way than the run's own.

    A try that ended before its run began has used none. A trial that tries went on with is in the record of each of them, and
    counts once: in the finished run, if that has it.
    """
    if None in failed:
        return None
    begun = [each for each in failed if each and each.windows]
    known = [
        (each.energy.scope, each.energy.source) == (finished.energy.scope, finished.energy.source) for each in begun
    ]
    if not all(known):
        return None
    spent = [energies.total_uj(each, [RUN], "energy") for each in begun]
    handed_on = [(each, name) for each in begun for name in (*each.kept, *energies.beside(each))]
    trials = {_trial(each, name) for each, name in handed_on}
    trials -= {_trial(finished, name) for name in energies.beside(finished)}
    within = [energies.total_uj(each, [name], "energy") for each in begun for name in each.kept]
    parts = [*spent, *(energy_uj for _, energy_uj in trials)]
    return None if None in within else _joules(sum_known([*parts, -sum(each or 0 for each in within)]))


def _trial(rec: Record, name: str) -> tuple[str, int | None]:
    """Return what tells a trial from all others: its number, and its energy, to the microjoule."""
    return Path(name).name, energies.total_uj(rec, [name], "energy")
