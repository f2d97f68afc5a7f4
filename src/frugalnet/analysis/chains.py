"""Chains of runs: each run, the one that it starts from, and so on to the root."""

from collections.abc import Mapping
from math import fsum, nan

import pandas as pd


def chains(runs: pd.DataFrame) -> dict[str, list[str]]:
    """Return the runs of each run's chain, from itself to the root.

    None at all where the chain has energies of another scope or source, for their sum would be neither, and where one of its
    runs is left out.
    """
    parent = runs.set_index("run")["parent"].to_dict()
    kind = dict(zip(runs["run"], runs["energy_source"].astype(str) + runs["energy_scope"].astype(str), strict=True))

    def chain(run: str) -> list[str]:
        above = parent[run]
        if not isinstance(above, str):
            return [run]
        rest = chain(above) if kind.get(above) == kind[run] else []
        return [run, *rest] if rest else []

    return {run: chain(run) for run in parent}


def summed(found: Mapping[str, list[str]], own: Mapping[str, float]) -> list[float]:
    """Return the sum of a quantity of the runs over the chain of each; NaN where it is not known."""
    return [fsum(own[run] for run in chain) if chain else nan for chain in found.values()]
