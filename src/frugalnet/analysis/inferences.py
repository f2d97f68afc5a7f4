"""What inference takes, of a model and of its compacted twin: columns of `runs`."""

import math
from typing import Any

from frugalnet.analysis import energies
from frugalnet.record import record
from frugalnet.record.record import Record
from frugalnet.record.windows import UNKNOWN

Z = 1.96
"""Half width of a 95 % interval, in standard deviations."""


def inference_columns(rec: Record) -> dict[str, Any]:
    """Return time and energy of a batch of one and of a large one, of the model and of its compacted twin.

    A twin that was not measured because it is no smaller has the numbers of the model; one that is not there has none.
    """
    assert rec.model is not None
    masked = [found for found in rec.inference if found.model == "masked"]
    twin = [found for found in rec.inference if found.model == "compacted"]
    if not twin and rec.model.parameters_compacted is not None:
        twin = masked
    small, large = masked[0], masked[-1]
    small_twin, large_twin = (twin[0], twin[-1]) if twin else (None, None)
    return {
        **_latencies("batch1", small, small_twin),
        **_latencies("large", large, large_twin),
        "throughput_batch": large.batch_size,
        "throughput_per_s": large.throughput_per_s,
        "throughput_per_s_compacted": large_twin.throughput_per_s if large_twin else None,
        **_energies(rec, "", large, large_twin),
        **_energies(rec, "_batch1", small, small_twin),
        "inference_flags": _flags(rec),
    }


def _latencies(size: str, masked: record.Inference, twin: record.Inference | None) -> dict[str, float | None]:
    """Return median, spread and interval of the time that a batch takes, of the model and of its compacted twin."""
    return {
        f"latency_{size}_{name}{suffix}": getattr(found, f"latency_{name}", None)
        for suffix, found in (("", masked), ("_compacted", twin))
        for name in ("ms", "iqr_ms", "low_ms", "high_ms")
    }


def _energies(rec: Record, size: str, masked: record.Inference, twin: record.Inference | None) -> dict[str, Any]:
    """Return energy per sample and its uncertainty, of the model and of its compacted twin."""
    columns: dict[str, float | None] = {}
    for suffix, found in (("", masked), ("_compacted", twin)):
        energy_j, u_j = _energy_per_inference_j(rec, found) if found else (None, None)
        columns |= {
            f"energy_per_inference{size}_j{suffix}": energy_j,
            f"energy_per_inference{size}_u_j{suffix}": u_j,
        }
    return columns


def _energy_per_inference_j(rec: Record, inference: record.Inference) -> tuple[float | None, float | None]:
    """Return the energy per sample and its statistical uncertainty (1 sigma), without what differs from run to run.

    The uncertainty is that of the meter, and that of the latency, which the energy follows: the 95 % interval of its median, or
    the interquartile range for too few batches; at least `measure.latency_precision`, for measuring ends where that is reached.
    """
    energy_uj = energies.total_uj(rec, [inference.window], "energy")
    meter_j = energies.gross_uncertainty_j(rec, inference.window)
    if energy_uj is None:
        return None, None
    samples = inference.batches * inference.batch_size
    energy_j = energy_uj / 1e6 / samples
    if meter_j is None or inference.batches < 2:
        return energy_j, None
    low_ms, high_ms = inference.latency_low_ms, inference.latency_high_ms
    half_ms = inference.latency_iqr_ms if low_ms is None or high_ms is None else (high_ms - low_ms) / 2
    relative = max(half_ms / inference.latency_ms, rec.run.measure.latency_precision)
    return energy_j, math.hypot(meter_j / samples, relative / Z * energy_j)


def _flags(rec: Record) -> str:
    """Return what disturbed inference, or cut it short."""
    windows = energies.entries(rec, [found.window for found in rec.inference])
    flags = [flag for found in rec.inference for flag in found.flags]
    flags += [flag for window in windows for flag in window.flags]
    return "; ".join(flag for flag in dict.fromkeys(flags) if not flag.startswith(UNKNOWN))
