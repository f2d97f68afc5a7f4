"""Images are resized inside of the model, behind its scaling, and all that is done with models can be done with these."""

from functools import partial

import numpy as np
import pytest

from frugalnet import catalogue, networks
from frugalnet.backend import keras, tf
from frugalnet.measure.costs import compaction
from frugalnet.measure.memory import activation_bytes
from frugalnet.measure.operations import macs
from frugalnet.measure.size import count_parameters, tflite_bytes
from frugalnet.networks.widths import scaled
from frugalnet.recipes.precision import precision
from frugalnet.recipes.resize import resized

SHAPES = {"softmax_big": (28, 28), "cifar_cnn": (32, 32, 3), "sat6_convnet": (28, 28, 4), "resnet8": (32, 32, 3)}


def built(name, resize, shape=None, **settings):
    scaling = keras.layers.Rescaling(1 / 255, name="scaling", dtype="float32")
    return networks.build(name, scaling, shape or SHAPES[name], "uint8", 10, settings, partial(resized, resize=resize))


def images_behind(resize, x):
    """Return what the network gets of images."""
    given = keras.Input(x.shape[1:])
    return np.asarray(keras.Model(given, resized(given, resize))(x))


def names(model):
    return [layer.name for layer in model.layers]


def test_image_is_interpolated_as_by_tensorflow():
    x = np.random.default_rng(0).random((2, 8, 8, 3), "float32")
    np.testing.assert_allclose(images_behind(12, x), tf.image.resize(x, (12, 12)), atol=1e-6)
    np.testing.assert_allclose(images_behind(5, x), tf.image.resize(x, (5, 5)), atol=1e-6)


def test_pixels_of_a_ramp_keep_their_places():
    ramp = np.tile(np.arange(4, dtype="float32"), (1, 4, 1))
    twice = [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]  # centres of pixels, and the edges stay
    np.testing.assert_allclose(images_behind(8, ramp)[0, 0], twice, atol=1e-6)
    np.testing.assert_allclose(images_behind({"to": 8, "crop": 4}, ramp)[0, 0], twice[2:6], atol=1e-6)


def test_colours_are_not_mixed_and_constant_images_stay():
    x = np.tile(np.array([0.2, 0.5, 1.0], "float32"), (1, 6, 6, 1))
    np.testing.assert_allclose(images_behind({"to": 11, "crop": 9}, x), np.broadcast_to(x[:, :1, :1], (1, 9, 9, 3)), atol=1e-6)  # fmt: skip


def test_images_without_an_axis_of_channels_have_none_afterwards():
    assert images_behind(40, np.zeros((2, 28, 28), "float32")).shape == (2, 40, 40)
    assert images_behind({"to": 40, "crop": 36}, np.zeros((2, 28, 28), "float32")).shape == (2, 36, 36)


def test_without_resize_the_network_is_as_it_was():
    assert names(built("resnet8", None))[:3] == ["samples", "scaling", "stem"]


def test_layers_stand_right_behind_the_scaling():
    assert names(built("resnet8", {"to": 40, "crop": 36}))[:5] == [
        "samples",
        "scaling",
        "resize",
        "resize_crop",
        "stem",
    ]
    assert "resize_crop" not in names(built("resnet8", 40))


def test_network_takes_images_of_the_data_and_does_the_work_of_the_larger_ones():
    small, large = built("resnet8", None), built("resnet8", {"to": 72, "crop": 64})
    assert large.input_shape == (None, 32, 32, 3)
    assert count_parameters(large) == count_parameters(small)
    dense = 64 * 10
    assert macs(large).dense - dense == 4 * (macs(small).dense - dense)
    assert (
        activation_bytes(large, 1) == 4 * 3 * 64 * 64 * 16
    )  # two inputs and the output of an addition in the first stage


def has_an_empty_layer(name, pixels):
    """Tell whether an image has no pixels left somewhere in the network; Keras builds it all the same."""
    try:
        return any(0 in layer.output.shape for layer in built(name, pixels).layers)
    except ValueError:
        return True


@pytest.mark.parametrize("name", SHAPES)
def test_smallest_images_of_a_network_are_known(name):
    least = catalogue.NETWORKS[name].least_pixels
    assert not has_an_empty_layer(name, least)
    assert least == 1 or has_an_empty_layer(name, least - 1)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("mixed_float16", "float32"), ("mixed_bfloat16", "float32"), ("float16", "float32"), ("float64", "float64")],
)
def test_images_are_resized_in_at_least_32_bits(policy, expected):
    with precision(policy):
        scaling = keras.layers.Rescaling(1 / 255, dtype=expected)
        resize = partial(resized, resize={"to": 40, "crop": 36})
        model = networks.build("resnet8", scaling, (32, 32, 3), "uint8", 10, {}, resize)
    assert {model.get_layer(name).compute_dtype for name in ("resize", "resize_crop")} == {expected}
    assert model.get_layer("stem").compute_dtype == policy.removeprefix("mixed_")


@pytest.mark.parametrize("name", SHAPES)
def test_model_of_a_file_predicts_the_same(name, tmp_path):
    model = built(name, {"to": 40, "crop": 36})
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).integers(0, 256, (3, *SHAPES[name]), "uint8")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))


@pytest.mark.parametrize("name", ["softmax_big", "resnet8"])
def test_model_is_converted_to_tensorflow_lite(name):
    plain, int8 = tflite_bytes(built(name, {"to": 40, "crop": 36}))[:2]
    assert plain > int8 > 0


@pytest.mark.parametrize("name", ["cifar_cnn", "resnet8"])
def test_units_can_be_taken_out_of_a_network_that_resizes(name, caplog):
    model = built(name, {"to": 40, "crop": 36})
    layer = next(layer for layer in model.layers if layer.name in ("conv2", "stage1_block1_conv1"))
    kernel = layer.get_weights()[0]
    kernel[..., :4] = 0
    layer.set_weights([kernel, *layer.get_weights()[1:]])
    small = compaction(model)
    assert count_parameters(small) < count_parameters(model)
    assert "stays as it is" not in caplog.text
    x = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "uint8")
    np.testing.assert_allclose(np.asarray(small(x)), np.asarray(model(x)), atol=1e-5)


def test_width_of_a_network_that_resizes_is_scaled():
    model = built("resnet8", {"to": 40, "crop": 36})
    narrow = scaled(model, 20_000)
    assert narrow.input_shape == (None, 32, 32, 3)
    assert narrow.get_layer("resize_crop").output.shape == (None, 36, 36, 3)
    assert count_parameters(narrow) <= 20_000
