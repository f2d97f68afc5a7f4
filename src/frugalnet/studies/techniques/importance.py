"""How much of the differences between runs each factor explains: `processed/importance.csv`."""

from math import nan, sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import RepeatedKFold

from frugalnet.analysis.statistics.wording import counted, joined
from frugalnet.config.techniques import Techniques
from frugalnet.studies.techniques.linear import (
    CONFIDENCE,
    REFUSED_BELOW,
    TOLERANCE,
    Numbers,
    design,
    r_squared,
    terms,
    told_apart,
)
from frugalnet.studies.techniques.samples import Sample, samples

FOLDS, REPEATS, PERMUTATIONS, TREES = 5, 3, 5, 50
FEWEST = 10
"""Combinations of levels, below which nothing is held out."""
ROUGH_BELOW = 60
"""Combinations of levels; with fewer, intervals of simulated sweeps held less often than they said."""
MOST = 1000
"""Combinations of levels that forests are fitted to and tried on; of more, so many are drawn."""
NUMBERS = ["importance", "low", "high", "linear", "r2_forest", "r2_linear"]
COLUMNS = [
    *("dataset", "quantity", "factor", *NUMBERS, "runs", "note"),
    *("network", "metric", "threads", "data_level", "energy_source", "energy_scope"),
]


class Forest(NamedTuple):
    """What random forests explain of held-out runs: R2, and for each factor the R2 that is lost without it, with an interval."""

    r2: float
    importance: Numbers
    low: Numbers
    high: Numbers


