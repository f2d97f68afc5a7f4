"""CIFAR-100: photographs of a hundred kinds of things, 32x32 RGB (uint8), 50,000 for training and 10,000 for testing."""

from pathlib import Path

import numpy as np

from frugalnet.datasets import made
from frugalnet.datasets.cifar import read_batch
from frugalnet.datasets.source import Arrays, File, Source, joined

FOLDER = "cifar-100-python"
CLASSES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
    man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
    pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
    tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


def _part(name: str, sha256: str) -> File:
    return File(f"{FOLDER}/{name}", {f"sha256:{sha256}": "official"})


SOURCE = Source(
    licence="none written; free to use with citation",
    citation="Krizhevsky: Learning Multiple Layers of Features from Tiny Images. Technical report, University of Toronto, 2009.",
    archive=File(
        "cifar-100-python.tar.gz",
        {"sha256:85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7": "official"},
        ("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",),
    ),
    files=(
        _part("train", "735e79b04f092ca3d2e6d07f368c0a7d70d48c48d28865950cc24454cf45129b"),
        _part("test", "4b67687d9933c4db8f0831104447f15b93774f4f464bd0516f0f0f2ac83b7864"),
    ),
    classes=tuple(CLASSES.split()),
)


def read(folder: Path) -> Arrays:
    """Read the two pickled parts, with the fine labels: x (60000, 32, 32, 3) uint8."""
    train, test = (read_batch(folder / file.name, "fine_labels", 100, "CIFAR-100") for file in SOURCE.files)
    return joined(train, test)


def sample() -> Arrays:
    """Make 2,000 coloured gratings, 20 of each class: a class is one of five angles, two finenesses and ten hues."""
    generator = np.random.default_rng(100)
    y = made.labels([20] * 100, generator)
    angle = np.pi * (y % 5) / 5 + generator.normal(0, 0.12, len(y))
    pattern = made.gratings(angle, np.where(y % 10 < 5, 3, 6) + generator.normal(0, 0.4, len(y)), 32, generator)
    turn = 2 * np.pi * (y // 10 / 10 + generator.normal(0, 0.03, len(y)))
    colour = 128 + 60 * np.cos(turn[:, None] + np.array([0, 2, 4]) * np.pi / 3) + generator.normal(0, 5, (len(y), 3))
    contrast = generator.uniform(25, 60, (len(y), 1, 1, 1))
    x = colour[:, None, None] + contrast * pattern[..., None] + generator.normal(0, 20, (len(y), 32, 32, 3))
    return Arrays(made.to_bytes(x), y)
