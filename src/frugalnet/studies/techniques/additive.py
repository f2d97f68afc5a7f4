"""What each level adds to the score: an additive linear model over the factors, fitted to combinations."""

from dataclasses import dataclass
from math import nan

import pandas as pd

from frugalnet.config.techniques import Techniques
from frugalnet.studies.techniques.linear import (
    REFUSED_BELOW,
    design,
    fitted,
    residual_std,
    terms,
    told_apart,
    without_lone,
)
from frugalnet.studies.techniques.swept import idle_as_off

TYPES = {
    "factor": "str",
    "level": "str",
    **dict.fromkeys(("effect", "low", "high", "p"), "float64"),
    "combinations": "int64",
}
"""Columns of the effects, and their types."""


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
        return self.combinations >= REFUSED_BELOW * self.parameters


def additive(scores: pd.Series, levels: pd.DataFrame, study: Techniques) -> Additive:
    """Fit scores of combinations by a constant and the effect of each level that is not its factor's off level.

    `levels` has a column of texts per factor, in the rows of `scores`, none of which is missing. The model is that of
    `linear`, without interactions: HC3 errors, with the degrees of freedom of each. A factor that has no effect in a
    combination (`none`, where that is no level of it) counts as off there: what then differs is the effect of the factor
    that took it away. A level that one combination alone has says nothing about others, and neither does that
    combination, which is left out. Effects that cannot be told apart are left out of `effects`.
    """
    levels = idle_as_off(levels, study)
    found = [term for term in terms(study, levels) if not term.factor2]
    columns = design(found, levels)
    kept = without_lone(columns)
    columns, values = columns[kept], scores.to_numpy(float)[kept]
    told = told_apart(columns)
    parameters = len(told.independent)
    if len(values) <= parameters:
        return Additive(pd.DataFrame(columns=list(TYPES)).astype(TYPES), len(values), max(parameters, 1), nan)
    estimates = fitted(columns, values, told).drop(index=0, errors="ignore")
    its = [found[number - 1] for number in estimates.index]
    effects = estimates.rename(columns={"estimate": "effect"}).assign(
        factor=[term.factor for term in its],
        level=[term.level for term in its],
        combinations=columns[:, estimates.index].sum(axis=0),
    )
    effects = effects[list(TYPES)].astype(TYPES).reset_index(drop=True)
    return Additive(effects, len(values), parameters, residual_std(columns, values))
