"""The row of a run in `runs`: what it was, what came out, what it cost."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from frugalnet import catalogue
from frugalnet.analysis import energies
from frugalnet.analysis.closing import ledger_difference_uj
from frugalnet.analysis.co2e import energy_by_hour
from frugalnet.analysis.deployed import deployed_columns
from frugalnet.analysis.factors import factors
from frugalnet.analysis.host import host_columns
from frugalnet.analysis.inferences import inference_columns
from frugalnet.analysis.spent import as_json, spent_columns
from frugalnet.config import combinations
from frugalnet.record import record
from frugalnet.record.record import Record
from frugalnet.record.windows import OTHER_LOAD, UNKNOWN, by_device, sum_known

COMPACTION = "run/inference/compaction"
"""Window in which the compacted model is made."""


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
    """Return the row of a run in `runs`; `failed` are its failed tries, None for one that cannot be read.

    What a run without a model does not have is None; its energy is there.
    Tries with other settings belong to another run and do not count.
    """
    tries = [each for each in failed if each is None or each.done == rec.done]
    metric, done = catalogue.DATASETS[rec.run.dataset].metric, rec.done
    git = rec.software["git"] or {}
    quality = {
        f"{part}_{name}": rec.quality.get(f"{part}_{key}")
        for name, key in (("quality", metric), ("loss", "loss"))
        for part in ("test", "validation", "train")
    }
    return keys(rec) | {
        "status": rec.status,
        "study": rec.run.study,
        "network": rec.run.network_label,
        "parent": rec.parents[0].id if rec.parents else None,
        "teacher": rec.run.teacher,
        "resolved": combinations.told(done.resolved, done.because),
        "threads": rec.run.measure.threads,
        **quality,
        **{name: getattr(rec.model, name, None) for name in record.COST},
        **_own_cost(rec),
        **{f"train_{name}": getattr(rec.memory, name, None) for name in record.Memory.model_fields},
        "compaction_energy_j": _joules(energies.total_uj(rec, [COMPACTION], "energy")),
        "failed_tries": len(tries),
        **(spent := spent_columns(rec, tries)),
        "energy_by_hour_j": energy_by_hour(rec, tries, spent["failed_energy_j"]),
        **inference_columns(rec),
        **deployed_columns(rec),
        "started": rec.started,
        "record_sha256": rec.sha256,
        "processor": rec.machine["processor"],
        "gpu": ", ".join(gpu["name"] for gpu in rec.machine["gpus"]) or None,
        "software": ", ".join(f"{name} {version}" for name, version in rec.software["packages"].items() if version),
        "git_commit": git.get("commit"),
        "git_dirty": git.get("dirty"),
        **factors(done),
    }


def _own_cost(rec: Record) -> dict[str, Any]:
    """Return the cost of the run's own training and search, its uncertainty and its source."""
    own, devices, carbon = energies.own_windows(rec), energies.devices(rec), rec.energy.carbon
    u_stat_j, u_sys_j = energies.uncertainty_j(rec, own)
    entries = energies.entries(rec, own)
    flags = _flags(flag for window in entries for flag in window.flags)
    unknown = [flag.removeprefix(UNKNOWN) for flag in flags if flag.startswith(UNKNOWN)]
    idle_cards = [device for device in rec.energy.devices if device.device in energies.idle_cards(rec)]
    return {
        "train_duration_s": sum(energies.duration_s(rec, name) for name in own) if own else None,
        "train_energy_j": _joules(energies.total_uj(rec, own, "energy")),
        "train_energy_net_j": _joules(energies.total_uj(rec, own, "energy_net")),
        "train_u_stat_j": u_stat_j,
        "train_u_sys_j": u_sys_j,
        "train_u_sys_by_device_j": as_json(by_device(entries, lambda window: window.u_sys_j)),
        "train_flags": "; ".join(flag for flag in flags if not flag.startswith(UNKNOWN)),
        "energy_reason": rec.energy.reason or "; ".join(unknown) or None,
        "energy_assumptions": _assumptions(rec),
        "energy_devices": _named(devices),
        "idle_devices": _named(idle_cards),
        "ledger_difference_uj": ledger_difference_uj(rec),
        "idle_w": sum_known(device.idle_before_w for device in devices) if devices else None,
        **host_columns(rec, own),
        "carbon_g_per_kwh": carbon.intensity_g_per_kwh,
        "carbon_hourly": carbon.hourly,
        "carbon_source": carbon.source,
        "carbon_year": carbon.year,
        "carbon_pue": carbon.pue,
    }


def _flags(given: Iterable[str]) -> list[str]:
    """Return each flag once; of the loads of other processes, the largest."""
    flags = list(dict.fromkeys(given))
    loads = sorted((flag for flag in flags if flag.startswith(OTHER_LOAD)), key=lambda flag: float(flag.split()[1]))
    return [*(flag for flag in flags if flag not in loads), *loads[-1:]]


def _named(devices: Iterable[record.DeviceEntry]) -> str | None:
    return ", ".join(dict.fromkeys(f"{each.meter} ({each.model or each.device})" for each in devices)) or None


def _joules(energy_uj: int | None) -> float | None:
    return None if energy_uj is None else energy_uj / 1e6


def _assumptions(rec: Record) -> str | None:
    estimates = (device for device in energies.devices(rec) if device.source == "estimated")
    found = {name: value for device in estimates for name, value in device.assumptions.items()}
    return json.dumps(found) if found else None
