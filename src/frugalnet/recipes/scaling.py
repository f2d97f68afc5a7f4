"""The first layer of every network: it scales samples, and is fitted only on the training part of its run."""

from typing import Literal

import numpy as np

from frugalnet.backend import keras


def scaling_layer(kind: Literal["unit", "standard"], x_train: np.ndarray) -> keras.layers.Rescaling:
    """Return a layer without weights that scales unscaled samples.

    `unit` divides by 255; `standard` subtracts the mean and divides by the standard deviation of each feature (last axis)
    of `x_train` (samples first).
    """
    if kind == "unit":
        return keras.layers.Rescaling(1 / 255, name="scaling")
    axes = tuple(range(x_train.ndim - 1))
    mean, deviation = x_train.mean(axes, dtype="float64"), x_train.std(axes, dtype="float64")
    deviation[deviation == 0] = 1
    return keras.layers.Rescaling((1 / deviation).tolist(), (-mean / deviation).tolist(), name="scaling")
