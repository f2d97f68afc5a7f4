"""The efficiency score of a run, in decibels: its quality for the energy of its training and the time of an inference.

It is NetScore (Wong 2018, arXiv 1806.05512), 20 log10(quality^q / (parameters^p operations^m)), with what a run cost in
the places of what stands for costs: the energy of the training, in J, in place of the parameters, and the time of an
inference of one sample, in ms, in place of the multiply-accumulates. Other changes: the quality is that of validation
data, because the score chooses and test data must not; it is a fraction, not a percentage; an error, of which less is
better, counts as 1 / error. Units shift all scores alike and change no rank. The weights are those of `techniques.score`;
NetScore has 2, 0.5 and 0.5.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from frugalnet import catalogue
from frugalnet.config.techniques import Score
from frugalnet.record.record import COMPLETE
from frugalnet.studies.techniques.swept import swept_runs

COLUMNS = {"quality": "validation_quality", "energy": "train_energy_j", "inference": "latency_batch1_ms"}
"""Columns of `runs` that the score is made of, by its weights."""
WORDS = {"quality": "quality on validation data", "energy": "energy of the training", "inference": "time of inference"}
KIND = ["dataset", "network", "metric", "threads", "data_level", "energy_source", "energy_scope"]
"""Combinations whose runs differ in any of these are not ranked against each other."""
GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


def parts(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the decadic logarithms that the score adds up, a row per run; missing where a value is missing or not above zero.

    More quality is more, whatever the metric: the logarithm of an error is negated.
    """
    values = runs[list(COLUMNS.values())].astype(float).set_axis(list(COLUMNS), axis="columns")
    logs = np.log10(values.where(values > 0))
    return logs.assign(quality=logs["quality"] * runs["metric"].map(catalogue.sign).astype(float))


def score(logs: pd.DataFrame, weights: Score) -> pd.Series:
    """Return the score of each row of `parts`, or of means of them; what has no weight may be missing."""
    found = pd.Series(0.0, logs.index)
    for name in _weighed(weights):
        weight = getattr(weights, name)
        found += 20 * (weight if name == "quality" else -weight) * logs[name]
    return found


def why_missing(logs: pd.DataFrame, weights: Score) -> pd.Series:
    """Return why rows have no score; None where they have one."""
    names = _weighed(weights)
    told = [[WORDS[name] for name in names if row[name]] for row in logs.isna().to_dict("records")]
    texts = [f"no score: {' and '.join(each)} not known, or zero" if each else None for each in told]
    return pd.Series(texts, logs.index, dtype=object)


def _weighed(weights: Score) -> list[str]:
    return [name for name in COLUMNS if getattr(weights, name)]


def ranks_by_weights(
    all_runs: pd.DataFrame, weights: Score, energy: Sequence[float] = GRID, inference: Sequence[float] = GRID
) -> pd.DataFrame:
    """Return score and rank of each combination for all pairs of weights, with the quality's weight as in `weights`.

    A row per combination that has complete runs, weight of energy and weight of inference; 1 is the best rank, and equal
    scores have the same one. A combination without a score has no rank.
    """
    runs = swept_runs(all_runs)
    runs = runs[runs["status"] == COMPLETE]
    logs = parts(runs).groupby([runs[name] for name in [*KIND, "variant"]], sort=False, dropna=False)
    means = logs.mean(skipna=False).reset_index()
    made = []
    for of_energy in energy:
        for of_inference in inference:
            own = Score(quality=weights.quality, energy=of_energy, inference=of_inference)
            made.append(means.assign(weight_energy=of_energy, weight_inference=of_inference, score=score(means, own)))
    columns = [*KIND, "variant", "weight_energy", "weight_inference", "score"]
    found = pd.concat(made, ignore_index=True)[columns]
    alike = found.groupby([*KIND, "weight_energy", "weight_inference"], sort=False, dropna=False)["score"]
    return found.assign(rank=alike.rank(method="min", ascending=False).astype("Int64"))
