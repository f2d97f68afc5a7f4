"""Final numbers of a run by groups, and the texts that say how they are known."""

import math
from collections.abc import Mapping
from typing import Any

from frugalnet.record.record import Record

GROUPS = {
    "quality": ("test_quality", "validation_quality", "train_quality", "test_loss", "validation_loss", "train_loss"),
    "time": ("train_duration_s", "train_cpu_s"),
    "energy": ("train_", "compaction_energy", "failed_energy", "spent_", "host_energy", "idle_w"),
    "memory": ("host_", "device_", "train_host_peak", "train_device_peak", "weight_bytes", "activation_"),
    "inference": ("latency_", "throughput_", "energy_per_inference", "reference_energy"),
    "size": ("parameters", "macs", "model_bytes", "gzip_", "compacted_bytes", "tflite_", "compaction_error"),
    "deployed": ("deployed_", "int8_"),
}
"""Groups of numbers, by names of columns or what these begin with; the longest one that fits decides."""
OF_TRIES = ("failed_tries", "failed_energy_j", "spent_u_stat_j")
"""Columns that say something only of a run with failed tries."""
OTHERS = "other"
ABOUT = ("carbon_g_per_kwh", "carbon_year", "carbon_pue", "throughput_batch", "activation_batch", "failed_tries")
"""Numbers that say what others refer to: they stand with the texts."""
LEFT_OUT = ("run", "ledger_difference_uj", "energy_by_hour_j", "train_u_sys_by_device_j", "spent_u_sys_by_device_j")
"""Columns that only the tables need."""


def split(row: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """Return the finite numbers of a row by `<group>/<column>`, and its texts; what is not known or empty is left out."""
    found: dict[str, float] = {}
    known: dict[str, str] = {}
    for name, value in row.items():
        if value is None or value == "" or name in LEFT_OUT or name.startswith(("recipe.", "pruning.", "factor.")):
            continue
        if isinstance(value, int | float) and not isinstance(value, bool) and name not in ABOUT:
            if math.isfinite(value):
                found[f"{_group(name)}/{name}"] = float(value)
        else:
            known[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found, known


def of_whole_run(rec: Record) -> dict[str, float]:
    """Return energy and CO2e of the whole run, from loading to inference, where they are known."""
    total = next((each for each in rec.energy.totals if each.scope == rec.energy.scope), None)
    if total is None:
        return {}
    joules = None if total.energy_uj is None else total.energy_uj / 1e6
    found = {"energy/run_energy_j": joules, "energy/run_co2e_g": total.co2e_g}
    return {name: value for name, value in found.items() if value is not None}


def _group(name: str) -> str:
    fitting = [(len(start), group) for group, starts in GROUPS.items() for start in starts if name.startswith(start)]
    return max(fitting, default=(0, OTHERS))[1]
