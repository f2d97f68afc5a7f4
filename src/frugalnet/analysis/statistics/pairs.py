"""Pairs of methods, compared over the seeds that both have."""

from collections.abc import Sequence
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.statistics.effects import Numbers, cliffs_delta, hedges_g
from frugalnet.analysis.statistics.fieller import ratio_interval
from frugalnet.analysis.statistics.paired import paired_tests
from frugalnet.analysis.statistics.resampled import median_interval, ratio_of_means_interval
from frugalnet.analysis.statistics.sampling import mean_interval
from frugalnet.analysis.statistics.wording import Label, counted, joined
from frugalnet.config.statistics import Statistics

ESTIMATES = ("difference", "median_difference", "ratio", "cliffs_delta", "hedges_g")
BOOTSTRAP = ("ratio_bootstrap_low", "ratio_bootstrap_high")
NUMBERS = [
    *("mean", "mean_against", *(f"{name}{end}" for name in ESTIMATES for end in ("", "_low", "_high")), *BOOTSTRAP),
    "sample_error",
]
TESTS = ["paired_test", "paired_statistic", "paired_p", "assumptions"]
NOTES = ["seeds_note", "same_note", "note"]
SAME = "the same difference for all seeds: nothing to test"
ROUNDING = 1e-12
"""Differences that differ by less than this share of the values count as the same."""


def compare_pairs(
    values: pd.DataFrame,
    pairs: Sequence[tuple[Label, Label]],
    variances: Sequence[float],
    settings: Statistics,
) -> pd.DataFrame:
    """Return a row for each pair of methods: the first minus, or over, the second.

    `values` are seeds x methods (with their variants), NaN where not known. `variances` are those of the mean
    differences due to test samples, NaN where not known. Pairs with the same number of seeds are computed together.
    """
    known = {label: values[label].to_numpy() for label in values}
    both = [np.column_stack([known[one], known[other]]) for one, other in pairs]
    paired = [found[np.isfinite(found).all(axis=-1)] for found in both]
    rows = pd.DataFrame(
        [(*one, *other) for one, other in pairs], columns=["method", "variant", "against", "against_variant"]
    ).assign(
        seeds=[len(found) for found in paired],
        seeds_note=[_seeds_note(np.isfinite(found), values.index, settings.min_seeds) for found in both],
    )
    found = [pd.DataFrame(columns=[*NUMBERS, *TESTS, *NOTES[1:]], dtype="object")]
    for _, group in rows[rows["seeds"] > 0].groupby("seeds"):
        stacked = np.stack([paired[place] for place in group.index])
        variance = np.take(variances, group.index)
        found.append(_compared(group.index, stacked[:, :, 0], stacked[:, :, 1], variance, settings))
    rows = rows.join(pd.concat(found))
    notes = [joined(row) for row in rows[NOTES].itertuples(index=False)]
    return rows.drop(columns=NOTES).assign(note=notes)


def _seeds_note(known: NDArray[np.bool_], index: pd.Index, min_seeds: int) -> str | None:
    """Return a note on the seeds of a pair; `known` tells which values are there (seeds x 2)."""
    seeds = int(known.all(axis=-1).sum())
    if seeds == 0:
        return "no seed in common"
    alone = ", ".join(map(str, index[known.any(axis=-1) & ~known.all(axis=-1)]))
    few = f"{counted(seeds, 'seed')}: fewer than {min_seeds}, no p-value" if seeds < min_seeds else None
    return joined([f"not in both: seed {alone}" if alone else None, few])


def _compared(
    places: pd.Index, values: Numbers, against: Numbers, variance: Numbers, settings: Statistics
) -> pd.DataFrame:
    """Return what is known of pairs with the same number of seeds: arrays of pairs x seeds."""
    differences = values - against
    mean, mean_against = values.mean(axis=-1), against.mean(axis=-1)
    estimates = {
        "mean": mean,
        "mean_against": mean_against,
        "difference": differences.mean(axis=-1),
        "median_difference": np.median(differences, axis=-1),
        "ratio": mean / np.where(mean_against > 0, mean_against, np.nan),
        "sample_error": np.sqrt(variance),
    }
    rows = pd.DataFrame(estimates, places)
    if values.shape[-1] == 1:
        return rows
    largest = np.maximum(np.abs(values), np.abs(against)).max(axis=-1)
    vary = np.ptp(differences, axis=-1) > ROUNDING * largest
    rows["same_note"] = [None if some else SAME for some in vary]
    if vary.any():
        return rows.join(_inferred(places[vary], values[vary], against[vary], variance[vary], settings))
    return rows


def _inferred(
    places: pd.Index, values: Numbers, against: Numbers, variance: Numbers, settings: Statistics
) -> pd.DataFrame:
    """Return intervals, effect sizes and tests of pairs whose differences have a spread."""
    differences = values - against
    columns = _limits("difference", *mean_interval(differences, np.nan_to_num(variance), CONFIDENCE)[1:])
    if values.shape[-1] < settings.min_seeds:
        return pd.DataFrame(columns, places)
    columns |= _limits("median_difference", *median_interval(differences, CONFIDENCE, settings))
    above_zero = np.where((against > 0).all(axis=-1, keepdims=True), against, np.nan)
    around = np.array([_ratio_limits(*pair) for pair in zip(values, above_zero, strict=True)])
    columns |= _limits("ratio", around[:, 0], around[:, 1])
    columns |= _limits("ratio_bootstrap", *ratio_of_means_interval(values, above_zero, CONFIDENCE, settings))
    for name, effect in (("cliffs_delta", cliffs_delta), ("hedges_g", hedges_g)):
        columns[name], *limits = effect(values, against, CONFIDENCE)
        columns |= _limits(name, *limits)
    tests = paired_tests(differences, variance, settings.alpha)
    return pd.DataFrame(columns, places).join(tests.set_index(places))


def _ratio_limits(values: Numbers, against: Numbers) -> tuple[float, float]:
    """Return the limits of the ratio of the means of one pair; NaN where it has no ratio."""
    return ratio_interval(values, against, CONFIDENCE) if np.isfinite(against).all() else (nan, nan)


def _limits(name: str, low: Numbers, high: Numbers) -> dict[str, Numbers]:
    return {f"{name}_low": low, f"{name}_high": high}
