"""CIFAR-10: photographs of ten kinds of things, 32x32 RGB (uint8), 50,000 for training and 10,000 for testing."""

from pathlib import Path

import numpy as np

from frugalnet.datasets import made
from frugalnet.datasets.cifar import read_batch
from frugalnet.datasets.source import Arrays, File, Source, joined

FOLDER = "cifar-10-batches-py"


def _batch(name: str, sha256: str) -> File:
    return File(f"{FOLDER}/{name}", {f"sha256:{sha256}": "official"})


SOURCE = Source(
    licence="none written; free to use with citation",
    citation="Krizhevsky: Learning Multiple Layers of Features from Tiny Images. Technical report, University of Toronto, 2009.",
    archive=File(
        "cifar-10-python.tar.gz",
        {"sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce": "official"},
        ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
    ),
    files=(
        _batch("data_batch_1", "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd"),
        _batch("data_batch_2", "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8"),
        _batch("data_batch_3", "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9"),
        _batch("data_batch_4", "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b"),
        _batch("data_batch_5", "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154"),
        _batch("test_batch", "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831"),
    ),
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
)


def read(folder: Path) -> Arrays:
    """Read the pickled batches: x (60000, 32, 32, 3) uint8."""
    *train, test = (read_batch(folder / file.name, "labels", 10, "CIFAR-10") for file in SOURCE.files)
    images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return joined((images, labels), test)


def sample() -> Arrays:
    """Make 810 coloured gratings: angle and fineness determine the class, the hue hints at it."""
    generator = np.random.default_rng(10)
    y = made.labels([81] * 10, generator)
    angle = np.pi * (y % 5) / 5 + generator.normal(0, 0.12, len(y))
    pattern = made.gratings(angle, np.where(y < 5, 3, 6) + generator.normal(0, 0.4, len(y)), 32, generator)
    turn = 2 * np.pi * (y / 10 + generator.normal(0, 0.04, len(y)))
    colour = 128 + 50 * np.cos(turn[:, None] + np.array([0, 2, 4]) * np.pi / 3) + generator.normal(0, 10, (len(y), 3))
    contrast = generator.uniform(25, 60, (len(y), 1, 1, 1))
    x = colour[:, None, None] + contrast * pattern[..., None] + generator.normal(0, 20, (len(y), 32, 32, 3))
    return Arrays(made.to_bytes(x), y)
