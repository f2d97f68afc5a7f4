"""The test of all methods at once: whether they differ at all."""

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from scipy import stats

from frugalnet.analysis.statistics.effects import Numbers
from frugalnet.analysis.statistics.wording import counted, joined

FRIEDMAN = "Friedman"
FEWEST = 3
"""For two methods, the paired test is the answer."""


@dataclass(frozen=True)
class Omnibus:
    """The result of the test of all methods, and what it was computed from."""

    assumptions: str | None = None
    test: str | None = None
    statistic: float = nan
    p: float = nan


def all_methods(values: pd.DataFrame, min_seeds: int) -> Omnibus:
    """Return Friedman's test (1937, doi:10.1080/01621459.1937.10503522) of methods (columns), paired by seed (rows).

    It uses the methods that have at least `min_seeds` seeds and a spread over them, and the seeds that all of these
    have. There is no test of fewer than three such methods, or of fewer than `min_seeds` such seeds.
    """
    enough = values.loc[:, values.count() >= min_seeds]
    used = enough.loc[:, enough.max() > enough.min()].dropna()  # sizes, which seeds do not change, need no test
    few, same = values.shape[1] - enough.shape[1], enough.shape[1] - used.shape[1]
    left_out = [
        f"{counted(few, 'method')} with fewer than {min_seeds} seeds left out" if few else None,
        f"{counted(same, 'method')} without spread over seeds left out" if same else None,
    ]
    if used.shape[1] < FEWEST:
        return Omnibus()
    seeds, methods = counted(len(used), "seed"), counted(used.shape[1], "method")
    if len(used) < min_seeds:
        return Omnibus(joined([f"methods: {seeds} that all {methods} have, too few for a test of all", *left_out]))
    statistic, p = friedman(used.to_numpy())
    return Omnibus(joined([f"methods: {FRIEDMAN} test of {methods} over {seeds}", *left_out]), FRIEDMAN, statistic, p)


def friedman(values: Numbers) -> tuple[float, float]:
    """Return Friedman's chi-squared and its p-value, of three or more seeds (rows) and methods (columns); NaN for equal methods.

    Where some methods vary more over seeds than others, the ranks have fewer degrees of freedom than methods minus one;
    with the latter, up to 7 % of tests would reject falsely. The degrees of freedom are those of the covariance of the
    ranks (Box 1954, doi:10.1214/aoms/1177728786), from traces that are unbiased for more methods than seeds (Bai and
    Saranadasa 1996, Statistica Sinica 6, 311).
    """
    with np.errstate(invalid="ignore"):
        statistic = float(stats.friedmanchisquare(*values.T).statistic)
    seeds, methods = values.shape
    ranks = stats.rankdata(values, axis=1)
    products = (ranks - ranks.mean(axis=0)) @ (ranks - ranks.mean(axis=0)).T / (seeds - 1)
    trace, square = np.trace(products), np.sum(products**2)
    scale = (seeds - 1) / ((seeds - 2) * (seeds + 1))
    of_square = scale * ((seeds - 1) * square - trace**2)
    squared = scale * (seeds * trace**2 - 2 * square)
    freedom = np.clip(squared / of_square, 1, methods - 1) if of_square > 0 else methods - 1
    return statistic, float(stats.chi2.sf(statistic * freedom / (methods - 1), freedom))
