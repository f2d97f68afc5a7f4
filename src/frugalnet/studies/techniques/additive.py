"""What each level adds to the score: an additive linear model over the factors, fitted to combinations."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy import linalg
from statsmodels.regression.linear_model import OLS

from frugalnet.config.levels import NONE
from frugalnet.config.techniques import Techniques
from frugalnet.studies.techniques.sheet import text

PER_PARAMETER = 2
"""Combinations per parameter that a model needs."""
ALMOST = 1e-8
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Additive:
    """A fitted model: `effects` has a row per level that can be told from the others.

    Its columns: `factor`, `level` (as text), `effect` on the score against the factor's off level, `low` and `high` (95 %),
    `p` (two-sided), `combinations` with the level.
    """

    effects: pd.DataFrame
    combinations: int
    parameters: int
    residual_std: float

    @property
    def freedom(self) -> int:
        """Return the degrees of freedom of the residuals."""
        return self.combinations - self.parameters

    @property
    def is_enough(self) -> bool:
        """Tell whether there are combinations enough for the model."""
        return self.combinations >= PER_PARAMETER * self.parameters


def additive(scores: pd.Series, levels: pd.DataFrame, study: Techniques) -> Additive:
    """Fit scores of combinations by a constant and the effect of each level that is not its factor's off level.

    `levels` has a column of texts per factor, in the rows of `scores`, none of which is missing. Errors are consistent
    with a spread that is not the same everywhere (HC3; MacKinnon and White 1985, J. Econometrics 29, 305), with Student's
    t. A factor that has no effect in a combination (`none`, where that is no level of it) counts as off there: what then
    differs is the effect of the factor that took it away. A level that one combination alone has says nothing about
    others, and neither does that combination, which is left out. Effects that cannot be told apart are left out of
    `effects`.
    """
    design = _design(levels, study)
    told = _leverage(design) < 1 - ALMOST
    scores, design = scores[told], design[told]
    design = design.loc[:, design.any()]
    rank = int(np.linalg.matrix_rank(design.to_numpy(float))) if design.size else 1
    if len(design) <= rank:
        return Additive(_effects(pd.DataFrame()), len(design), rank, np.nan)
    design, unique = _independent(design, rank)
    fitted = OLS(scores.to_numpy(float), design.to_numpy(float)).fit(cov_type="HC3", use_t=True)
    low, high = fitted.conf_int(1 - CONFIDENCE).T
    values = {"effect": fitted.params, "low": low, "high": high, "p": fitted.pvalues, "combinations": design.sum()}
    found = pd.DataFrame(values, index=design.columns)[unique]
    return Additive(_effects(found), len(design), rank, sqrt(fitted.mse_resid))


def _independent(design: pd.DataFrame, rank: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return columns that span the design, and which of them are levels with an effect of their own.

    An effect can be told from the others if the unit vector of its column is in the space of the design's rows. Such a
    column depends on no others, so that it is among those returned.
    """
    exog = design.to_numpy(float)
    unique = np.abs(np.linalg.pinv(exog) @ exog - np.eye(exog.shape[1])).max(axis=1) < ALMOST
    unique[0] = False  # the constant
    kept = np.sort(linalg.qr(exog, mode="r", pivoting=True)[1][:rank])
    return design.iloc[:, kept], unique[kept]


def _design(levels: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return a column of ones, and one for each level but the off levels: 1 where a combination has it."""
    columns = {("", ""): pd.Series(1, levels.index)}
    for name, factor in study.varied.items():
        off = text(factor.off)
        listed = {text(level) for level in (*factor.levels, factor.on)}
        idle = set() if NONE in listed else {NONE}
        for level in sorted(set(levels[name]) - {off} - idle):
            columns[name, level] = (levels[name] == level).astype(int)
    return pd.DataFrame(columns)


def _leverage(design: pd.DataFrame) -> np.ndarray:
    exog = design.to_numpy(float)
    return np.einsum("ij,ji->i", exog, np.linalg.pinv(exog))


def _effects(found: pd.DataFrame) -> pd.DataFrame:
    types = {"factor": "str", "level": "str", "effect": "float64", "low": "float64", "high": "float64", "p": "float64"}
    types |= {"combinations": "int64"}
    named = found.rename_axis(index=["factor", "level"]).reset_index() if len(found) else found
    return named.reindex(columns=list(types)).astype(types)
