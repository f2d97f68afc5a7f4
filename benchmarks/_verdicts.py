"""How often verdicts are false: simulated studies, through the project's own tests."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics.omnibus import friedman
from frugalnet.analysis.statistics.paired import no_worse, paired_tests
from frugalnet.analysis.statistics.sampling import sample_variance
from frugalnet.analysis.statistics.sequences import adjusted, in_sequence

STUDIES, AT_ONCE, SEEDS, ALPHA = 2000, 50, (3, 5, 10), 0.05
MARGIN, DRAWS = 0.005, 200
SEED_SD = 0.0005
"""Of a model's accuracy from seed to seed; 0.0007 for the difference of two models."""
SAMPLES_SD = 0.0006
"""Of the effect of the choice of test samples on all seeds of a model, and on each seed alone, for 10,000 images."""
SIZES = (0.4, 0.3, 0.2, 0.1, 0.05)
FAMILIES = {
    6: {("pruning", "weight"): 2, ("pruning", "unit"): 2, ("nas", ""): 1, ("joint", ""): 1},
    12: {("pruning", "weight"): 3, ("pruning", "unit"): 3, ("pruning", "unit, distilled"): 1, ("nas", ""): 1}
    | {("nas_pruning", "weight"): 3, ("joint", ""): 1},
    24: {("pruning", "weight"): 5, ("pruning", "unit"): 5, ("pruning", "unit, distilled"): 2, ("pruning", "2:4"): 1}
    | {("nas", ""): 1, ("nas_pruning", "weight"): 5, ("nas_pruning", "unit"): 4, ("joint", ""): 1},
}
"""Models of a dataset that claim to be no worse: methods, what their variants share, and their number."""
METHODS = 31
NOISY = 6
"""Number of methods that vary five times as much from seed to seed."""

Numbers = np.ndarray


@dataclass(frozen=True)
class Verdict:
    """What was simulated, and how often the verdict was given."""

    what: str
    case: str
    rate: float


def verdicts() -> Iterator[Verdict]:
    """Yield how often a false verdict is given, and how often a true one."""
    for sampled in (False, True):
        told = ", with test samples" if sampled else ""
        for models in FAMILIES:
            for seeds in SEEDS:
                rate = float(np.mean([shown.any() for shown in claims(models, seeds, MARGIN, sampled)]))
                yield Verdict("false `no worse` on a dataset", f"{models} models, {seeds} seeds{told}", rate)
        for seeds in SEEDS[:2]:
            rate = float(np.mean([shown.mean() for shown in claims(12, seeds, 0, sampled)]))
            yield Verdict("true `no worse` of a model", f"12 models that are as good, {seeds} seeds{told}", rate)
    for seeds in SEEDS:
        for noisy, told in ((0, ""), (NOISY, f", {NOISY} of them 5 times as noisy")):
            yield Verdict(
                "false difference of methods", f"{METHODS} methods, {seeds} seeds{told}", omnibus(seeds, noisy, 0)
            )
        case = f"{METHODS} methods, {seeds} seeds, 3 of them 2 standard deviations better"
        yield Verdict("true difference of methods", case, omnibus(seeds, 0, 3))


def claims(models: int, seeds: int, worse: float, sampled: bool) -> Iterator[Numbers]:
    """Yield for each study which of its models are shown to be no worse than the reference; all are worse by `worse`."""
    draw = np.random.default_rng(0)
    of = FAMILIES[models]
    sequences = in_sequence(
        pd.DataFrame(
            [(*family, size) for family, count in of.items() for size in SIZES[:count]],
            columns=["method", "family", "size"],
        )
    )
    for _ in range(STUDIES // AT_ONCE):
        # The last model is the reference with which all others are compared.
        quality = draw.normal(0, SEED_SD, (AT_ONCE, models + 1, seeds))
        variance = np.full(AT_ONCE * models, np.nan)
        if sampled:
            # The first draw is the actual test data.
            chance = draw.normal(0, SAMPLES_SD, (AT_ONCE, models + 1, 1, DRAWS + 1))
            chance = chance + draw.normal(0, SAMPLES_SD, (AT_ONCE, models + 1, seeds, DRAWS + 1))
            quality = quality + chance[..., 0]
            replicates = (chance[:, :-1] - chance[:, -1:])[..., 1:]
            variance = sample_variance(replicates.reshape(-1, seeds, DRAWS))
        advantages = (quality[:, :-1] - quality[:, -1:]).reshape(-1, seeds) - worse
        tests = paired_tests(advantages, variance, ALPHA)["paired_test"]
        p = no_worse(advantages, MARGIN, variance, tests, ALPHA)["equivalence_p"].to_numpy()
        for of_study in p.reshape(AT_ONCE, models):
            yield adjusted(of_study, sequences) <= ALPHA


def omnibus(seeds: int, noisy: int, better: int) -> float:
    """Return how often the test of all methods says that they differ; methods of one seed have a common effect."""
    draw = np.random.default_rng(0)
    spread = np.where(np.arange(METHODS) < noisy, 5.0, 1.0)
    gain = np.where(np.arange(METHODS) < better, 2.0, 0.0)
    common = draw.normal(0, 3, (STUDIES, seeds, 1))
    studies = common + gain + spread * draw.normal(size=(STUDIES, seeds, METHODS))
    return float(np.mean([friedman(values)[1] <= ALPHA for values in studies]))
