"""Simulated gains of a method over its reference: seeds crossed with test samples, both of which are random.

The score of a sample is the quality of the method, plus an effect of the seed on all samples, plus an effect of the
sample on that method for all seeds, plus noise. The true gain is the difference of the two qualities, over all possible
seeds and test samples.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from _case import Case

from frugalnet.analysis.comparison import CONFIDENCE
from frugalnet.analysis.gains import gain
from frugalnet.analysis.resampled import of_scores

STUDIES, SAMPLES, GAIN, REST = 500, 400, 0.01, 0.3
SEEDS = (3, 5, 10)
WORLDS = {"seeds alone": (0.02, 0.0), "as much of both": (0.02, 0.3), "test samples alone": (0.0, 0.3)}
"""Standard deviations of a method's quality over seeds, and of the effect of samples on it."""


def gains() -> Iterator[Case]:
    """Yield how often intervals of gains hold the truth, with scores of samples and without."""
    for what, (of_seed, of_sample) in WORLDS.items():
        for seeds in SEEDS:
            draw = np.random.default_rng(seeds)
            held = np.array([_holds(seeds, of_seed, of_sample, draw) for _ in range(STUDIES)]).mean(axis=0)
            for how, covered in zip(("with scores of samples", "without"), held, strict=True):
                yield Case("gain over the reference", f"{what}, {seeds} seeds, {how}", None, None, None, float(covered))


def _holds(seeds: int, of_seed: float, of_sample: float, draw: np.random.Generator) -> tuple[bool, bool]:
    """Return whether the intervals of a simulated study hold the true gain, with scores of samples and without."""
    hard = draw.normal(0, of_sample, (2, 1, SAMPLES))  # the effect that is common to both methods cancels out
    chance = draw.normal(0, of_seed, (2, seeds, 1)) + draw.normal(0, REST, (2, seeds, SAMPLES))
    scores = (np.array([GAIN, 0.0])[:, None, None] + hard + chance).reshape(2 * seeds, SAMPLES)
    about = {"run": range(2 * seeds), "seed": [*range(seeds)] * 2, "metric": "accuracy"}
    runs = pd.DataFrame(about | {"test_quality": scores.mean(axis=1)})
    drawn = pd.DataFrame([of_scores(own) for own in scores])
    found = [gain(runs[:seeds], runs[seeds:], each, CONFIDENCE) for each in (drawn, pd.DataFrame())]
    held = [each["quality_gain_low"] <= GAIN <= each["quality_gain_high"] for each in found]
    return held[0], held[1]
