"""Chains of runs: each run, those whose models it could not be without, and so on to the root."""

from collections.abc import Mapping
from math import fsum, nan

import pandas as pd

from frugalnet import catalogue

Chain = list[str]
"""Runs, the one that the chain is of first; none where their energies cannot be added up."""


def energy_chains(runs: pd.DataFrame) -> dict[str, Chain]:
    """Return the chain of each run: the run itself, its parent, its teacher, and the chains of those, each run once.

    A run that takes no more than the shape of its parent's model goes back to no parent, but to its teacher where it has one.
    None at all where the chain has energies of another scope or source, for their sum would be neither, and where one of its
    runs is left out.
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
    """Return, of runs that take no more than a shape, the chain of the parent that found it, but for what is in their own chain.

    None of others, and where the parent's energies are of another scope or source.
    """
    found, kind = energy_chains(runs), _kinds(runs)
    parent = dict(zip(runs["run"], runs["parent"].where(takes_shape(runs), None), strict=True))
    return {
        run: [each for each in found[of] if each not in found[run]] if of in found and kind[of] == kind[run] else []
        for run, of in parent.items()
    }


def epochs_in_all(runs: pd.DataFrame) -> pd.Series:
    """Return for how many epochs the model of each run was trained: in it, and in the runs that it came from; NaN: not known."""
    own = dict(zip(runs["run"], runs["epochs"].astype(float), strict=True))
    above = dict(zip(runs["run"], _parent_of_model(runs), strict=True))

    def epochs(run: str) -> float:
        parent = above.get(run)
        return own.get(run, nan) + (epochs(parent) if isinstance(parent, str) else 0)

    return runs["run"].map(epochs).astype(float)


def summed(found: Mapping[str, Chain], own: Mapping[str, float]) -> list[float]:
    """Return the sum of a quantity of the runs over the chain of each; NaN where it is not known."""
    return [fsum(own[run] for run in chain) if chain else nan for chain in found.values()]


def takes_shape(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs take no more than the shape of their parent's model."""
    shapes = [name for name, method in catalogue.METHODS.items() if method.new_weights]
    return runs["method"].isin(shapes)


def _parent_of_model(runs: pd.DataFrame) -> pd.Series:
    """Return the run whose model each run takes; None where it takes none."""
    return runs["parent"].astype(object).where(~takes_shape(runs), None)


def _teacher(runs: pd.DataFrame) -> pd.Series:
    """Return the run that taught each run, where that is not its parent; results of before there was one lack the column."""
    return runs["teacher"] if "teacher" in runs else pd.Series(None, runs.index, object)


def _kinds(runs: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return how the energies of each run are known, and what devices they are of."""
    kinds = zip(runs["energy_source"].astype(str), runs["energy_scope"].astype(str), strict=True)
    return dict(zip(runs["run"], kinds, strict=True))
