"""Columns of the int8 file that a run's network is deployed as; tables of studies without such runs do not have them."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import energies
from frugalnet.analysis.inferences import ENDS, ENERGIES, LATENCIES, RATIOS, Meanings
from frugalnet.record.record import Record

QUANTIZATION = "run/inference/quantization"
"""Window in which the int8 file is made."""
COUNTS = ("deployed_bytes", "deployed_float_bytes")
MEANINGS: Meanings = {
    "deployed_bytes": (
        "B",
        "Size of model.tflite: the network with int8 weights and activations, the compacted one where that is smaller. Empty: the run does not round to int8, or `deployed_reason` says why.",
    ),
    "deployed_float_bytes": ("B", "Size of the same network as TensorFlow Lite file with float32 weights."),
    "deployed_test_quality": ("metric", "Quality of that file on the test part, through its interpreter."),
    "deployed_validation_quality": ("metric", "The same on the validation part."),
    "deployed_reason": (None, "Why there is no int8 file though the recipe asks for one."),
    "quantization_energy_j": (
        "J",
        "Energy of making the int8 file: ranges of activations, and conversion. Not part of the energy to solution. Empty where the network was trained on a GPU.",
    ),
    **{
        f"latency_{size}_{name}_deployed": ("ms", f"{meaning} of the int8 file, for {batch}, on the processor.")
        for size, batch in (("batch1", "a batch of one sample"), ("large", "a whole large batch"))
        for name, meaning in (
            ("ms", "Median time"),
            ("iqr_ms", "Interquartile range of the time"),
            ("p90_ms", "90th percentile of the time"),
            ("p99_ms", "99th percentile of the time"),
            ("low_ms", "Lower end of the 95 % interval of the median time"),
            ("high_ms", "Upper end of the 95 % interval of the median time"),
        )
    },
    "throughput_per_s_deployed": ("1/s", "Samples per second of the int8 file at the large batch size."),
    **{
        f"energy_per_inference{size}_{name}_deployed": (
            "J",
            f"{meaning} of the int8 file, {batch}. Empty where the network was trained on a GPU.",
        )
        for size, batch in (("", "at the large batch size"), ("_batch1", "for a batch of one sample"))
        for name, meaning in (
            ("j", "Energy per sample"),
            ("net_j", "Energy per sample less the idle power of the device"),
            ("u_j", "Standard error (1 sigma) of the energy per sample"),
        )
    },
    **{
        f"{column}_deployed{end}": (
            "ratio",
            f"{meaning} `{column}` of the int8 file. Empty where the network was trained on a GPU.",
        )
        for column in RATIOS
        for end, meaning in zip(
            ENDS, ("", "Lower end of the 95 % interval of", "Upper end of the same of"), strict=True
        )
    },
}
COMPARED = (
    *(*COUNTS, "deployed_test_quality", "deployed_validation_quality", "quantization_energy_j"),
    *("latency_batch1_ms_deployed", "latency_large_ms_deployed", "throughput_per_s_deployed"),
    *("energy_per_inference_j_deployed", "energy_per_inference_batch1_j_deployed"),
)
"""Columns of `comparison`, means over seeds."""


def deployed_columns(rec: Record) -> dict[str, Any]:
    """Return what the int8 file of a run is and takes; nothing for a run that does not round to int8."""
    found = rec.deployed
    if found is None:
        return {"deployed_reason": rec.deployed_reason} if rec.deployed_reason else {}
    metric = catalogue.DATASETS[rec.run.dataset].metric
    on_gpu = "gpu" in (rec.energy.scope or "")  # the file is made and run by the processor: nothing to compare it with
    quantization_uj = None if on_gpu else energies.total_uj(rec, [QUANTIZATION], "energy")
    sizes = [each for each in rec.inference if each.model == "deployed"]
    small, large = sizes[0], sizes[-1]
    return {
        "deployed_bytes": found.bytes,
        "deployed_float_bytes": found.float_bytes,
        "deployed_test_quality": found.quality[f"test_{metric}"],
        "deployed_validation_quality": found.quality[f"validation_{metric}"],
        "quantization_energy_j": None if quantization_uj is None else quantization_uj / 1e6,
        **{
            f"latency_{size}_{name}_deployed": getattr(of_size, f"latency_{name}")
            for size, of_size in (("batch1", small), ("large", large))
            for name in LATENCIES
        },
        "throughput_per_s_deployed": large.throughput_per_s,
        **{
            f"energy_per_inference{size}_{name}_deployed": getattr(of_size, field)
            for size, of_size in (("", large), ("_batch1", small))
            for name, field in ENERGIES.items()
        },
        **{
            f"{column}_deployed{end}": None if on_gpu else getattr((small, large)[place], f"{name}{end}")
            for column, (name, place) in RATIOS.items()
            for end in ENDS
        },
    }


def types(columns: Iterable[str]) -> dict[str, str]:
    """Return the types of those columns of a table that are about int8 files."""
    return {
        name: "Int64" if name in COUNTS else "str" if name == "deployed_reason" else "float64"
        for name in columns
        if name in MEANINGS
    }


def compared(runs: pd.DataFrame) -> list[str]:
    """Return the columns of `comparison` that a study with such runs has."""
    return [name for name in COMPARED if name in runs]
