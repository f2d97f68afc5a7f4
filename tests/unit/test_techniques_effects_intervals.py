"""Intervals of effects hold the true effect as often as they say, in sweeps as they really are."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.studies.techniques.effects import effects
from frugalnet.studies.techniques.linear import fitted, told_apart, without_lone
from tests.unit.made_sweeps import KEYS, noisy, runs, study, sweep, text

TEN = {
    **{"batch_size": 5, "schedule": 4, "optimizer": 4, "learning_rate": 3, "augmentation": 2},
    **{"scaling": 5, "split": 3, "precision": 2, "internal": 3, "early_stopping": 2},
}
"""Levels of ten factors: 24 parameters."""
TWO = dict.fromkeys(TEN, 2)
FEW = {"batch_size": 3, "schedule": 2, "precision": 2, "internal": 2, "augmentation": 2}
"""Levels of five factors: 7 parameters."""
COSTS = ("train_energy_j", "train_duration_s", "train_cpu_s", "latency_batch1_ms")


def held(levels, draws, repetitions, spread, weights=3.0):
    """Return which intervals of simulated sweeps hold the true effect, for costs and for the quality."""
    chance = np.random.default_rng(5)
    found = []
    for seed in range(repetitions):
        numbers = sweep(levels, draws, seed, weights)
        true = {name: np.r_[0, chance.normal(0, 0.2, count - 1)] for name, count in levels.items()}
        costs = {name: np.exp(noisy(levels, numbers, true, 0.1, [seed, k])) for k, name in enumerate(COSTS)}
        table = effects(
            runs(levels, numbers, test_quality=noisy(levels, numbers, true, spread(numbers), [seed, 9]), **costs),
            study(levels),
        )
        expected = [true[row.factor][list(map(text, KEYS[row.factor])).index(row.level)] for row in table.itertuples()]
        expected = np.where(table["scale"] == "ratio", np.exp(expected), expected)
        told = table["low"].notna()
        hit = (table["low"] <= expected) & (expected <= table["high"])
        found.append(pd.DataFrame({"quality": table["scale"] == "difference", "hit": hit})[told])
    return pd.concat(found).groupby("quality")["hit"].mean()


def noisier_at_on(numbers):
    """Return a spread of the quality that is 5 times as large at one level as at another."""
    return 0.02 * (1 + 4 * (numbers[:, 0] == 1))


@pytest.mark.parametrize(("levels", "draws"), [(TEN, 102), (TWO, 12), (TWO, 24)])
def test_intervals_hold_the_true_effect_as_often_as_they_say(levels, draws):
    """Levels drawn unevenly, costs with lognormal noise, qualities with a spread that depends on a level."""
    share = held(levels, draws, 6, noisier_at_on)
    assert share[True] > 0.94 and share[False] > 0.94


def test_interval_of_a_rare_and_noisy_level_holds_as_often_as_it_says():
    """With n - p degrees of freedom it held in 83 to 92 % of such sweeps."""
    chance = np.random.default_rng(2)
    hits = []
    for _ in range(400):
        columns = np.column_stack([np.ones(40), np.arange(40) < 3, chance.integers(0, 2, (40, 9))]).astype(float)
        values = chance.normal(size=40) * np.where(columns[:, 1] == 1, 4, 1)
        found = fitted(columns, values, told_apart(columns)).loc[1]
        hits.append(found["low"] <= 0 <= found["high"])
    assert np.mean(hits) > 0.93


def test_interval_of_two_groups_of_three_is_that_worked_out_by_hand():
    """HC3 variance of a mean: 8 / (2/3)^2 / 9 = 2, so that the error is 2; 2 + 2 degrees of freedom, t = 2.776."""
    columns = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    found = fitted(columns, np.array([10.0, 12, 14, 20, 22, 24]), told_apart(columns)).loc[1]
    assert found.tolist()[:3] == pytest.approx([10, 4.447, 15.553], abs=1e-3)
    assert found["p"] == pytest.approx(0.0075, abs=1e-4)  # t = 5


def test_repeated_combinations_do_not_narrow_intervals():
    """What base cases have on their own is common to their seeds: intervals hold with 3 seeds too."""
    chance = np.random.default_rng(3)
    hits = []
    for seed in range(18):
        numbers = sweep(FEW, 16, seed)
        own = chance.normal(0, 0.1, len(numbers))
        table = pd.concat(
            [runs(FEW, numbers, seed=0, test_quality=own)]
            + [runs(FEW, numbers[:5], seed=k, test_quality=own[:5] + chance.normal(0, 0.01, 5)) for k in (1, 2)]
        )
        found = effects(table, study(FEW))
        rows = found[(found["quantity"] == "test_quality") & found["low"].notna()]
        hits += ((rows["low"] <= 0) & (rows["high"] >= 0)).tolist()
    assert len(hits) >= 100 and np.mean(hits) > 0.93


def test_rows_of_which_one_determines_a_column_are_left_out_in_turn():
    """Without the last row the second last is alone too."""
    columns = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1.0]])
    assert without_lone(columns).tolist() == [0, 1, 2]
