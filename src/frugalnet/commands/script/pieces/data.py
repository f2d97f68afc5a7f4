"""Data, their parts, and the scaling of samples."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

CLASSES = 10
SPLIT = (80, 10, 10)

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


def split(train: Part, test: Part) -> tuple[Part, Part, Part]:
    """Return training, validation and test part: a tenth of the training part is for validation."""
    (x, y), (x_test, y_test) = train, test
    y, everything = y.ravel(), np.arange(len(y))
    validation = drawn(everything, y, 0.1)
    rest = np.setdiff1d(everything, validation)
    return (x[rest], y[rest]), (x[validation], y[validation]), (x_test, y_test.ravel())


def split_of_all(train: Part, test: Part) -> tuple[Part, Part, Part]:
    """Return training, validation and test part: percentages of all samples, whatever part they were in."""
    x, y = (np.concatenate(pair) for pair in zip(train, test, strict=True))
    y, everything = y.ravel(), np.arange(len(y))
    _, validation_share, test_share = (percent / 100 for percent in SPLIT)
    held_out = drawn(everything, y, test_share)
    rest = np.setdiff1d(everything, held_out)
    validation = drawn(rest, y, validation_share / (1 - test_share))
    rest = np.setdiff1d(rest, validation)
    return (x[rest], y[rest]), (x[validation], y[validation]), (x[held_out], y[held_out])


def drawn(places: np.ndarray, y: np.ndarray, fraction: float) -> np.ndarray:
    """Return a fraction of some places (of every class, if there are any), sorted, and the same for every seed."""
    shuffled = np.random.RandomState(0).permutation(places)
    strata = y if CLASSES else np.zeros(len(y))
    ordered = shuffled[np.argsort(strata[shuffled], kind="stable")]
    count = round(fraction * len(ordered))
    return np.sort(ordered[np.arange(count) * len(ordered) // count])


def standard_scaling(x: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the factor and the offset of each feature that give it a mean of 0 and a standard deviation of 1."""
    axes = tuple(range(x.ndim - 1))
    return affine(x.mean(axes, dtype="float64"), x.std(axes, dtype="float64"))


def robust_scaling(x: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the factor and the offset of each feature that give it a median of 0 and an interquartile range of 1."""
    first, median, third = np.quantile(x.reshape(-1, x.shape[-1]), [0.25, 0.5, 0.75], axis=0).astype("float64")
    return affine(median, third - first)


def min_max_scaling(x: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the factor and the offset of each feature that give it the range 0 to 1."""
    axes = tuple(range(x.ndim - 1))
    low, high = x.min(axes).astype("float64"), x.max(axes).astype("float64")
    return affine(low, high - low)


def affine(centre: np.ndarray, spread: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the factor and the offset that subtract a centre and divide by a spread, where it is not 0."""
    spread = np.where(spread == 0, 1, spread)
    return (1 / spread).tolist(), (-centre / spread).tolist()
