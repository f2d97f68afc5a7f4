"""A linear model of the levels of all factors: its terms, which of them can be told apart, and their intervals."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import qr, solve_triangular
from statsmodels.regression.linear_model import OLS

from frugalnet.config.levels import text
from frugalnet.config.techniques import Techniques
from frugalnet.config.varied import OFF

Numbers = NDArray[np.float64]
TOLERANCE = 1e-8
"""Relative to 1, the size of all cells of a design."""
CONFIDENCE = 0.95
REFUSED_BELOW, FLAGGED_BELOW = 2, 3
"""Combinations of levels per parameter."""


class Term(NamedTuple):
    """A level of a factor against its off level, or what two such levels do together beyond what each does alone."""

    factor: str
    level: str
    against: str
    factor2: str | None = None
    level2: str | None = None
    against2: str | None = None

    @property
    def name(self) -> str:
        """Return the term in words."""
        first = f"{self.factor} {self.level}"
        return f"{first} with {self.factor2} {self.level2}" if self.factor2 else first

    def found_in(self, levels: pd.DataFrame) -> pd.Series:
        """Return which runs are at the level, or at both."""
        found = levels[self.factor] == self.level
        return found & (levels[self.factor2] == self.level2) if self.factor2 else found


INTERCEPT = OFF
"""Name of the first column of a design."""


def terms(study: Techniques, levels: pd.DataFrame) -> list[Term]:
    """Return the terms of the model: all levels of all factors, those that only runs have too, and the interactions."""
    mains: dict[str, list[Term]] = {}
    for name, factor in study.varied.items():
        off = text(factor.off)
        listed = [text(level) for level in (*factor.levels, factor.on)]
        found = dict.fromkeys([*listed, *sorted(levels[name].unique())])
        mains[name] = [Term(name, level, off) for level in found if level != off]
    pairs = [Term(*one[:3], *other[:3]) for a, b in study.interactions for one, other in product(mains[a], mains[b])]
    return [*(term for own in mains.values() for term in own), *pairs]


def design(found: list[Term], levels: pd.DataFrame) -> Numbers:
    """Return runs x (1 + terms): ones, and 1 where a run has a term."""
    return np.column_stack([np.ones(len(levels)), *(term.found_in(levels) for term in found)]).astype("float64")


class Told(NamedTuple):
    """Columns of a design that determine all others, and for each column that is not determined the columns that it is mixed with."""

    independent: NDArray[np.int64]
    mixed: dict[int, set[int]]


def told_apart(columns: Numbers) -> Told:
    """Return which columns of a design can be told apart (its null space, by a QR decomposition with pivoting)."""
    _, r, order = qr(columns, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(r))
    rank = int((sizes > TOLERANCE * sizes[:1].sum()).sum())
    shares = solve_triangular(r[:rank, :rank], r[:rank, rank:]) if rank else np.zeros((0, len(order)))
    mixed: dict[int, set[int]] = {}
    for dependent, share in zip(order[rank:], shares.T, strict=True):
        those = {int(dependent), *map(int, order[:rank][np.abs(share) > TOLERANCE])}
        for column in those:
            mixed.setdefault(column, set()).update(those - {column})
    return Told(order[:rank], mixed)


def without_lone(columns: Numbers) -> NDArray[np.int64]:
    """Return the rows of a design in which no row determines a column alone (leverage 1), where HC3 errors do not exist."""
    return np.flatnonzero(_leverages(_orthogonal(columns)) <= 1 - TOLERANCE)


def r_squared(columns: Numbers, values: Numbers) -> float:
    """Return the share of the variance that the model has, of the values that it was fitted to."""
    rest, _ = _rest(columns, values)
    return float(1 - rest @ rest / ((values - values.mean()) ** 2).sum())


def residual_std(columns: Numbers, values: Numbers) -> float:
    """Return the standard deviation of what the model leaves over, for its degrees of freedom."""
    rest, freedom = _rest(columns, values)
    return float(np.sqrt(rest @ rest / freedom))


def fitted(columns: Numbers, values: Numbers, told: Told) -> pd.DataFrame:
    """Return estimate, low, high and p of each column that is determined, by its number; NaN where there is no noise.

    Ordinary least squares with HC3 errors (MacKinnon and White 1985, doi:10.1016/0304-4076(85)90158-7), and Student's t
    with the degrees of freedom that the error of each estimate has (Bell and McCaffrey 2002; Imbens and Kolesár 2016,
    doi:10.1162/REST_a_00552): a level with few runs has few, whatever the number of runs in all.
    """
    chosen = columns[:, told.independent]
    fit = OLS(values, chosen).fit()
    error = np.asarray(fit.HC3_se)
    noisy = error > TOLERANCE * np.ptp(values)
    freedom = _freedom(chosen)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(fit.params / error), freedom)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * error
    limits = {"low": fit.params - half, "high": fit.params + half, "p": p}
    found = {"estimate": fit.params} | {name: np.where(noisy, each, np.nan) for name, each in limits.items()}
    return pd.DataFrame(found, told.independent).drop(index=[at for at in told.independent if at in told.mixed])


def _freedom(columns: Numbers) -> Numbers:
    """Return the degrees of freedom of the HC3 error of each estimate (Satterthwaite's, for noise of constant variance)."""
    base = _orthogonal(columns)
    leverage = _leverages(base)
    weights = (np.linalg.pinv(columns) / (1 - leverage)) ** 2
    mean = weights @ (1 - leverage)
    spread = weights**2 @ (1 - 2 * leverage) + [np.sum((base.T * each @ base) ** 2) for each in weights]
    return mean**2 / spread


def _rest(columns: Numbers, values: Numbers) -> tuple[Numbers, int]:
    """Return what the model leaves over, and its degrees of freedom."""
    base = _orthogonal(columns)
    return values - base @ (base.T @ values), len(values) - base.shape[1]


def _orthogonal(columns: Numbers) -> Numbers:
    """Return orthonormal columns that span the same."""
    base, r, _ = qr(columns, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(r))
    return base[:, : int((sizes > TOLERANCE * sizes[:1].sum()).sum())]


def _leverages(base: Numbers) -> Numbers:
    return (base**2).sum(axis=1)
