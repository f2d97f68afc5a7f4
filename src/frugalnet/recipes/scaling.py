"""The first layer of every network: it scales samples, and is fitted only on the training part of its run."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.catalogue.recipes import SCALINGS
from frugalnet.config.levels import NONE, name_of, settings_of
from frugalnet.recipes.input import Samples, feature, pieces

Affine = tuple[Any, Any]
"""Factor and offset, each for all features or one for each."""


def scaling_layer(scaling: Any, x_train: np.ndarray) -> keras.layers.Rescaling:
    """Return a layer without weights that scales unscaled samples as a recipe's `scaling` says.

    A feature is an entry of the last axis of `x_train` (samples first); features whose spread is 0 are only shifted.
    It computes in at least float32: unscaled samples can be too large for 16 bits, or too fine.
    """
    policy = keras.config.dtype_policy()
    kind = policy if policy.compute_dtype in ("float32", "float64") else "float32"
    if scaling == NONE:
        return keras.layers.Rescaling(1.0, name="scaling", dtype=kind)
    level = SCALINGS[name_of(scaling)]
    factor, offset = catalogue.resolve(level.path)(x_train, **settings_of(scaling, level.settings))
    return keras.layers.Rescaling(factor, offset, name="scaling", dtype=kind)


def unit(x: np.ndarray) -> Affine:
    """Divide bytes by 255."""
    return 1 / 255, 0.0


def standard(x: np.ndarray) -> Affine:
    """Give each feature mean 0 and standard deviation 1."""
    axes = tuple(range(x.ndim - 1))
    return _affine(x.mean(axes, dtype="float64"), x.std(axes, dtype="float64"))


def robust(x: np.ndarray) -> Affine:
    """Give each feature median 0 and interquartile range 1."""
    first, median, third = _quantiles(x, [0.25, 0.5, 0.75])
    return _affine(median, third - first)


def min_max(x: np.ndarray) -> Affine:
    """Give each feature the range 0 to 1."""
    low, high = _quantiles(x, [0, 1])
    return _affine(low, high - low)


def fixed(x: np.ndarray, mean: Sequence[float], deviation: Sequence[float]) -> Affine:
    """Subtract a given mean and divide by a given deviation, one for all features or one for each."""
    return _affine(np.array(mean, "float64"), np.array(deviation, "float64"))


def _quantiles(x: np.ndarray, q: Sequence[float]) -> np.ndarray:
    """Return quantiles of each feature, quantiles x features, float64; those of bytes from counts, ten times as fast."""
    if x.dtype != np.uint8:
        features = (feature(x, number) for number in range(x.shape[-1]))
        return np.array([np.quantile(values, q) for values in features]).T.astype("float64")
    places = np.asarray(q) * (math.prod(x.shape[:-1]) - 1)
    found = []
    for counts in _counts(x):
        up_to = np.cumsum(counts)
        low, high = (np.searchsorted(up_to, end(places), "right") for end in (np.floor, np.ceil))
        found.append(low + (high - low) * (places % 1))
    return np.array(found).T


def _counts(x: Samples) -> np.ndarray:
    """Return how often each byte is there, features x 256; in pieces, because NumPy counts in eight bytes per value."""
    tables = (piece.reshape(-1, x.shape[-1]) for piece in pieces(x))
    return np.sum([[np.bincount(values, minlength=256) for values in table.T] for table in tables], axis=0)


def _affine(centre: np.ndarray, spread: np.ndarray) -> Affine:
    spread = np.where(spread == 0, 1, spread)
    return (1 / spread).tolist(), (-centre / spread).tolist()
