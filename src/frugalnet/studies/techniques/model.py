"""The linear model of a quantity in all levels, or why there is none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics.wording import counted
from frugalnet.studies.techniques.linear import (
    FLAGGED_BELOW,
    REFUSED_BELOW,
    TOLERANCE,
    Numbers,
    Term,
    Told,
    design,
    fitted,
    told_apart,
    without_lone,
)
from frugalnet.studies.techniques.samples import Sample

ESTIMATES = ["estimate", "low", "high", "p"]


@dataclass(frozen=True)
class Model:
    """A model of a sample: estimates by column of its design, or why there are none. Terms are columns from 1 on.

    `names` and `columns` have all combinations of levels, `lone` those of them that are not in the fit because they
    determine a term alone; `apart` says what can be told apart with all of them, `told` what without the lone ones.
    """

    sample: Sample
    terms: list[Term]
    names: list[str]
    columns: Numbers
    lone: list[int]
    apart: Told
    told: Told
    found: pd.DataFrame
    refused: str | None
    flagged: str | None


def modelled(sample: Sample, found: list[Term]) -> Model:
    """Fit the model of a sample, to the combinations of which none determines a term alone."""
    levels, values, names = sample.combinations()
    columns, y = design(found, levels), values.to_numpy(dtype="float64")
    apart = told_apart(columns)
    refused, flagged = _too_few(len(apart.independent), len(y), len(sample.values))
    if not refused and np.ptp(y) <= TOLERANCE * np.abs(y).max():
        refused = "not estimated: the same in all runs"
    if refused:
        return Model(sample, found, names, columns, [], apart, apart, pd.DataFrame(columns=ESTIMATES), refused, flagged)
    kept = without_lone(columns)
    told, lone = told_apart(columns[kept]), sorted(set(range(len(y))) - set(kept.tolist()))
    estimates = fitted(columns[kept], y[kept], told)
    return Model(sample, found, names, columns, lone, apart, told, estimates, refused, flagged)


def _too_few(parameters: int, count: int, runs: int) -> tuple[str | None, str | None]:
    """Return why a model of some combinations of levels cannot be fitted, and what makes it doubtful."""
    if not count:
        return "not estimated: no complete run with a known value", None
    each = "combinations" if count < runs else "runs"
    have = counted(runs, "run") + (f" of {counted(count, 'combination')}" if count < runs else "")
    have += f" for {counted(parameters, 'parameter')}"
    if count < REFUSED_BELOW * parameters:
        return f"not estimated: {have}; expected {REFUSED_BELOW} {each} per parameter at least", None
    few = f"few runs: {have}, fewer than {FLAGGED_BELOW} {each} per parameter"
    return None, few if count < FLAGGED_BELOW * parameters else None
