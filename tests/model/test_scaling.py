"""The first layer of a network scales samples, as fitted on the training part, and stays in the saved model."""

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.recipes.scaling import scaling_layer

ROWS = np.array([[1.0, 10, 7], [2, 20, 7], [3, 40, 7], [4, 80, 7], [100, 160, 7]], "float32")
BYTES = np.array([[[0, 5], [10, 5]], [[20, 5], [30, 5]], [[40, 5], [255, 5]]], "uint8")
FIXED = {"name": "fixed", "mean": [10.0], "deviation": [5.0]}
EVERY = ["none", "unit", "standard", "robust", "min_max", FIXED]


def scaled(scaling, x):
    return np.asarray(scaling_layer(scaling, x)(x))


def test_none_leaves_samples_as_they_are():
    assert scaled("none", ROWS).tolist() == ROWS.tolist()


def test_robust_gives_median_0_and_interquartile_range_1():
    found = scaled("robust", ROWS)
    assert found[:, 0].tolist() == [-1, -0.5, 0, 0.5, 48.5]
    assert np.percentile(found[:, 1], [25, 50, 75]).tolist() == pytest.approx([-1 / 3, 0, 2 / 3])


def test_min_max_gives_the_range_0_to_1():
    found = scaled("min_max", ROWS)
    assert found[:, 1] == pytest.approx([0, 10 / 150, 30 / 150, 70 / 150, 1])


def test_fixed_subtracts_a_mean_and_divides_by_a_deviation_one_for_all_features_or_one_for_each():
    assert scaled(FIXED, ROWS)[0] == pytest.approx([-1.8, 0, -0.6])
    each = {"name": "fixed", "mean": [1.0, 0.0, 7.0], "deviation": [2.0, 10.0, 1.0]}
    assert scaled(each, ROWS)[4] == pytest.approx([49.5, 16, 0])


@pytest.mark.parametrize("scaling", EVERY, ids=str)
@pytest.mark.parametrize("x", [ROWS, BYTES, BYTES.astype("int64")], ids=["float32", "uint8", "int64"])
def test_feature_that_is_constant_stays_finite(scaling, x):
    assert np.isfinite(scaled(scaling, x)).all()


@pytest.mark.parametrize("scaling", ["robust", "min_max", "standard"])
def test_bytes_are_scaled_as_the_same_numbers_of_another_type(scaling):
    x = np.random.RandomState(0).randint(3, 200, (50, 4, 3)).astype("uint8")
    assert scaled(scaling, x) == pytest.approx(scaled(scaling, x.astype("int64")))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 7, 1001])
def test_quartiles_of_bytes_are_those_of_numpy(number):
    x = np.random.RandomState(number).randint(0, 256, (number, 2)).astype("uint8")
    first, median, third = np.percentile(x, [25, 50, 75], axis=0)
    spread = np.where(third == first, 1, third - first)
    layer = scaling_layer("robust", x)
    assert layer.scale == pytest.approx(1 / spread)
    assert layer.offset == pytest.approx(-median / spread)


@pytest.mark.parametrize("scaling", EVERY, ids=str)
def test_scaling_is_the_first_layer_of_the_saved_model(scaling, tmp_path):
    model = networks.build("housing_mlp", scaling_layer(scaling, ROWS), (3,), "float32", None)
    model.save(tmp_path / "model.keras")
    found = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert [layer.name for layer in found.layers[:2]] == ["samples", "scaling"]
    assert np.asarray(found.layers[1](ROWS)).tolist() == scaled(scaling, ROWS).tolist()
