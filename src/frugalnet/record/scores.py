"""Scores of a model on each test sample: `test_scores.npy` of a run."""

from pathlib import Path

import numpy as np

from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

STEPS = 16
"""Least number of steps in a mean error."""


def write_scores(scores: np.ndarray, path: Path) -> None:
    """Write scores of samples, (n,): whether each is right (bool), or its absolute error, rounded to steps that keep the mean.

    Rounding changes an error by at most one step, a sixteenth of the mean error or less, and halves the size of the packed file.
    """
    np.save(path, scores if scores.dtype == bool else _in_steps(scores), allow_pickle=False)


def _in_steps(errors: np.ndarray) -> np.ndarray:
    """Return errors rounded to multiples of a power of two; their sum changes by at most half a step."""
    mean = errors.mean(dtype=float)
    if mean == 0:
        return errors.astype("float32")
    step = 2.0 ** np.floor(np.log2(mean / STEPS))
    steps = np.diff(np.round(np.cumsum(errors, dtype=float) / step), prepend=0)
    return (steps * step).astype("float32")


def read_scores(path: Path) -> np.ndarray:
    """Return the scores in a file, (n,); raises FrugalNetError for a file without scores."""
    with reading(path, "scores of test samples"):
        scores = np.load(path, allow_pickle=False)
        if scores.ndim != 1 or scores.dtype.kind not in "bf":
            raise FrugalNetError(f"{path}: {scores.dtype} of shape {scores.shape}; expected bool or float, (samples,)")
        return scores
