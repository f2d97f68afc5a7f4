"""Runs far from the others of their method: listed, never left out."""

import pandas as pd

from frugalnet.analysis.statistics.wording import Label

SCALE = 0.6745
"""Median absolute deviation of a normal distribution, in standard deviations."""


def outliers(values: pd.DataFrame, threshold: float | None) -> dict[Label, str]:
    """Return as text the seeds of each method (a column) whose modified z-score is beyond the threshold.

    The score is the distance from the median in median absolute deviations, times 0.6745 (Iglewicz and Hoaglin 1993,
    How to Detect and Handle Outliers). Methods with fewer than three seeds are not searched. Where more than half of
    the seeds are equal and the others differ, the deviation is zero, and the text says so. Few seeds have outliers by
    chance too: 29 % of normal samples of 3 have one beyond 3.5, 21 % of 5, 12 % of 10.
    """
    if threshold is None:
        return {}
    known = values.loc[:, (values.count() >= 3) & (values.max() > values.min())]
    distance = known - known.median()
    deviation = distance.abs().median()
    z = SCALE * distance / deviation.where(deviation > 0)
    far = {label: _listed(z[label], threshold) for label in z.columns[(z.abs() > threshold).any()]}
    return far | dict.fromkeys(deviation.index[deviation == 0], "most seeds are equal: no modified z")


def _listed(z: pd.Series, threshold: float) -> str:
    return ", ".join(f"seed {seed} (z = {score:.1f})" for seed, score in z.items() if abs(score) > threshold)
