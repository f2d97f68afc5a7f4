"""The real files, from a mirror: FRUGALNET_MIRROR=<folder> pytest tests/real/test_real_data.py."""

import os

import numpy as np
import pytest

from frugalnet.config.data import Data
from frugalnet.datasets import Data as Prepared
from frugalnet.datasets import cifar100, load
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import prepare
from frugalnet.errors import FrugalNetError

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not os.environ.get("FRUGALNET_MIRROR"), reason="FRUGALNET_MIRROR names no mirror with the real files"
    ),
]

HOUSING = "california_housing"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Return a function that brings a dataset from the mirror once and opens its prepared form."""
    opened: dict[str, Prepared] = {}

    def get(dataset: str) -> Prepared:
        if dataset not in opened:
            folder = tmp_path_factory.mktemp(dataset)
            fetch(dataset, Data(source="official", allow_subset=True), folder / "raw")
            prepare(dataset, folder / "raw", folder / "prepared")
            opened[dataset] = load(folder / "prepared")
        return opened[dataset]

    return get


@pytest.mark.parametrize(
    ("dataset", "levels"),
    [
        ("mnist", {"official"}),
        ("cifar10", {"official"}),
        ("cifar100", {"official"}),
        (HOUSING, {"official", "equivalent"}),
        ("pneumoniamnist", {"official", "equivalent"}),
        ("sat6", {"official", "subset"}),
    ],
)
def test_files_are_known(dataset, levels, real):
    card = real(dataset).card
    assert card["source"] == "official"
    assert card["level"] in levels
    assert card["licence"]
    assert card["citation"]


@pytest.mark.parametrize(
    ("dataset", "shape", "dtype", "samples"),
    [
        ("mnist", [28, 28], "uint8", (54_000, 6_000, 10_000)),
        ("cifar10", [32, 32, 3], "uint8", (45_000, 5_000, 10_000)),
        ("cifar100", [32, 32, 3], "uint8", (45_000, 5_000, 10_000)),
        (HOUSING, [8], "float32", (14_861, 1_651, 4_128)),
        ("pneumoniamnist", [28, 28], "uint8", (4_708, 524, 624)),
    ],
)
def test_shapes_and_parts(dataset, shape, dtype, samples, real):
    card = real(dataset).card
    assert (card["shape"], card["dtype"]) == (shape, dtype)
    assert tuple(card["samples"][part] for part in ("train", "validation", "test")) == samples


@pytest.mark.parametrize(
    ("dataset", "part", "counts"),
    [
        ("mnist", "test", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
        ("cifar10", "validation", [500] * 10),
        ("cifar10", "test", [1000] * 10),
        ("cifar100", "validation", [50] * 100),
        ("cifar100", "test", [100] * 100),
        ("pneumoniamnist", "train", [1214, 3494]),
        ("pneumoniamnist", "validation", [135, 389]),
        ("pneumoniamnist", "test", [234, 390]),
    ],
)
def test_class_counts(dataset, part, counts, real):
    assert real(dataset).card["class_counts"][part] == counts


def test_mnist_test_part_begins_with_its_famous_seven(real):
    test = real("mnist").test
    assert test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert test.x[0].sum() == 18_454


def test_cifar10_images_are_colour_photographs_with_the_sky_above(real):
    test = real("cifar10").test
    assert test.y[:4].tolist() == [3, 8, 8, 0]
    ships = test.x[test.y == 8]
    assert ships[:, :8, :, 2].mean() > ships[:, -8:, :, 2].mean()


def test_cifar100_forests_are_green_and_the_sea_is_blue(real):
    names, test = cifar100.SOURCE.classes, real("cifar100").test
    assert [names[number] for number in test.y[:4]] == ["mountain", "forest", "seal", "mushroom"]
    colours = {name: test.x[test.y == names.index(name)].mean((0, 1, 2)) for name in ("forest", "sea")}
    assert colours["forest"].argmax() == 1
    assert colours["sea"].argmax() == 2


def test_housing_values_are_those_of_scikit_learn(real):
    data = real(HOUSING)
    x, y = (np.load(data.folder / f"{axis}.npy") for axis in "xy")
    assert x[0].round(3).tolist() == np.float32([8.325, 41, 6.984, 1.024, 322, 2.556, 37.88, -122.23]).tolist()
    assert (y[0], y.mean().round(3), y.max()) == (np.float32(4.526), np.float32(2.069), np.float32(5.00001))


def test_sat6_has_four_bands_and_dark_water_in_the_infrared(real):
    data = real("sat6")
    assert data.card["shape"] == [28, 28, 4]
    assert data.train.x[data.train.y == 5][..., 3].mean() < 30


def test_subset_of_sat6_is_refused_unless_it_is_allowed(real, tmp_path):
    if real("sat6").card["level"] == "official":
        pytest.skip("the mirror has the whole of SAT-6")
    with pytest.raises(FrugalNetError, match=r"not the whole of SAT-6.*data\.allow_subset: true"):
        fetch("sat6", Data(source="official"), tmp_path)
