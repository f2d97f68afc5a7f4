"""Chains of runs: each run, the runs whose models it depends on, and so on to the root."""

from collections.abc import Mapping
from math import fsum, nan

import pandas as pd

from frugalnet import catalogue

Chain = list[str]
"""The run itself, then the runs before it; empty where their energies cannot be added up."""


def energy_chains(runs: pd.DataFrame) -> dict[str, Chain]:
    """Return the chain of each run: the run itself, its parent, its teacher, and the chains of those, each run once.

    A run that takes only the shape of its parent's model goes back to its teacher, if it has one, and not to its
    parent. A chain is empty where its energies differ in scope or source, because their sum would have neither, and
    where one of its runs is missing.
    """
    above = {
        run: [each for each in both if isinstance(each, str)]
        for run, *both in zip(runs["run"], _parent_of_model(runs), _teacher(runs), strict=True)
    }
    kind = _kinds(runs)

    def chain(run: str) -> Chain:
        rest = [chain(each) if kind.get(each) == kind[run] else [] for each in above[run]]
        return list(dict.fromkeys([run, *(each for part in rest for each in part)])) if all(rest) else []

    return {run: chain(run) for run in above}


def shape_chains(runs: pd.DataFrame) -> dict[str, Chain]:
    """Return for each run that takes only a shape the chain of the parent that found it, less the runs of its own chain.

    Empty for other runs, and where the parent's energies are of another scope or source.
    """
    found, kind = energy_chains(runs), _kinds(runs)
    parent = dict(zip(runs["run"], runs["parent"].where(takes_shape(runs), None), strict=True))
    return {
        run: [each for each in found[of] if each not in found[run]] if of in found and kind[of] == kind[run] else []
        for run, of in parent.items()
    }


def epochs_in_all(runs: pd.DataFrame) -> pd.Series:
    """Return for how many epochs each run's model was trained, in the run and in those it started from; NaN: not known."""
    own = dict(zip(runs["run"], runs["epochs"].astype(float), strict=True))
    above = dict(zip(runs["run"], _parent_of_model(runs), strict=True))

    def epochs(run: str) -> float:
        parent = above.get(run)
        return own.get(run, nan) + (epochs(parent) if isinstance(parent, str) else 0)

    return runs["run"].map(epochs).astype(float)


def summed(found: Mapping[str, Chain], own: Mapping[str, float]) -> list[float]:
    """Return the sum of a quantity over the chain of each run; NaN where it is not known."""
    return [fsum(own[run] for run in chain) if chain else nan for chain in found.values()]


def takes_shape(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs take only the shape of their parent's model."""
    shapes = [name for name, method in catalogue.METHODS.items() if method.new_weights]
    return runs["method"].isin(shapes)


def _parent_of_model(runs: pd.DataFrame) -> pd.Series:
    """Return the run whose model each run takes; None where it takes none."""
    return runs["parent"].astype(object).where(~takes_shape(runs), None)


def _teacher(runs: pd.DataFrame) -> pd.Series:
    """Return the run that taught each run, if it is not the parent; older results lack the column."""
    return runs["teacher"] if "teacher" in runs else pd.Series(None, runs.index, object)


def _kinds(runs: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return the source and the scope of each run's energies."""
    kinds = zip(runs["energy_source"].astype(str), runs["energy_scope"].astype(str), strict=True)
    return dict(zip(runs["run"], kinds, strict=True))
