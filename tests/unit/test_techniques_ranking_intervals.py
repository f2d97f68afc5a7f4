"""Intervals of scores and ranks hold the true ones as often as they say: base cases over seeds, and drawn combinations."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from frugalnet.studies.techniques.additive import additive
from frugalnet.studies.techniques.spread import intervals, of_repeats, of_residuals
from tests.unit.made_techniques import made_combinations, made_study

STUDY = made_study()
LEVELS = pd.DataFrame([dict(each.levels) for each in made_combinations(STUDY)])
"""As they are drawn, some more often than others."""
BASE_CASES, ALL = 8, 32


def coverage(truth, noise, seeds, studies=150):
    """Return how often intervals hold the true score and rank of a combination, and how often those of all ranks do together."""
    chance, held = np.random.default_rng(20), Counter()
    runs = pd.Series([seeds] * BASE_CASES + [1] * (ALL - BASE_CASES))
    variants = pd.Series(np.repeat(range(ALL), runs))
    for _ in range(studies):
        true = truth(chance)
        scores = pd.Series(true[variants] + noise(chance, true[variants]))
        means = scores.groupby(variants).mean()
        of = of_repeats(scores, variants) or of_residuals(additive(means, LEVELS, STUDY))
        found = intervals(means, runs, of)
        rank = 1 + (true[None] > true[:, None]).sum(axis=1)
        ranks = found["rank_low"].le(rank) & found["rank_high"].ge(rank)
        held["score"] += (found["score_low"].le(true) & found["score_high"].ge(true)).mean() / studies
        held["rank"] += ranks.mean() / studies
        held["best"] += ranks[means.idxmax()] / studies
        held["all"] += ranks.all() / studies
    return held


def effects(size, interplay=0.0):
    """Return true scores: effects of levels of some size, and what levels do together."""

    codes = [pd.factorize(LEVELS[name])[0] for name in LEVELS]

    def truth(chance):
        of_levels = [chance.normal(0, size, code.max() + 1)[code] for code in codes]
        return sum(of_levels) + chance.normal(0, interplay, ALL)

    return truth


def same(chance, true):
    return chance.normal(0, 0.3, len(true))


def worse_is_noisier(chance, true):
    return chance.normal(0, 1, len(true)) * (0.2 + 0.15 * np.clip(-true, 0, 6))


@pytest.mark.long
def test_intervals_hold_what_they_say_with_noise_of_seeds():
    held = coverage(effects(2), same, seeds=2)
    assert 0.93 <= held["score"] <= 0.97
    assert held["all"] >= 0.95


@pytest.mark.long
def test_ranks_hold_where_true_scores_nearly_tie_also_for_the_best():
    held = coverage(lambda chance: chance.normal(0, 0.15, ALL), same, seeds=2)
    assert 0.93 <= held["score"] <= 0.97
    assert (held["best"] >= 0.95, held["all"] >= 0.95) == (True, True)


@pytest.mark.long
def test_ranks_hold_where_worse_combinations_are_noisier_than_repeated_ones():
    held = coverage(effects(2), worse_is_noisier, seeds=3)
    assert held["rank"] >= 0.95
    assert held["best"] >= 0.95
    assert held["score"] >= 0.88  # one spread for all is too small for the worst


@pytest.mark.long
def test_intervals_from_residuals_are_too_wide_where_levels_act_together():
    held = coverage(effects(2, interplay=1.0), same, seeds=1)
    assert held["score"] >= 0.97
    assert held["all"] >= 0.95


@pytest.mark.long
def test_residuals_of_a_model_that_fits_hold_what_they_say():
    held = coverage(effects(2), same, seeds=1)
    assert 0.93 <= held["score"] <= 0.985
    assert held["all"] >= 0.95


def test_residuals_of_too_small_a_model_are_no_spread():
    few = LEVELS.iloc[: BASE_CASES + 4]
    assert of_residuals(additive(pd.Series(range(len(few)), few.index, float), few, STUDY)) is None
