"""The variance of differences in test quality that is due to the choice of test samples, from draws of them."""

from collections.abc import Sequence
from math import nan

import pandas as pd

from frugalnet.analysis.statistics.sampling import sample_variance
from frugalnet.analysis.statistics.wording import Label


def sample_variances(
    runs: pd.DataFrame, values: pd.DataFrame, pairs: Sequence[tuple[Label, Label]], draws: pd.DataFrame
) -> list[float]:
    """Return for each pair of methods the variance of its mean difference that is due to test samples.

    It is over the seeds that both have in `values` (seeds x methods). `draws` are qualities, runs x draws, and a draw
    has the same samples for all runs. NaN for one seed, and where one of the runs has no draws.
    """
    ids = runs.pivot(index="seed", columns=["method", "variant"], values="run")
    found = []
    for pair in pairs:
        own, other = ids.loc[values[list(pair)].notna().all(axis="columns"), list(pair)].to_numpy().T
        known = len(own) > 1 and draws.index.isin(own).sum() == draws.index.isin(other).sum() == len(own)
        differences = draws.loc[own].to_numpy() - draws.loc[other].to_numpy() if known else None
        found.append(nan if differences is None else float(sample_variance(differences[None])[0]))
    return found
