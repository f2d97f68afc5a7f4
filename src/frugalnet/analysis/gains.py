"""How much better a method is than its reference on test data, with an interval."""

from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.groups import sign
from frugalnet.analysis.statistics.sampling import mean_interval, sample_variance

SEEDS, SEEDS_AND_SAMPLES = "seeds", "seeds and test samples"
"""What the interval of a gain covers: new weights and another order of samples; and with the second, other test samples."""
COLUMNS = ["quality_gain", "quality_gain_low", "quality_gain_high", "quality_gain_contains"]


def replicates_of(resampled: pd.DataFrame) -> pd.DataFrame:
    """Return runs x draws of the table `resampled`."""
    return resampled.pivot(index="run", columns="draw", values="test_quality")


def gain(
    group: pd.DataFrame, reference: pd.DataFrame | None, replicates: pd.DataFrame, confidence: float
) -> dict[str, Any]:
    """Return the mean gain over the seeds that both have, with its interval and what the interval covers.

    `replicates` are the qualities of runs on resampled test data, runs x draws; where a run has none, the interval is
    over seeds alone. There is no interval for one seed, nor where no seed differs.
    """
    nothing: dict[str, Any] = dict(zip(COLUMNS, (np.nan, np.nan, np.nan, None), strict=True))
    if reference is None:
        return nothing
    own, other = (each[["seed", "run", "test_quality"]].set_index("seed") for each in (group, reference))
    seeds = own.index.intersection(other.index, sort=False)
    own, other = own.loc[seeds], other.loc[seeds]
    differences = sign(group) * (own["test_quality"] - other["test_quality"]).to_numpy(float)
    if len(differences) < 2 or not differences.any():
        return nothing | ({"quality_gain": float(differences.mean())} if len(differences) else {})
    places = [replicates.index.get_indexer(each["run"]) for each in (own, other)]
    variance, contains = 0.0, SEEDS
    if min(map(min, places)) >= 0:
        drawn = replicates.to_numpy()
        variance, contains = float(sample_variance(drawn[places[0]] - drawn[places[1]])), SEEDS_AND_SAMPLES
    mean, low, high = mean_interval(differences, variance, confidence)
    return dict(zip(COLUMNS, (float(mean), float(low), float(high), contains), strict=True))


def contents(rows: pd.DataFrame) -> str:
    """Return what the intervals of the gains of some rows cover, in words; empty where there are none."""
    found = rows["quality_gain_contains"].dropna().unique()
    if len(found) > 1:
        return f"{SEEDS_AND_SAMPLES}, or {SEEDS} alone where scores of samples were not kept"
    return str(found[0]) if len(found) else ""
