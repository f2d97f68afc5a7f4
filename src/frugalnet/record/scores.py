"""How good a model is on each test sample: `test_scores.npy` of a run."""

from pathlib import Path

import numpy as np


def write_scores(scores: np.ndarray, path: Path) -> None:
    """Write scores of samples, (n,): whether each is right as bool, absolute errors as float16 where that holds them."""
    halves = scores.dtype != bool and scores.max() <= np.finfo("float16").max
    np.save(path, scores.astype("float16") if halves else scores, allow_pickle=False)


def read_scores(path: Path) -> np.ndarray:
    """Return the scores in a file, (n,); raises ValueError for one that has none."""
    scores = np.load(path, allow_pickle=False)
    if scores.ndim != 1 or scores.dtype.kind not in "bf":
        raise ValueError(f"{path.name} has {scores.dtype} of shape {scores.shape}; expected bool or float, (samples,)")
    return scores
