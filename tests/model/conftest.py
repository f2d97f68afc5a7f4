"""A tiny dataset, so that training takes a moment."""

import numpy as np
import pytest

from frugalnet.backend import tf
from frugalnet.datasets import Data, Part
from frugalnet.measure import costs

# Two devices, for trainings that share batches; before any operation runs.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


class MadeData(Data):
    """Data in memory: `parts` in the place of files."""

    def __init__(self, parts, **card):
        super().__init__(folder=None, card=card)
        self.__dict__.update(parts)


@pytest.fixture
def digits():
    """Return made digits."""
    return made_digits()


def made_digits():
    """Return 240 bytes-images of 28x28 whose class is the brightest of ten columns."""
    generator = np.random.default_rng(0)
    y = np.arange(240) % 10
    x = generator.integers(0, 60, (240, 28, 28))
    x[np.arange(240), :, 2 * y] += 180
    x, y = x.astype("uint8"), y.astype("int64")
    parts = {
        "train": Part(x[:160], y[:160]),
        "validation": Part(x[160:200], y[160:200]),
        "test": Part(x[200:], y[200:]),
    }
    return MadeData(parts, name="mnist", task="classification", n_classes=10)


@pytest.fixture
def without_tflite(monkeypatch):
    """Leave conversions to TensorFlow Lite out, which take longer than the rest of a tiny run."""
    monkeypatch.setattr(costs, "tflite_bytes", lambda model: (None, None))


@pytest.fixture
def houses():
    """Return 240 rows of 8 features of very different sizes, and a target that depends on three of them."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 8)) * [1, 10, 5, 1, 1000, 3, 2, 2] + [4, 30, 5, 1, 1500, 3, 35, -119]
    y = 0.5 * (x[:, 0] - 4) + 0.05 * (x[:, 1] - 30) + 2
    x, y = x.astype("float32"), y.astype("float32")
    parts = {
        "train": Part(x[:160], y[:160]),
        "validation": Part(x[160:200], y[160:200]),
        "test": Part(x[200:], y[200:]),
    }
    return MadeData(parts, name="california_housing", task="regression", n_classes=None)
