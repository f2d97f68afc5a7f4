"""Data, split, scaling and training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

CLASSES = 10
METRIC = "accuracy"
BATCH_SIZE, STEPS_PER_EXECUTION, JIT = 128, 8, False
OPTIMIZER, OPTIMIZER_SETTINGS, LEARNING_RATE = keras.optimizers.Adam, dict[str, Any](), 0.001
DISTILLATION, TEMPERATURE = 0.7, 4.0

Part = tuple[np.ndarray, np.ndarray]


def load_file(path: Path | None) -> tuple[Part, Part]:
    """Return training and test part, unscaled: x_train, y_train, x_test and y_test of a file of numpy.savez."""
    if path is None or path.suffix != ".npz":
        raise SystemExit("--data: expected a .npz file with x_train, y_train, x_test and y_test")
    with np.load(path) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])


def downloaded(load: Callable[[], tuple[Part, Part]]) -> tuple[Part, Part]:
    """Return what Keras downloads, or end and say how else to give the data."""
    try:
        return load()
    except Exception as error:
        raise SystemExit(
            f"Keras could not download the data ({error}). Give a file instead: --data FILE.npz, with x_train, y_train, x_test and y_test"
        ) from None


def load_mnist(path: Path | None) -> tuple[Part, Part]:
    """Return the official training and test part, unless a file has others."""
    return load_file(path) if path else downloaded(keras.datasets.mnist.load_data)


def load_cifar10(path: Path | None) -> tuple[Part, Part]:
    """Return the official training and test part, unless a file has others."""
    return load_file(path) if path else downloaded(keras.datasets.cifar10.load_data)


def load_california_housing(path: Path | None) -> tuple[Part, Part]:
    """Return Keras' training and test part, which Keras splits otherwise than the run, unless a file has others.

    Targets are in 100 000 $.
    """
    if path:
        return load_file(path)
    (x, y), (x_test, y_test) = downloaded(keras.datasets.california_housing.load_data)
    return (x, y / 100_000), (x_test, y_test / 100_000)


def load_sat6(path: Path | None) -> tuple[Part, Part]:
    """Return training and test part of `sat-6-full.mat`, which Keras cannot load by itself, or of a .npz file."""
    if path is None or path.suffix != ".mat":
        return load_file(path)
    from scipy.io import loadmat

    content = loadmat(path)
    x, x_test = (np.moveaxis(content[f"{part}_x"], -1, 0) for part in ("train", "test"))
    return (x, content["train_y"].argmax(axis=0)), (x_test, content["test_y"].argmax(axis=0))


def split(x: np.ndarray, y: np.ndarray) -> tuple[Part, Part]:
    """Return training and validation part: a tenth (of every class, if there are any) is drawn, the same for every seed."""
    order = np.random.RandomState(0).permutation(len(y))
    strata = y if CLASSES else np.zeros(len(y))
    order = order[np.argsort(strata[order], kind="stable")]
    count = round(0.1 * len(y))
    held_out = np.zeros(len(y), bool)
    held_out[order[np.arange(count) * len(y) // count]] = True
    return (x[~held_out], y[~held_out]), (x[held_out], y[held_out])


def standard_scaling(x: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the factor and the offset of each feature that give it a mean of 0 and a standard deviation of 1."""
    axes = tuple(range(x.ndim - 1))
    mean, deviation = x.mean(axes, dtype="float64"), x.std(axes, dtype="float64")
    deviation[deviation == 0] = 1
    return (1 / deviation).tolist(), (-mean / deviation).tolist()


def train(network: keras.Model, training: Part, validation: Part, epochs: int, loss: str, callbacks: Any = ()) -> None:
    """Train with a new optimizer."""
    network.compile(
        OPTIMIZER(learning_rate=LEARNING_RATE, **OPTIMIZER_SETTINGS),
        loss=loss,
        metrics=[METRIC],
        steps_per_execution=STEPS_PER_EXECUTION,
        jit_compile=JIT,
    )
    x, y = training
    network.fit(x, y, BATCH_SIZE, epochs, verbose=2, callbacks=[*callbacks], validation_data=validation)


def one_hot(y: np.ndarray) -> np.ndarray:
    """Return classes as probabilities of 0 and 1, samples x classes."""
    return np.eye(CLASSES, dtype="float32")[y]


def soft_classes(teacher: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return labels mixed with the softened predictions of the network before pruning (Hinton et al. 2015)."""
    softened = teacher.predict(x, batch_size=BATCH_SIZE, verbose=0) ** (1 / TEMPERATURE)
    softened /= softened.sum(axis=1, keepdims=True)
    return (1 - DISTILLATION) * one_hot(y) + DISTILLATION * softened


def soft_numbers(teacher: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return targets mixed with the predictions of the network before pruning (Hinton et al. 2015)."""
    return (1 - DISTILLATION) * y + DISTILLATION * teacher.predict(x, batch_size=BATCH_SIZE, verbose=0)[:, 0]
