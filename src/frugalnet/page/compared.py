"""The comparison as tables for readers: quality and energy; sizes; operations and time; memory."""

import math
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import gains
from frugalnet.analysis.inferences import ENDS
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.style import title
from frugalnet.page.cells import DASH, Cell, interval, number, numbers, row_name, table, twins
from frugalnet.page.readable import UNKNOWN

TIMES = "\N{MULTIPLICATION SIGN}"
FLAGGED_NOTE = " · * disturbed, or too short for the precision asked for"
OWN_REFERENCE = "its reference"
RUNTIME = "host_runtime_mib"
MOST_ROWS = 2000
"""Rows of a table on the page, at most; the file has all."""
MEMORY = {
    "host_peak_training_mib": "training, peak memory (MiB)",
    "host_peak_inference_mib": "inference, peak memory (MiB)",
    RUNTIME: "of it without a model (MiB)",
    "device_peak_training_mib": "training, peak on the GPU (MiB)",
    "device_peak_inference_mib": "inference, peak on the GPU (MiB)",
}
"""Columns that the table has where they are known of any row; all but RUNTIME have a compacted twin."""


def tables(rows: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, str]]:
    """Return the four tables of the rows of one dataset by their titles, each with how its numbers are known."""
    whole, rows = len(rows), _shown(rows)
    more = f" · {len(rows):,} of {whole:,} rows" if len(rows) < whole else ""
    energy = provenance(rows, energy=True) + gain_note(rows) + carbon_note(rows) + more
    work = provenance(rows, "times", energy=True) + flagged_note(rows) + more
    return {
        "Quality and energy": (quality_and_energy(rows), energy),
        "Sizes": (sizes(rows), provenance(rows, "sizes") + more),
        "Operations and time": (operations(rows), work),
        "Memory": (memory(rows), provenance(rows, "memory") + more),
    }


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a page: of very many, references and those with a gain over one, and then the first."""
    first = rows["is_reference"].astype(bool) | rows["quality_gain"].notna()
    kept = (~first).sort_values(kind="stable").index[:MOST_ROWS]
    return rows[rows.index.isin(kept)]


def quality_and_energy(rows: pd.DataFrame) -> pd.DataFrame:
    """Return quality and the cost of getting it, for the rows of `comparison` of one dataset."""
    entry = catalogue.DATASETS[rows["dataset"].iloc[0]]
    quality = "accuracy" if entry.metric == "accuracy" else f"{entry.metric.upper()} ({entry.unit})"
    against = _against(rows)
    return table(
        {
            "method": _titles(rows),
            f"test {quality}": [_mean(row) for row in rows.itertuples()],
            f"gain over {against}" if against else "gain": [_gain(row) for row in rows.itertuples()],
            **({OWN_REFERENCE: _references(rows)} if against == OWN_REFERENCE else {}),
            "own energy (J)": numbers(rows["train_energy_j"]),
            **_any_watts(rows),
            "net of idle (J)": [
                _sure(row.train_energy_net_j, math.hypot(row.train_u_stat_j, row.train_u_sys_j))
                for row in rows.itertuples()
            ],
            "energy to solution (J)": [
                _sure(row.energy_to_solution_j, row.energy_to_solution_u_j) for row in rows.itertuples()
            ],
            **_shape(rows),
            "energy is": rows["energy_source"].fillna(UNKNOWN).tolist(),
            **_host(rows),
            **_co2e(rows),
            "training (s)": numbers(rows["train_duration_s"]),
        },
        [row_name("comparison", row) for row in rows.index],
    )


def sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return parameters and files of the masked and of the compacted model."""
    return table(
        {
            "method": _titles(rows),
            "parameters": twins(rows, "parameters"),
            "not zero": numbers(rows["parameters_nonzero"]),
            "file (kB)": twins(rows, "model_bytes", 1e-3, "compacted_bytes"),
            "zipped (kB)": twins(rows, "gzip_bytes", 1e-3),
            "TFLite (kB)": twins(rows, "tflite_bytes", 1e-3),
            "TFLite, int8 (kB)": twins(rows, "tflite_int8_bytes", 1e-3),
        }
    )


def operations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return operations, time and energy of inference, of the masked and of the compacted model."""
    energy = zip(twins(rows, "energy_per_inference_j", 1e3), rows["inference_flagged"], strict=True)
    return table(
        {
            "method": _titles(rows),
            "operations (M)": twins(rows, "macs", 1e-6),
            "not zero (M)": numbers(rows["macs_nonzero"], 1e-6),
            "latency, 1 sample (ms)": twins(rows, "latency_batch1_ms"),
            f"latency, {TIMES} baseline": _ratios(rows, "latency_ratio"),
            "samples per second": twins(rows, "throughput_per_s"),
            "inference, large batch (mJ/sample)": [
                Cell(f"{text}*", text.order) if flagged and text != DASH else text for text, flagged in energy
            ],
            f"energy, large batch, {TIMES} baseline": _ratios(rows, "energy_per_inference_ratio"),
            "largest difference": numbers(rows["compaction_error"]),
        }
    )


def memory(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a model holds in memory, and the peaks of processes that use it, masked and compacted."""
    peaks = {
        text: numbers(rows[column]) if column == RUNTIME else twins(rows, column)
        for column, text in MEMORY.items()
        if rows[column].notna().any()
    }
    return table(
        {
            "method": _titles(rows),
            "weights (MB)": twins(rows, "weight_bytes", 1e-6),
            "activations, large batch (MB)": twins(rows, "activation_bytes", 1e-6),
            **peaks,
        }
    )


