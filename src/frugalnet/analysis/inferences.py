"""Costs of inference in `runs`: of a model, of its compacted twin, and of the twin relative to its reference."""

from typing import Any

from frugalnet.analysis import energies
from frugalnet.record import record
from frugalnet.record.record import Record
from frugalnet.record.windows import UNKNOWN

LATENCIES = ("ms", "iqr_ms", "p90_ms", "p99_ms", "low_ms", "high_ms")
ENERGIES = {"j": "energy_j", "net_j": "energy_net_j", "u_j": "energy_u_j"}
RATIOS = {
    "latency_ratio": ("latency_ratio", 0),
    "latency_large_ratio": ("latency_ratio", -1),
    "energy_per_inference_batch1_ratio": ("energy_ratio", 0),
    "energy_per_inference_ratio": ("energy_ratio", -1),
}
"""Columns of ratios of the compacted model to its reference: the field of the record, and the place of the batch size."""
ENDS = ("", "_low", "_high")
Meanings = dict[str, tuple[str | None, str]]
"""Unit and meaning of columns."""


def inference_columns(rec: Record) -> dict[str, Any]:
    """Return time and energy of a batch of one and of a large batch, for the model and its compacted twin.

    A twin that is no smaller was not measured and has the numbers of the model; a missing twin, or model, has none.
    """
    masked, twin, reference = (
        [found for found in rec.inference if found.model == model] for model in ("masked", "compacted", "reference")
    )
    if not twin and rec.model and rec.model.parameters_compacted is not None:
        twin = masked
    (one, large), (one_twin, large_twin) = ((rows[0], rows[-1]) if rows else (None, None) for rows in (masked, twin))
    return {
        **_latencies("batch1", one, one_twin),
        **_latencies("large", large, large_twin),
        "throughput_batch": large.batch_size if large else None,
        "throughput_per_s": large.throughput_per_s if large else None,
        "throughput_per_s_compacted": large_twin.throughput_per_s if large_twin else None,
        **_energies("", large, large_twin),
        **_energies("_batch1", one, one_twin),
        "reference_energy_per_inference_j": reference[-1].energy_j if reference else None,
        "reference_energy_per_inference_batch1_j": reference[0].energy_j if reference else None,
        **{
            f"{column}{end}": getattr(twin[place], f"{name}{end}") if twin else None
            for column, (name, place) in RATIOS.items()
            for end in ENDS
        },
        "same_operations": one_twin.same_operations if one_twin else None,
        "inference_flags": _flags(rec),
    }


def _latencies(size: str, masked: record.Inference | None, twin: record.Inference | None) -> dict[str, float | None]:
    """Return percentiles and interval of the time per batch, for the model and its compacted twin."""
    return {
        f"latency_{size}_{name}{suffix}": getattr(found, f"latency_{name}", None)
        for suffix, found in (("", masked), ("_compacted", twin))
        for name in LATENCIES
    }


def _energies(size: str, masked: record.Inference | None, twin: record.Inference | None) -> dict[str, float | None]:
    """Return gross and net energy per sample, and the uncertainty of the gross energy, for the model and its compacted twin."""
    return {
        f"energy_per_inference{size}_{name}{suffix}": getattr(found, field, None)
        for suffix, found in (("", masked), ("_compacted", twin))
        for name, field in ENERGIES.items()
    }


def _flags(rec: Record) -> str:
    """Return what disturbed inference, or cut it short."""
    windows = energies.entries(rec, [found.window for found in rec.inference])
    flags = [flag for found in rec.inference for flag in found.flags]
    flags += [flag for window in windows for flag in window.flags]
    return "; ".join(flag for flag in dict.fromkeys(flags) if not flag.startswith(UNKNOWN))


def _of_latencies(size: str, what: str) -> Meanings:
    """Return the columns of the time per batch, for the model and its compacted twin."""
    column = f"latency_{size}"
    return {
        f"{column}_ms": ("ms", f"Median time of {what}."),
        f"{column}_iqr_ms": (
            "ms",
            "Interquartile range of the same over the batches; in `comparison`, a mean over seeds.",
        ),
        f"{column}_p90_ms": ("ms", "90th percentile of the same."),
        f"{column}_p99_ms": ("ms", "99th percentile of the same."),
        f"{column}_low_ms": (
            "ms",
            "Lower end of the 95 % interval of that median, over blocks (trimmed geometric mean of their medians).",
        ),
        f"{column}_high_ms": ("ms", "Upper end of the same interval."),
        f"{column}_ms_compacted": (
            "ms",
            "The same median of the compacted model; the median of the model itself where compaction makes nothing smaller.",
        ),
        f"{column}_iqr_ms_compacted": ("ms", "Interquartile range of the same."),
        f"{column}_p90_ms_compacted": ("ms", "90th percentile of the same."),
        f"{column}_p99_ms_compacted": ("ms", "99th percentile of the same."),
        f"{column}_low_ms_compacted": ("ms", "Lower end of the 95 % interval of that median."),
        f"{column}_high_ms_compacted": ("ms", "Upper end of the same interval."),
    }


def _of_energies(size: str, what: str) -> Meanings:
    """Return the columns of the energy per sample, for the model, its compacted twin and the reference."""
    column = f"energy_per_inference{size}"
    return {
        f"{column}_j": ("J", f"Energy per sample in inference {what}."),
        f"{column}_net_j": ("J", "The same less the idle power of the device (its context alive)."),
        f"{column}_u_j": ("J", "Standard error (1 sigma) of the gross energy within the run, over blocks."),
        f"{column}_j_compacted": ("J", "The gross energy of the compacted model."),
        f"{column}_net_j_compacted": ("J", "The net energy of the compacted model."),
        f"{column}_u_j_compacted": ("J", "Standard error of the gross energy of the compacted model."),
        f"reference_{column}_j": (
            "J",
            "The gross energy of the baseline's compacted model, measured in turn in the same process.",
        ),
    }


def _of_ratios(column: str, what: str) -> Meanings:
    """Return the columns of a ratio to the reference."""
    return {
        column: (
            "ratio",
            f"{what} of the compacted model over that of the baseline's compacted model, measured in turn in one process; the baseline is compared with a copy of itself. In `comparison`, a geometric mean over the seeds with a baseline.",
        ),
        f"{column}_low": (
            "ratio",
            "Lower end of its 95 % interval: over blocks, and in `comparison` over seeds, where there are several.",
        ),
        f"{column}_high": ("ratio", "Upper end of the same interval."),
    }


MEANINGS: Meanings = {
    **_of_latencies("batch1", "inference for a batch of one sample"),
    **_of_latencies("large", "inference for a whole large batch, of `throughput_batch` samples"),
    **_of_energies("", "at the large batch size"),
    **_of_energies("_batch1", "for a batch of one sample"),
    **_of_ratios("latency_ratio", "Time (lower quartiles of blocks) for a batch of one sample"),
    **_of_ratios("latency_large_ratio", "Time (lower quartiles of blocks) for a large batch"),
    **_of_ratios("energy_per_inference_ratio", "Energy per sample in inference at the large batch size"),
    **_of_ratios("energy_per_inference_batch1_ratio", "Energy per sample in inference for a batch of one sample"),
    "same_operations": (
        None,
        "Whether the compacted model does the same operations on the same shapes as the baseline's; if so, it saves nothing, whatever was measured.",
    ),
}
