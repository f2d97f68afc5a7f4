"""The made stand-ins: shapes, types and classes of the real data, the same every time, and something to learn."""

from functools import cache
from importlib import import_module

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.tree import DecisionTreeRegressor

from frugalnet import catalogue
from frugalnet.datasets.source import Arrays

SHAPES = {
    "mnist": (1797, 28, 28),
    "cifar10": (810, 32, 32, 3),
    "cifar100": (2000, 32, 32, 3),
    "sat6": (799, 28, 28, 4),
    "pneumoniamnist": (2000, 28, 28),
    "california_housing": (2010, 8),
}
CLASS_COUNTS = {
    "mnist": [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
    "cifar10": [81] * 10,
    "cifar100": [20] * 100,
    "sat6": [37, 181, 140, 124, 20, 297],
    "pneumoniamnist": [520, 1480],
}


@cache
def sample(dataset: str) -> Arrays:
    return import_module(catalogue.DATASETS[dataset].module).sample()


def test_every_dataset_of_the_catalogue_has_a_sample():
    assert set(SHAPES) == set(catalogue.DATASETS)


@pytest.mark.parametrize("dataset", SHAPES)
def test_sample_has_the_shape_and_type_of_the_real_data(dataset):
    made = sample(dataset)
    regression = dataset == "california_housing"
    assert made.x.shape == SHAPES[dataset]
    assert made.x.dtype == (np.float32 if regression else np.uint8)
    assert made.y.dtype == (np.float32 if regression else np.int64)


@pytest.mark.parametrize("dataset", SHAPES)
def test_sample_is_the_same_every_time(dataset):
    first, second = sample(dataset), sample.__wrapped__(dataset)
    assert np.array_equal(first.x, second.x)
    assert np.array_equal(first.y, second.y)


@pytest.mark.parametrize("dataset", CLASS_COUNTS)
def test_sample_has_all_classes(dataset):
    assert np.bincount(sample(dataset).y).tolist() == CLASS_COUNTS[dataset]


@pytest.mark.parametrize("dataset", CLASS_COUNTS)
def test_sample_images_use_the_range_of_bytes(dataset):
    x = sample(dataset).x
    assert x.min() < 30
    assert x.max() > 225


@pytest.mark.parametrize(("dataset", "low", "high"), [("mnist", 0.80, 0.99), ("sat6", 0.60, 0.99)])
def test_classes_of_a_sample_can_be_told_apart_but_not_trivially(dataset, low, high):
    made = sample(dataset)
    x, cut = made.x.reshape(len(made.x), -1) / 255, 3 * len(made.y) // 4
    accuracy = RidgeClassifier(alpha=100).fit(x[:cut], made.y[:cut]).score(x[cut:], made.y[cut:])
    assert low < accuracy < high


def test_cifar10_sample_is_told_by_angle_fineness_and_colour():
    made, cut = sample("cifar10"), 600
    spectrum = np.abs(np.fft.fft2(made.x.mean(axis=3)))[:, :8, :].reshape(len(made.y), -1)
    features = np.hstack([np.log1p(spectrum), made.x.mean(axis=(1, 2))])
    accuracy = RidgeClassifier(alpha=10).fit(features[:cut], made.y[:cut]).score(features[cut:], made.y[cut:])
    assert 0.7 < accuracy < 0.999


def test_cifar100_sample_is_told_by_angle_and_fineness_and_by_hue():
    made, cut = sample("cifar100"), 1500
    spectrum = np.log1p(np.abs(np.fft.fft2(made.x.mean(axis=3)))[:, :8, :].reshape(len(made.y), -1))
    grey = made.x.mean(axis=(1, 2, 3))[:, None]
    hue = made.x.mean(axis=(1, 2)) - grey
    hue = np.hstack([hue, hue**2 / 50])
    for features, y in ((spectrum, made.y % 10), (hue, made.y // 10)):
        accuracy = RidgeClassifier(alpha=10).fit(features[:cut], y[:cut]).score(features[cut:], y[cut:])
        assert 0.5 < accuracy < 0.99


def test_pneumonia_is_a_bright_cloud_in_the_lungs():
    made = sample("pneumoniamnist")
    lungs, outside = made.x[:, 8:22, 4:24].mean(axis=(1, 2)), made.x[:, :3].mean(axis=(1, 2))
    darkness = outside - lungs
    assert darkness[made.y == 0].mean() - darkness[made.y == 1].mean() > 5
    assert darkness[made.y == 0].min() < darkness[made.y == 1].max()  # one number does not tell them apart


def test_housing_sample_looks_like_california():
    made = sample("california_housing")
    latitude, longitude = made.x[:, 6], made.x[:, 7]
    assert 32.5 <= latitude.min() <= latitude.max() <= 42
    assert -124.7 <= longitude.min() <= longitude.max() <= -114
    assert made.y.min() >= 0.15
    assert made.y.max() <= 5


def test_housing_sample_can_be_learned_but_has_noise():
    made, cut = sample("california_housing"), 1500
    model = DecisionTreeRegressor(max_depth=6, random_state=0).fit(made.x[:cut], made.y[:cut])
    mae = np.abs(model.predict(made.x[cut:]) - made.y[cut:]).mean()
    constant_mae = np.abs(np.median(made.y[:cut]) - made.y[cut:]).mean()
    assert 0.25 < mae < 0.65 * constant_mae
