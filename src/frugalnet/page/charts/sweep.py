"""The runs of a sweep in parallel coordinates, and the table that its brushed axes filter: levels, quality and costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import ENERGY, energy_kind, sign
from frugalnet.analysis.statistics.wording import counted
from frugalnet.drawing.axes import quality_label
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.quantities import OF_GROUPS
from frugalnet.drawing.trial_points import FAILED_COLOUR
from frugalnet.page.cells import numbers, quality, row_name, table
from frugalnet.page.charts.parallel import Kind, Parallel, level_axis, level_cells, number_axis

FACTOR = "factor."
COSTS = {
    "train_energy_j": "training energy (J)",
    "train_duration_s": "training duration (s)",
    "latency_batch1_ms": "latency of one sample (ms)",
}
"""Measures beside the quality, on logarithmic axes."""
IN_TABLE = COSTS | {"train_cpu_s": "CPU time of training (s)"}
ALIKE = ["dataset", "network", "threads", "data_level"]
"""Runs that differ in any of these, or in ENERGY, are never on one axis."""
WITHOUT = Kind("without a quality", 1.0, "dotted", FAILED_COLOUR)
DRAWN = Kind("drawn", 1.2)
BASE = Kind("base case", 2.2, "dashed")
BEST = Kind("best configuration", 3.5)


@dataclass(frozen=True)
class Sweep:
    """Runs that may be compared: their parallel coordinates, and a row per run, whose names the lines have."""

    chart: Parallel
    table: pd.DataFrame


def sweep(tables: Mapping[str, pd.DataFrame]) -> list[Sweep]:
    """Return the sweeps in `all_runs`: one for each kind of runs that may be compared, in the order of the table."""
    runs = tables["all_runs"]
    kinds = _kinds_known(runs)
    groups = kinds.groupby([*ALIKE, *ENERGY], sort=False, dropna=False)
    return [_sweep(runs.loc[own.index], own) for _, own in groups]


def _kinds_known(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with what is not known in ALIKE of those without a quality, and in ENERGY of those without an energy.

    It is what most others have, so that a run which got no model stands beside those that it would have been compared with.
    """
    found = runs.astype(dict.fromkeys([*ALIKE, *ENERGY], object))
    for name in ALIKE[1:]:
        unknown = found[name].isna() & found["test_quality"].isna()
        found[name] = found[name].mask(unknown, found.groupby("dataset")[name].transform(lambda own: own.mode().get(0)))
    for _, own in found.groupby(ALIKE, sort=False, dropna=False):
        known = own[own["train_energy_j"].notna() & own["energy_source"].notna()]
        if len(known):
            most = known.groupby(ENERGY, sort=False, dropna=False).size().idxmax()
            found.loc[own.index[own["train_energy_j"].isna()], ENERGY] = most
    return found


def _sweep(runs: pd.DataFrame, as_known: pd.DataFrame) -> Sweep:
    dataset, known = str(runs["dataset"].iloc[0]), as_known.iloc[0]
    factors = {name.removeprefix(FACTOR): runs[name] for name in runs if name.startswith(FACTOR)}
    label = quality_label(dataset, "test")
    of_quality = number_axis(label, runs["test_quality"])
    axes = [level_axis(name, levels) for name, levels in factors.items()]
    coloured = len(axes) if of_quality else None
    named = {column: name + (f"\n{energy_kind(known)}" if "energy" in column else "") for column, name in COSTS.items()}
    costs = [number_axis(name, runs[column], log=True) for column, name in named.items()]
    axes += [axis for axis in (of_quality, *costs) if axis]
    heading = f"{catalogue.DATASETS[dataset].title}: {counted(len(runs), 'run')}"
    rows = [row_name("runs", row) for row in runs.index]
    about = (
        f"{heading} in parallel coordinates, with an axis for each of {', '.join(axis.name.replace(chr(10), ', ') for axis in axes)}. "
        "The table below has the numbers."
    )
    chart = Parallel(
        heading=heading,
        about=about,
        axes=axes,
        names=_names(runs),
        kinds=[_kind(row, factors) for row in runs.itertuples()],
        rows=rows,
        coloured=coloured,
        sign=sign(runs),
        note=provenance(as_known, energy=True),
    )
    return Sweep(chart, _table(runs, factors, label.partition("\n")[0], rows))


def _names(runs: pd.DataFrame) -> list[str]:
    """Return the variants, with their seeds where they have several."""
    several = runs.groupby(["method", "variant"])["variant"].transform("size") > 1
    pairs = zip(runs["variant"], runs["seed"], several, strict=True)
    return [f"{variant}, seed {seed}" if more else str(variant) for variant, seed, more in pairs]


def _kind(row: Any, factors: Mapping[str, Any]) -> Kind:
    if pd.isna(row.test_quality):
        return WITHOUT
    if row.method != catalogue.BASELINE:
        return BEST
    cases = ["all-off", "all-on", *OF_GROUPS, *(f"only-{name}" for name in factors)]
    return BASE if row.variant in cases else DRAWN


def _table(runs: pd.DataFrame, factors: Mapping[str, pd.Series], label: str, names: list[str]) -> pd.DataFrame:
    """Return a row per run: what it is, its status and numbers, and its levels; also of runs that got no model."""
    status = [str(text).replace("_", " ") for text in runs["status"]]
    what = {"variant": runs["variant"].tolist(), "seed": runs["seed"].tolist(), "status": status}
    measured = {label: [quality(value) for value in runs["test_quality"]]}
    measured |= {name: numbers(runs[column]) for column, name in IN_TABLE.items() if runs[column].notna().any()}
    return table(what | measured | {name: level_cells(levels) for name, levels in factors.items()}, names)