def importance(all_runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return one row per quantity and factor: what a random forest and the linear model of `effects` lose without the factor.

    Energies and times are taken as logarithms. The importances of a forest that predicts held-out runs no better than
    their mean are left out, and so is what the linear model loses with fewer than 2 combinations per parameter. Of more
    than MOST combinations, forests get MOST, drawn by chance.
    """
    tables = [_table(sample, study) for sample in samples(all_runs, study)]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    numbers = dict.fromkeys(NUMBERS, "float64") | dict.fromkeys(["runs", "threads"], "int64")
    return rows[COLUMNS].astype(dict.fromkeys(set(COLUMNS) - set(numbers), "str") | numbers)


def _table(sample: Sample, study: Techniques) -> pd.DataFrame:
    """Return the rows of one quantity."""
    levels, values, _ = sample.combinations()
    y = values.to_numpy(dtype="float64")
    found = dict[str, Any](factor=list(levels), quantity=sample.quantity, runs=len(sample.values), **sample.about)
    notes = [list(sample.remarks) for _ in levels]
    if len(y) and np.ptp(y) <= TOLERANCE * np.abs(y).max():
        return _rows(found, notes, "the same in all runs")
    varied = (levels.nunique() > 1).to_numpy()
    for note, varies in zip(notes, varied, strict=True):
        note += [] if varies else ["all runs are at one level"]
    r2_linear, losses, refused = _linear(levels, y, study)
    found |= {"r2_linear": r2_linear, "linear": np.where(varied, losses, nan)}
    if len(y) < FEWEST:
        return _rows(found, notes, refused, f"{counted(len(y), 'combination')}: too few to hold some out ({FEWEST})")
    forest = forest_importance(*_drawn(levels, y))
    found["r2_forest"] = forest.r2
    if forest.r2 <= 0:
        told = f"the forest predicts held-out runs no better than their mean (R2 = {forest.r2:.2f}): no importances"
        return _rows(found, notes, refused, told)
    found |= {name: np.where(varied, getattr(forest, name), nan) for name in ("importance", "low", "high")}
    return _rows(found, notes, refused, _said(len(y)))


def _drawn(levels: pd.DataFrame, values: Numbers) -> tuple[pd.DataFrame, Numbers]:
    """Return all combinations, or MOST of them, drawn by chance."""
    if len(values) <= MOST:
        return levels, values
    places = np.sort(np.random.default_rng(0).choice(len(values), MOST, replace=False))
    return levels.iloc[places], values[places]


def _said(count: int) -> str | None:
    """Return what is to be known of forests on so many combinations."""
    if count > MOST:
        return f"forests: {MOST:,} of {counted(count, 'combination')}, drawn"
    told = f"{counted(count, 'combination')}, fewer than {ROUGH_BELOW}: intervals of large importances are too narrow"
    return told if count < ROUGH_BELOW else None


def _rows(found: dict[str, Any], notes: list[list[str]], *of_all: str | None) -> pd.DataFrame:
    """Return a table with all columns, from columns and from notes on single rows and on all."""
    return pd.DataFrame(dict.fromkeys(NUMBERS, nan) | found | {"note": [joined([*of_all, *own]) for own in notes]})


def _linear(levels: pd.DataFrame, values: Numbers, study: Techniques) -> tuple[float, Numbers, str | None]:
    """Return R2 of the linear model, what it loses without the terms of each factor, and why there is neither."""
    found = terms(study, levels)
    columns = design(found, levels)
    parameters = len(told_apart(columns).independent) if len(values) else 0
    if len(values) < max(1, REFUSED_BELOW * parameters):
        have = f"{counted(len(values), 'combination')} for {counted(parameters, 'parameter')}"
        told = f"no linear model: {have}; expected {REFUSED_BELOW} per parameter at least"
        return nan, np.full(len(levels.columns), nan), told
    whole = r_squared(columns, values)
    kept = [[True, *(name not in (term.factor, term.factor2) for term in found)] for name in levels]
    return whole, np.array([whole - r_squared(columns[:, those], values) for those in kept]), None


def forest_importance(levels: pd.DataFrame, values: Numbers) -> Forest:
    """Return the permutation importance of each column of levels in random forests, on runs that these have not seen.

    Forests of 50 trees (Breiman 2001, doi:10.1023/A:1010933404324) are fitted to 4 fifths of the runs, in 3 divisions of
    all runs into fifths. The level of a factor is permuted as a whole among the held-out runs, 5 times, and what this
    adds to the squared error is divided by the variance of all values: it is the R2 that is lost. The interval covers
    other divisions and, nearly, other runs: the variance over held-out parts is enlarged because these share runs that
    forests were fitted to (Nadeau and Bengio 2003, doi:10.1023/A:1024068626366; for importances Molnar et al. 2023,
    arXiv 2109.01433). It is approximate: in simulated sweeps of ten factors at two levels it held the mean over
    sweeps in 93 to 97 % for factors that matter with 60 runs, but in 67 to 83 % with 26. Seeded.
    """
    columns, blocks = _encoded(levels)
    divisions = RepeatedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0).split(columns)
    parts = np.array(
        [_held_out(columns, blocks, values, train, test, seed) for seed, (train, test) in enumerate(divisions)]
    )
    share, error, losses = parts[:, 0], parts[:, 1], parts[:, 2:] / values.var()
    weights = share / share.sum()
    mean = weights @ losses
    error_of_mean = losses.std(axis=0, ddof=1) * sqrt(1 / len(parts) + 1 / (FOLDS - 1))
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(parts) - 1) * error_of_mean
    return Forest(float(1 - weights @ error / values.var()), mean, mean - half, mean + half)


def _encoded(levels: pd.DataFrame) -> tuple[Numbers, list[slice]]:
    """Return runs x levels of all factors, 1 where a run is at a level, and where the levels of each factor stand."""
    parts = [pd.get_dummies(levels[name]).to_numpy(dtype="float64") for name in levels]
    ends = np.cumsum([part.shape[1] for part in parts])
    return np.hstack(parts), [slice(end - part.shape[1], end) for end, part in zip(ends, parts, strict=True)]


def _held_out(
    columns: Numbers, blocks: list[slice], values: Numbers, train: Any, test: Any, seed: int
) -> tuple[float, ...]:
    """Return the number of held-out runs, their mean squared error, and what permuting each factor adds to it."""
    chance = np.random.default_rng(seed)
    forest = RandomForestRegressor(TREES, random_state=seed).fit(columns[train], values[train])
    tables = [columns[test]]
    for block in blocks:
        for _ in range(PERMUTATIONS):
            permuted = columns[test].copy()
            permuted[:, block] = permuted[chance.permutation(len(test)), block]
            tables.append(permuted)
    predicted = forest.predict(np.vstack(tables)).reshape(
        len(tables), len(test)
    )  # in one call, which is what takes time
    errors = ((predicted - values[test]) ** 2).mean(axis=1)
    added = errors[1:].reshape(len(blocks), PERMUTATIONS).mean(axis=1) - errors[0]
    return len(test), errors[0], *added


MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "importance": {
        "quantity": (None, "Column of `runs` that is explained; energies and times as logarithms."),
        "factor": (None, "Factor of the study."),
        "importance": (
            "fraction",
            "Share of the variance of held-out runs that a random forest no longer explains when the levels of the factor are permuted among them, all levels together. Wrong levels mislead, so that it can be twice what the factor explains. Near 0, also negative: it is of no use. Empty: `note` says why.",
        ),
        "low": (
            "fraction",
            "Lower end of its interval over held-out parts of repeated divisions of the runs, 95 % by Student's t (Nadeau and Bengio 2003). It covers the division and, nearly, which runs were drawn, but with fewer than 60 runs it is too narrow for factors that matter. It does not cover levels that no run has.",
        ),
        "high": ("fraction", "Upper end of the same interval."),
        "linear": (
            "fraction",
            "R2 that the linear model of `effects` loses without the terms of the factor, for the runs that it was fitted to: also a factor that does nothing loses some. Levels that cannot be told from those of other factors lose nothing.",
        ),
        "r2_forest": (
            "fraction",
            "Share of the variance of held-out runs that the forest explains; 0 or less: no better than their mean.",
        ),
        "r2_linear": ("fraction", "Share of the variance of the runs it was fitted to that the linear model explains."),
        "runs": (
            "runs",
            "Complete runs behind the row; a combination of levels that was run with several seeds counts once, as the mean.",
        ),
        "note": (None, "Why numbers are missing, and which runs are not behind the row."),
    }
}
"""Unit and meaning of columns."""
