"""The runs of a sweep in parallel coordinates, and the table that its brushed axes filter: levels, quality and costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.groups import ENERGY, energy_kind, sign
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.varied import is_base_case
from frugalnet.drawing.axes import quality_label
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.trial_points import FAILED_COLOUR
from frugalnet.page.cells import numbers, quality, row_name, table
from frugalnet.page.charts.parallel import Kind, Parallel, level_axis, level_cells, number_axis

COSTS = {
    "train_energy_j": "training energy (J)",
    "train_duration_s": "training duration (s)",
    "latency_batch1_ms": "latency of one sample (ms)",
}
"""Measures beside the quality, on logarithmic axes."""
IN_TABLE = COSTS | {"train_cpu_s": "CPU time of training (s)"}
ALIKE = ["dataset", "network", "threads", "data_level"]
"""Runs that differ in any of these, or in ENERGY, are never on one axis."""
MOST_LINES = 2000
"""Lines of a chart, at most: so many can still be told apart, and brushed without waiting."""
WITHOUT = Kind("without a quality", 1.0, "dotted", FAILED_COLOUR)
DRAWN = Kind("drawn", 1.2)
BASE = Kind("base case", 2.2, "dashed")
BEST = Kind("best configuration", 3.5)
GRID, ROW = Kind("of the grid", 1.6), Kind("row beside the grid", 2.2, "dashed")
PART, IS_BEST = "part", "is_best"
"""Columns of `configurations`, which tell what a run of a grid is."""


@dataclass(frozen=True)
class Sweep:
    """Runs that may be compared: their parallel coordinates, and a row per run, whose names the lines have."""

    chart: Parallel
    table: pd.DataFrame


def sweep(tables: Mapping[str, pd.DataFrame]) -> list[Sweep]:
    """Return the sweeps in `all_runs`: one for each kind of runs that may be compared, in the order of the table.

    Of a study with `configurations` they are the runs of these alone.
    """
    runs, configurations = tables["all_runs"], tables.get("configurations")
    runs = runs if configurations is None else _of_configurations(runs, configurations)
    alike = [name for name in ALIKE if LEVEL + name not in runs]
    kinds = _kinds_known(runs, alike)
    groups = kinds.groupby([*alike, *ENERGY], sort=False, dropna=False)
    return [_sweep(_shown(runs.loc[own.index]), own) for _, own in groups]


def _of_configurations(runs: pd.DataFrame, configurations: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of some configurations, with what tells their part; of others' factors they have no column."""
    keys = ["dataset", "variant"]
    known = configurations.drop_duplicates(keys).set_index(keys)[[PART, IS_BEST]]
    found = runs[(runs["method"] == catalogue.BASELINE) & pd.MultiIndex.from_frame(runs[keys]).isin(known.index)]
    empty = [name for name in found if str(name).startswith(LEVEL) and found[name].isna().all()]
    return found.drop(columns=empty).join(known, on=keys)


def _shown(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of a chart; of very many, drawn ones evenly by their quality, the worst and the best too."""
    if len(runs) <= MOST_LINES:
        return runs
    drawn = runs[(runs["method"] == catalogue.BASELINE) & ~runs["variant"].map(is_base_case).astype(bool)]
    share = max(0, MOST_LINES - (len(runs) - len(drawn))) / len(drawn)
    known = drawn["test_quality"].notna()
    kept = [_evenly(own, share) for own in (drawn[known].sort_values("test_quality", kind="stable"), drawn[~known])]
    return runs[runs.index.isin(kept[0].union(kept[1])) | ~runs.index.isin(drawn.index)]


def _evenly(rows: pd.DataFrame, share: float) -> pd.Index:
    """Return a share of the rows evenly from the first to the last, these too."""
    return rows.index[np.linspace(0, len(rows) - 1, round(share * len(rows))).round().astype(int)]


def _kinds_known(runs: pd.DataFrame, alike: Sequence[str]) -> pd.DataFrame:
    """Return the runs with what is not known in `alike` of those without a quality, and in ENERGY of those without an energy.

    It is what most others have, so that a run which got no model stands beside those that it would have been compared with.
    """
    found = runs.astype(dict.fromkeys([*alike, *ENERGY], object))
    for name in alike[1:]:
        unknown = found[name].isna() & found["test_quality"].isna()
        found[name] = found[name].mask(unknown, found.groupby("dataset")[name].transform(lambda own: own.mode().get(0)))
    for _, own in found.groupby(list(alike), sort=False, dropna=False):
        known = own[own["train_energy_j"].notna() & own["energy_source"].notna()]
        if len(known):
            most = known.groupby(ENERGY, sort=False, dropna=False).size().idxmax()
            found.loc[own.index[own["train_energy_j"].isna()], ENERGY] = most
    return found


def _sweep(runs: pd.DataFrame, as_known: pd.DataFrame) -> Sweep:
    dataset, known = str(runs["dataset"].iloc[0]), as_known.iloc[0]
    factors, all_runs = _factors(runs), len(as_known)
    label = quality_label(dataset, "test")
    of_quality = number_axis(label, runs["test_quality"])
    axes = [level_axis(name, levels) for name, levels in factors.items()]
    coloured = len(axes) if of_quality else None
    named = {column: name + (f"\n{energy_kind(known)}" if "energy" in column else "") for column, name in COSTS.items()}
    costs = [number_axis(name, runs[column], log=True) for column, name in named.items()]
    axes += [axis for axis in (of_quality, *costs) if axis]
    of = f"{len(runs):,} of " if len(runs) < all_runs else ""
    heading = f"{catalogue.DATASETS[dataset].title}: {of}{counted(all_runs, 'run')}"
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
        kinds=[_kind(row) for row in runs.itertuples()],
        rows=rows,
        coloured=coloured,
        sign=sign(runs),
        note=provenance(as_known, energy=True) + (" · drawn runs shown evenly by quality" if of else ""),
    )
    return Sweep(chart, _table(runs, factors, label.partition("\n")[0], rows))


def _names(runs: pd.DataFrame) -> list[str]:
    """Return the variants, with their seeds where they have several."""
    several = runs.groupby(["method", "variant"])["variant"].transform("size") > 1
    pairs = zip(runs["variant"], runs["seed"], several, strict=True)
    return [f"{variant}, seed {seed}" if more else str(variant) for variant, seed, more in pairs]


def _kind(row: Any) -> Kind:
    if pd.isna(row.test_quality):
        return WITHOUT
    if hasattr(row, PART):
        return BEST if row.is_best else ROW if row.part == "row" else GRID
    if row.method != catalogue.BASELINE:
        return BEST
    return BASE if is_base_case(str(row.variant)) else DRAWN


def _factors(runs: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the levels of the runs by factor."""
    return {str(name).removeprefix(LEVEL): runs[name] for name in runs if str(name).startswith(LEVEL)}


def _table(runs: pd.DataFrame, factors: Mapping[str, pd.Series], label: str, names: list[str]) -> pd.DataFrame:
    """Return a row per run: what it is, its status and numbers, and its levels; also of runs that got no model."""
    status = [str(text).replace("_", " ") for text in runs["status"]]
    what = {"variant": runs["variant"].tolist(), "seed": runs["seed"].tolist(), "status": status}
    measured = {label: [quality(value) for value in runs["test_quality"]]}
    measured |= {name: numbers(runs[column]) for column, name in IN_TABLE.items() if runs[column].notna().any()}
    return table(what | measured | {name: level_cells(levels) for name, levels in factors.items()}, names)
