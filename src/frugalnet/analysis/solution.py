"""Energy to solution: the energy of all runs that led to a model, and its uncertainty.

For a method that takes only a shape, it is that of its own training; the energy of finding the shape is beside it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from math import hypot, nan, sqrt
from typing import Any

import pandas as pd

from frugalnet.analysis.chains import Chain, energy_chains, shape_chains, summed


def energy_to_solution(runs: pd.DataFrame) -> pd.Series:
    """Return each run's own energy plus that of all runs that its model goes back to, with failed tries, in joules."""
    return Solution(runs).energy_j()


class Solution:
    """The chains of the runs in a table, and their energies."""

    def __init__(self, runs: pd.DataFrame) -> None:
        self._runs = runs
        self._by_run = runs.set_index("run")

    def energy_j(self) -> pd.Series:
        """Return the energy to solution of each run, in the order of the table; NaN where it is not known."""
        return self._sums_j(self._chains)

    def shape_j(self) -> pd.Series:
        """Return the energy of finding the shape of each run's model; NaN for runs that take more than a shape, and where unknown."""
        return self._sums_j(shape_chains(self._runs))

    def uncertainty_j(self, of: Iterable[str]) -> float:
        """Return the uncertainty (1 sigma) of the mean energy to solution of some runs; NaN where any part is not known.

        It is that of the meters, statistical and systematic. A run that is in several chains is one measurement.
        """
        chains = [self._chains[run] for run in of]
        if not all(chains):
            return nan
        share = {run: count / len(chains) for run, count in Counter(run for chain in chains for run in chain).items()}
        return hypot(*uncertainty_of_sum_j((weight, self._spent[run]) for run, weight in share.items()))

    def _sums_j(self, chains: Mapping[str, Chain]) -> pd.Series:
        own = (self._by_run["train_energy_j"].astype(float) + self._by_run["failed_energy_j"].astype(float)).to_dict()
        return pd.Series(summed(chains, own), index=self._runs.index, dtype=float)

    @cached_property
    def _chains(self) -> dict[str, Chain]:
        return energy_chains(self._runs)

    @cached_property
    def _spent(self) -> dict[str, tuple[Any, Any]]:
        columns = (self._by_run[f"spent_{name}"] for name in ("u_stat_j", "u_sys_by_device_j"))
        return dict(zip(self._by_run.index, zip(*columns, strict=True), strict=True))


def uncertainty_of_sum_j(parts: Iterable[tuple[float, tuple[Any, Any]]]) -> tuple[float, float]:
    """Return the statistical and the systematic uncertainty of a sum over runs; NaN where any part is not known.

    A part is the weight of a run in the sum, its statistical uncertainty in joules, and its systematic uncertainties by
    device, as JSON. Statistical errors are independent and add in quadrature. The gain error of a device is the same in
    all runs on it and adds linearly; the errors of several devices add in quadrature.
    """
    squares, gains = 0.0, defaultdict[str, float](float)
    for weight, (statistical_j, systematic_j) in parts:
        squares += (weight * (nan if pd.isna(statistical_j) else statistical_j)) ** 2
        for device, part_j in _of_devices(systematic_j).items():
            gains[device] += weight * part_j
    return sqrt(squares), sqrt(sum(part_j**2 for part_j in gains.values()))


def _of_devices(text: Any) -> Mapping[str, float]:
    return json.loads(text) if isinstance(text, str) else {"": nan}
