"""Ratios of estimated energies, whatever watts the estimates assume.

An estimate is the watts of the idle processor times the wall time, plus those of a busy core times the CPU seconds. Over all
watts that could be assumed, the ratio of two estimates lies between the ratio of their wall times and that of their CPU seconds.
"""

import json
from dataclasses import fields
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.chains import energy_chains, summed
from frugalnet.record.estimate import Assumed

WALL_AND_CPU = {
    "train_energy_ratio_any_watts": ("train_wall_s", "train_estimated_cpu_s"),
    "energy_to_solution_ratio_any_watts": ("solution_wall_s", "solution_cpu_s"),
}
"""The two columns whose ratios bound the ratio of each energy."""
ASSUMED = {field.name for field in fields(Assumed)}
COLUMNS = [f"{name}_{end}" for name in WALL_AND_CPU for end in ("low", "high")]


def work(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the wall time and CPU seconds behind the estimates, of each run and of its chain, in seconds.

    CPU seconds are NaN for energies that are not estimates of the CPU alone. Both are NaN for a chain with failed
    tries, whose seconds are not known.
    """
    wall_s = dict(zip(runs["run"], runs["train_duration_s"].astype(float), strict=True))
    known = runs.assign(known=reckoned(runs) & runs["train_energy_j"].notna())
    cpu_s = {run.run: _cpu_s(run) if run.known else nan for run in known.itertuples()}
    whole = dict(zip(runs["run"], runs["failed_energy_j"].eq(0), strict=True))
    chain = {run: each if all(map(whole.get, each)) else [] for run, each in energy_chains(runs).items()}
    columns = [list(wall_s.values()), list(cpu_s.values()), summed(chain, wall_s), summed(chain, cpu_s)]
    names = [name for pair in WALL_AND_CPU.values() for name in pair]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=runs.index)


def reckoned(runs: pd.DataFrame) -> pd.Series:
    """Tell which energies are estimates of the CPU alone, computed from wall time and CPU seconds by `Assumed`."""
    of_cpu = (runs["energy_source"] == "estimated") & (runs["energy_scope"] == "cpu")
    exactly = [isinstance(text, str) and json.loads(text).keys() == ASSUMED for text in runs["energy_assumptions"]]
    return of_cpu & pd.Series(exactly, runs.index, bool)


def _cpu_s(run: Any) -> float:
    found = Assumed(**json.loads(run.energy_assumptions)).cpu_s(run.train_energy_j, run.train_duration_s)
    return nan if found is None else found


def ratio_ranges(group: pd.DataFrame, compared_with: pd.DataFrame | None) -> dict[str, float]:
    """Return the lowest and highest ratio of the mean energies of two methods, over seeds that both have; NaN: not known."""
    found = dict.fromkeys(COLUMNS, nan)
    if compared_with is None:
        return found
    names = [name for pair in WALL_AND_CPU.values() for name in pair]
    own, other = (each[["seed", *names]].set_index("seed") for each in (group, compared_with))
    seeds = own.index.intersection(other.index)
    if seeds.empty:
        return found
    for name, columns in WALL_AND_CPU.items():
        ends = [own.loc[seeds, each].sum(skipna=False) / other.loc[seeds, each].sum(skipna=False) for each in columns]
        found |= {f"{name}_low": np.min(ends), f"{name}_high": np.max(ends)}
    return found
