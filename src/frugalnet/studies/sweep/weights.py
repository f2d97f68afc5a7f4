"""What is behind the weights that a training starts from, and the energy of a model with that.

The model of a parent was trained by a run of the same results: its energy is known, and counted. Weights of ImageNet or of a file come
from elsewhere: the energy of their training is not known. New weights have nothing behind them.
"""

from math import nan

import pandas as pd

from frugalnet.analysis.chains import energy_chains
from frugalnet.analysis.solution import energy_to_solution

WEIGHTS = "recipe.weights"
NOT_IN_IT = "the energy of the training behind its weights is not known"


def from_elsewhere(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs start from weights of ImageNet or of a file, and not from the model of a parent."""
    if WEIGHTS not in runs:
        return pd.Series(False, runs.index)
    return runs[WEIGHTS].fillna("").astype(str).ne("") & runs["parent"].isna()


def whole_energy_j(runs: pd.DataFrame) -> pd.Series:
    """Return the energy to solution of each run; NaN where it, or a run that it goes back to, starts from weights from elsewhere."""
    outside, chains = set(runs.loc[from_elsewhere(runs), "run"]), energy_chains(runs)
    unknown = [bool(outside & {run, *(chains[run] or ())}) for run in runs["run"]]
    return energy_to_solution(runs).mask(pd.Series(unknown, runs.index, dtype=bool), nan)
