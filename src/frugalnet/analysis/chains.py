"""Chains of runs: each run, the one whose model it takes, and so on to the root."""

from collections.abc import Mapping
from math import fsum, nan

import pandas as pd

from frugalnet import catalogue

Chain = list[str]


def energy_chains(runs: pd.DataFrame) -> dict[str, Chain]:
    """Return the runs of each run's chain, from itself to the root: those that it could not be without.

    A run that takes no more than the shape of its parent's model goes back to no parent, but to its teacher where it has one.
    None at all where the chain has energies of another scope or source, for their sum would be neither, and where one of its
    runs is left out.
    """
    kind = dict(zip(runs["run"], runs["energy_source"].astype(str) + runs["energy_scope"].astype(str), strict=True))
    above = dict(zip(runs["run"], _model_of(runs).fillna(runs["teacher"]), strict=True))

    def chain(run: str) -> Chain:
        if not isinstance(above[run], str):
            return [run]
        rest = chain(above[run]) if kind.get(above[run]) == kind[run] else []
        return [run, *rest] if rest else []

    return {run: chain(run) for run in above}


def epochs_in_all(runs: pd.DataFrame) -> pd.Series:
    """Return for how many epochs the model of each run was trained: its own, and those of the models that it was before."""
    own = dict(zip(runs["run"], runs["epochs"].astype(float), strict=True))
    above = dict(zip(runs["run"], _model_of(runs), strict=True))

    def epochs(run: str) -> float:
        return own.get(run, nan) + (epochs(above[run]) if isinstance(above.get(run), str) else 0)

    return runs["run"].map(epochs)


def summed(found: Mapping[str, Chain], own: Mapping[str, float]) -> list[float]:
    """Return the sum of a quantity of the runs over the chain of each; NaN where it is not known."""
    return [fsum(own[run] for run in chain) if chain else nan for chain in found.values()]


def takes_shape(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs take no more than the shape of their parent's model."""
    return (
        runs["method"].map(lambda name: name in catalogue.METHODS and catalogue.METHODS[name].new_weights).astype(bool)
    )


def _model_of(runs: pd.DataFrame) -> pd.Series:
    """Return the run whose model each run takes; None where it takes none."""
    return runs["parent"].astype(object).where(~takes_shape(runs), None)
