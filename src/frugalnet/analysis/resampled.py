"""The quality of each run on bootstrap samples of its test data: how much depends on the choice of test samples."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.record.record import Record
from frugalnet.record.scores import STEPS, read_scores

DRAWS = 200
SEED = 0
SAMPLES_AT_ONCE = 2_000_000
"""Samples that are drawn at a time, which bounds the memory."""
EXACTLY = 1e-6
"""Tolerance between the mean score and the quality in the record; scores that are errors are also rounded to steps."""


def resampled(folder: Path, rec: Record) -> pa.Table:
    """Return `draw` and `test_quality` of a run on bootstrap samples of its test data; no rows where scores were not kept.

    A draw has the same samples in all runs with the same number of test samples, which are those of one data set. What
    is hard for two runs then cancels out in their difference.
    """
    draws, quality = np.empty(0, "int64"), np.empty(0)
    if paths.TEST_SCORES in rec.files:
        draws, quality = np.arange(DRAWS), of_scores(read_scores(folder / paths.TEST_SCORES))
    return pa.table({"draw": draws, "test_quality": quality})


def of_scores(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean score of each draw, (draws,), from the scores of all samples, (samples,).

    It is no matrix product, because the last digits of that depend on the number of threads.
    """
    sums: NDArray[np.float64] = np.einsum("ds,s->d", _counts(len(scores)), scores, dtype=float)
    return sums / len(scores)


def unlike_the_record(path: Path, rec: Record) -> str | None:
    """Return what is wrong with a file of test scores, whose mean must be the quality in the record; None where nothing is."""
    try:
        scores = read_scores(path)
    except FrugalNetError as error:
        return f"is no file of test scores ({str(error).removeprefix(f'{path}: ')})"
    card = rec.data.get("samples", {}).get("test")
    if len(scores) == 0 or card not in (None, len(scores)):
        return f"has {len(scores)} scores; expected one for each of the {card or 'test'} samples"
    metric = catalogue.DATASETS[rec.run.dataset].metric
    told, mean = rec.quality[f"test_{metric}"], float(scores.mean(dtype="float64"))
    near = EXACTLY if metric == "accuracy" else abs(told) * (EXACTLY + 1 / (2 * STEPS * len(scores)))
    return (
        None
        if abs(mean - told) <= near
        else f"has a mean of {mean:.6g}; expected the test {metric} of the run, {told:.6g}"
    )


@lru_cache(maxsize=2)
def _counts(samples: int) -> NDArray[np.uint8]:
    """Return how often each sample is in each draw, draws x samples; no sample is drawn 256 times."""
    generator = np.random.default_rng(SEED)
    counts = np.empty((DRAWS, samples), "uint8")
    at_once = max(1, SAMPLES_AT_ONCE // samples)
    for start in range(0, DRAWS, at_once):
        rows = counts[start : start + at_once]
        places = generator.integers(samples, size=(len(rows), samples))
        places += samples * np.arange(len(rows))[:, None]
        rows[:] = np.bincount(places.ravel(), minlength=rows.size).reshape(rows.shape)
    return counts
