"""Energy to solution: what it took to get a model, from the first run of its chain on."""

from math import nan

import pandas as pd


def energy_to_solution(runs: pd.DataFrame) -> pd.Series:
    """Return each run's own energy plus that of all its parents, failed tries included, in joules.

    Not known where the chain has energies of another scope or source, for their sum would be neither, and where one of its
    runs is left out.
    """
    by_run = runs.set_index("run")
    own = by_run["train_energy_j"].astype(float) + by_run["failed_energy_j"].astype(float)
    kind = by_run["energy_source"].astype(str) + by_run["energy_scope"].astype(str)

    def chain(run: str) -> float:
        above = by_run["parent"][run]
        if not isinstance(above, str):
            return own[run]
        return own[run] + chain(above) if kind.get(above) == kind[run] else nan

    return runs["run"].map(chain)
