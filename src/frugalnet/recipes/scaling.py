"""The first layer of every network: it scales samples, and is fitted only on the training part of its run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.catalogue.recipes import SCALINGS
from frugalnet.config.levels import NONE, name_of, settings_of

Affine = tuple[Any, Any]
"""Factor and offset, each for all features or one for each."""


def scaling_layer(scaling: Any, x_train: np.ndarray) -> keras.layers.Rescaling:
    """Return a layer without weights that scales unscaled samples as a recipe's `scaling` says.

    A feature is an entry of the last axis of `x_train` (samples first); features that are constant are only shifted.
    It computes in at least float32: unscaled samples can be too large for 16 bits, or too fine.
    """
    kind = "float64" if keras.config.dtype_policy().compute_dtype == "float64" else "float32"
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
    first, median, third = np.percentile(x, [25, 50, 75], axis=tuple(range(x.ndim - 1)))
    return _affine(median, third - first)


def min_max(x: np.ndarray) -> Affine:
    """Give each feature the range 0 to 1."""
    axes = tuple(range(x.ndim - 1))
    low, high = x.min(axes).astype("float64"), x.max(axes).astype("float64")
    return _affine(low, high - low)


def fixed(x: np.ndarray, mean: Sequence[float], deviation: Sequence[float]) -> Affine:
    """Subtract a given mean and divide by a given deviation, one for all features or one for each."""
    return _affine(np.array(mean, "float64"), np.array(deviation, "float64"))


def _affine(centre: np.ndarray, spread: np.ndarray) -> Affine:
    spread = np.where(spread == 0, 1, spread)
    return (1 / spread).tolist(), (-centre / spread).tolist()
