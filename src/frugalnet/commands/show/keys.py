"""The keys that runs are sorted and chosen by: what came out of a run, what names it, and its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from frugalnet.analysis.factors import LEVEL, columns_in
from frugalnet.config.section import unknown
from frugalnet.errors import FrugalNetError

MIB = 1 / 2**20


@dataclass(frozen=True)
class Measure:
    """What came out of a run: its column, its heading, and the column of the compacted model, which counts where it is known."""

    column: str
    heading: str
    compacted: str | None = None
    scale: float = 1.0


MEASURES = {
    "quality": Measure("test_quality", "test quality"),
    "validation": Measure("validation_quality", "validation quality"),
    "energy": Measure("train_energy_j", "energy, J"),
    "time": Measure("train_duration_s", "time, s"),
    "cpu_time": Measure("train_cpu_s", "CPU time, s"),
    "memory": Measure("train_host_peak_mib", "memory, MiB"),
    "gpu_memory": Measure("train_device_peak_mib", "GPU memory, MiB"),
    "latency": Measure("latency_batch1_ms", "latency, ms", "latency_batch1_ms_compacted"),
    "parameters": Measure("parameters", "parameters", "parameters_compacted"),
    "operations": Measure("macs", "operations", "macs_compacted"),
    "file": Measure("model_bytes", "file, MiB", "compacted_bytes", MIB),
}
"""Keys of what came out. Energy, time and memory are those of training and search; latency is of one sample."""
QUALITIES = ("quality", "validation")
NAMES = ("study", "dataset", "method", "variant", "seed", "status")
PLACE = {"network": "network", "threads": "threads", "data": "data_level", "processor": "processor", "gpu": "gpu"}
"""Keys of a run beside its recipe and pruning that are parameters too."""
OTHERS = ("parent", "teacher", "energy_source", "energy_scope")
SECTIONS = ("recipe.", "pruning.", LEVEL)
"""What the columns of parameters begin with, those first whose keys are short where two sections have the same key."""


def parameters(runs: pd.DataFrame) -> dict[str, str]:
    """Return the keys of all parameters of runs, in their short form, and their columns."""
    found = dict(PLACE)
    for section in SECTIONS:
        for column in (name for name in columns_in(runs) if name.startswith(section)):
            key = column.removeprefix(section)
            found[column if key in found or key in MEASURES else key] = column
    return found


def values(runs: pd.DataFrame, key: str, said: str) -> pd.Series:
    """Return what runs have for a key; of the model, what the compacted one has.

    Raises FrugalNetError, which begins with what was `said`, for an unknown key.
    """
    if key in MEASURES:
        return of_measure(runs, MEASURES[key])
    return runs[column_of(runs, key, said)]


def column_of(runs: pd.DataFrame, key: str, said: str) -> str:
    """Return the column of a key that is not one of MEASURES; raises FrugalNetError for an unknown one."""
    known: Mapping[str, str] = {name: name for name in (*NAMES, *OTHERS)} | parameters(runs)
    if key in known:
        return known[key]
    if key in known.values():  # with its section, as in the configuration
        return key
    differing = [name for name, column in known.items() if runs[column].nunique(dropna=False) > 1]
    names = dict.fromkeys([*MEASURES, *differing, *known])
    raise FrugalNetError(f"{said}: {unknown('key', key, names)}")


def of_measure(runs: pd.DataFrame, measure: Measure) -> pd.Series:
    """Return a number of each run: of its compacted model where that is known."""
    found = runs[measure.column].astype("float64")
    if measure.compacted:
        found = runs[measure.compacted].astype("float64").fillna(found)
    return found * measure.scale