def flagged_note(rows: pd.DataFrame) -> str:
    """Return what the star at an energy means; empty where there is none."""
    return FLAGGED_NOTE if rows["inference_flagged"].any() else ""


def gain_note(rows: pd.DataFrame) -> str:
    """Return what the intervals of gains contain; empty where there are none."""
    contents = gains.contents(rows)
    return f" · intervals of gains: {contents}" if contents else ""


def carbon_note(rows: pd.DataFrame) -> str:
    """Return which intensity CO2e is of, and why it is not known; empty where none is configured."""
    first, reasons = rows.iloc[0], "; ".join(rows["co2e_reason"].dropna().unique())
    if pd.isna(first["carbon_source"]):
        return ""
    ends = rows["carbon_g_per_kwh"].min(), rows["carbon_g_per_kwh"].max()
    hourly = ", by the hour" if pd.notna(first["carbon_hourly"]) else ""
    pue = f", PUE {number(first['carbon_pue'])}" if first["carbon_pue"] != 1 else ""
    of = f"{first['carbon_source']}, {first['carbon_year']:.0f}{hourly}{pue}"
    at = "" if pd.isna(ends[0]) else f" at {' to '.join(dict.fromkeys(map(number, ends)))} g/kWh"
    return f" · CO2e{at} ({of})" + (f", not known: {reasons}" if reasons else "")


def _titles(rows: pd.DataFrame) -> list[str]:
    return [title(row.method, row.variant) for row in rows.itertuples()]


def _references(rows: pd.DataFrame) -> list[str]:
    """Return the reference of each row; a dash where it has none."""
    pairs = zip(rows["reference"], rows["reference_variant"], strict=True)
    return [DASH if pd.isna(method) else title(method, variant) for method, variant in pairs]


def _against(rows: pd.DataFrame) -> str:
    """Return what the rows of a dataset are compared with: the one reference, or that there are several; empty: nothing."""
    known = dict.fromkeys(name for name in _references(rows) if name != DASH)
    return OWN_REFERENCE if len(known) > 1 else next(iter(known), "")


def _ratios(rows: pd.DataFrame, column: str) -> list[Cell]:
    """Return a ratio of compacted models to the baseline's, measured in turn, with its interval."""
    ends = (rows[f"{column}{end}"] for end in ENDS)
    return [interval(value, low, high, ".3f") for value, low, high in zip(*ends, strict=True)]


def _sure(energy_j: float, u_j: float) -> Cell:
    """Return an energy, with its uncertainty where that is known."""
    around = "" if pd.isna(u_j) else f" ± {number(u_j)}"
    return Cell(number(energy_j) + around, energy_j)


def _shape(rows: pd.DataFrame) -> dict[str, list[Cell]]:
    """Return the column of what finding a shape took, where a method takes no more than that."""
    known = rows["energy_to_shape_j"].notna().any()
    return {"to find the shape (J)": numbers(rows["energy_to_shape_j"])} if known else {}


def _co2e(rows: pd.DataFrame) -> dict[str, list[Cell]]:
    """Return the column of CO2e, where an intensity is configured."""
    if rows["carbon_source"].isna().all():
        return {}
    return {"CO2e to solution (g)": numbers(rows["co2e_to_solution_g"])}


def _any_watts(rows: pd.DataFrame) -> dict[str, list[Cell]]:
    """Return the column of ratios of estimated energies over all watts, where there are any."""
    low, high = (rows[f"train_energy_ratio_any_watts_{end}"] for end in ("low", "high"))
    against = _against(rows)
    if low.isna().all() or not against:
        return {}
    cells = [
        one if one == other else Cell(f"{one} to {other}", one.order)
        for one, other in zip(numbers(low), numbers(high), strict=True)
    ]
    return {f"{TIMES} {against}'s, any watts": cells}


def _host(rows: pd.DataFrame) -> dict[str, list[Cell]]:
    """Return the column of what the host may have used, where GPUs alone are read."""
    known = rows["host_energy_estimate_j"].notna().any()
    return {"host, estimated (J)": numbers(rows["host_energy_estimate_j"])} if known else {}


def _mean(row: Any) -> Cell:
    around = "" if pd.isna(row.quality_std) else f" ± {row.quality_std:.4f}"
    return Cell(f"{row.quality_mean:.4f}{around}", row.quality_mean)


def _gain(row: Any) -> Cell:
    if (row.method, row.variant) == (row.reference, row.reference_variant):
        return Cell("reference", 0)
    return interval(row.quality_gain, row.quality_gain_low, row.quality_gain_high)
