"""The four networks of the main study, and those of others."""

import hashlib
import math

import numpy as np
import pytest

from frugalnet import catalogue, networks
from frugalnet.backend import keras
from frugalnet.kernels import KERNELS, kernels_of, trained_layers
from frugalnet.measure.operations import macs

SAMPLES = {
    "softmax_big": ((28, 28), 10),
    "cifar_cnn": ((32, 32, 3), 10),
    "sat6_convnet": ((28, 28, 4), 6),
    "housing_mlp": ((8,), None),
    "resnet18": ((32, 32, 3), 10),
    "resnet50": ((32, 32, 3), 10),
    "resnet8": ((32, 32, 3), 10),
    "resnet20": ((32, 32, 3), 10),
}
PARAMETERS = {
    "softmax_big": 483_482,
    "cifar_cnn": 122_570,
    "sat6_convnet": 184_454,
    "housing_mlp": 11_739,
    "resnet18": 11_173_962,
    "resnet50": 23_520_842,
    "resnet8": 75_290,
    "resnet20": 269_722,
}


def built(name, **settings):
    shape, n_classes = SAMPLES[name]
    return networks.build(name, keras.layers.Rescaling(1 / 255), shape, "uint8", n_classes, settings)


def parameters(model):
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def test_every_network_of_the_catalogue_is_tested():
    assert set(SAMPLES) == set(PARAMETERS) == set(catalogue.NETWORKS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_network_has_exactly_its_trainable_parameters(name):
    assert parameters(built(name)) == PARAMETERS[name] == catalogue.NETWORKS[name].parameters


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_are_known_without_the_network(name):
    layers = [layer for layer in built(name).layers if hasattr(layer, "kernel")]
    assert {layer.name: tuple(layer.kernel.shape) for layer in layers} == KERNELS[name]


@pytest.mark.parametrize(
    ("name", "settings"),
    [("resnet8", {"width": 0.1}), ("resnet20", {"width": 1.53}), ("resnet18", {"stem": "imagenet"}), ("resnet50", {"stem": "imagenet", "width": 0.02})],
)  # fmt: skip
def test_kernels_of_a_network_with_settings_are_known_without_it(name, settings):
    layers = [layer for layer in built(name, **settings).layers if hasattr(layer, "kernel")]
    assert {layer.name: tuple(layer.kernel.shape) for layer in layers} == kernels_of(name, **settings)


@pytest.mark.parametrize("name", PARAMETERS)
def test_trained_layers_are_known_without_the_network(name):
    assert sorted(layer.name for layer in built(name).layers if layer.trainable_variables) == sorted(
        trained_layers(name)
    )


@pytest.mark.parametrize("name", PARAMETERS)
def test_no_pointwise_convolution_has_strides_whose_gradient_corrupts_memory(name):
    convolutions = [layer for layer in built(name).layers if isinstance(layer, keras.layers.Conv2D)]
    assert not [layer.name for layer in convolutions if layer.kernel_size == (1, 1) and layer.strides != (1, 1)]


@pytest.mark.parametrize("name", ["softmax_big", "cifar_cnn", "sat6_convnet", "resnet18"])
def test_classifier_gives_probabilities_for_unscaled_bytes(name):
    shape, n_classes = SAMPLES[name]
    probabilities = built(name)(keras.ops.full((2, *shape), 200, dtype="uint8"))
    assert probabilities.shape == (2, n_classes)
    assert keras.ops.sum(probabilities, axis=1).numpy() == pytest.approx([1, 1], abs=1e-5)


def test_regression_gives_one_number_of_any_size():
    output = built("housing_mlp").layers[-1]
    assert output.units == 1
    assert output.activation.__name__ == "linear"


def test_operations_of_resnet18_are_those_of_its_stages():
    stages = sum(
        9 * 64 * 64 * size**2 * 4 * (width // 64) ** 2 for size, width in ((32, 64), (16, 128), (8, 256), (4, 512))
    )
    halved = sum(
        9 * width**2 // 2 * size**2 for size, width in ((16, 128), (8, 256), (4, 512))
    )  # first of a stage: half the inputs
    shortcuts = sum(width**2 // 2 * size**2 for size, width in ((16, 128), (8, 256), (4, 512)))
    assert macs(built("resnet18")).dense == 9 * 3 * 64 * 32**2 + stages - halved + shortcuts + 512 * 10


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("resnet8", {"width": 0.25}, 5_006),
        ("resnet20", {"width": 0.25}, 17_326),
        ("resnet20", {"width": 2}, 1_073_962),
        ("resnet18", {"width": 0.25}, 701_466),
        ("resnet18", {"stem": "imagenet"}, 11_173_962 + (7 * 7 - 3 * 3) * 3 * 64),
        ("resnet18", {"stem": "imagenet", "width": 0.25}, 701_466 + (7 * 7 - 3 * 3) * 3 * 16),
        ("resnet50", {"width": 0.25}, 1_484_186),
        ("resnet50", {"stem": "imagenet"}, 23_520_842 + (7 * 7 - 3 * 3) * 3 * 64),
    ],
)
def test_network_with_settings_has_exactly_its_trainable_parameters(name, settings, expected):
    assert parameters(built(name, **settings)) == expected


def test_width_rounds_the_filters_of_the_first_stage_and_each_further_stage_doubles_them():
    def filters(width):
        model = built("resnet8", width=width)
        return [model.get_layer(f"stage{stage}_block1_conv2").filters for stage in (1, 2, 3)]

    assert filters(0.3) == [5, 10, 20]  # 4.8
    assert filters(0.01) == [1, 2, 4]


def test_layers_of_resnet18_and_the_order_of_its_weights_stay():
    model = built("resnet18")
    names = [weight.path for weight in model.weights]
    assert names[:5] == [
        "stem/kernel",
        *(f"stem_norm/{name}" for name in ("gamma", "beta", "moving_mean", "moving_variance")),
    ]
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    assert (len(names), digest[:16]) == (102, "6eb2e4292e77b4e1")


def test_stem_of_imagenet_leaves_a_sixteenth_of_the_pixels():
    shape, scaling = (64, 64, 3), keras.layers.Rescaling(1 / 255)
    small, imagenet = (
        networks.build("resnet18", scaling, shape, "uint8", 10, {"stem": stem, "width": 0.1})
        for stem in ("small", "imagenet")
    )
    assert small.get_layer("stage1_block1_conv1").output.shape == (None, 64, 64, 6)
    assert imagenet.get_layer("stage1_block1_conv1").output.shape == (None, 16, 16, 6)


def test_shortcuts_of_resnet8_have_no_parameters_and_pad_with_zeros():
    model = built("resnet8", width=0.25)
    shortcut = keras.Model(model.input, model.get_layer("stage2_block1_shortcut").output)
    before = keras.Model(model.input, model.get_layer("stage1_block1_relu2").output)
    x = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype("uint8")
    assert not shortcut.get_layer("stage2_block1_shortcut").weights
    np.testing.assert_array_equal(shortcut(x)[..., :4], before(x)[:, ::2, ::2])
    assert not np.any(shortcut(x)[..., 4:])
