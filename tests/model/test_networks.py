"""The four networks of the main study, and those of others."""

import math

import pytest

from frugalnet import catalogue, networks
from frugalnet.backend import keras
from frugalnet.kernels import KERNELS
from frugalnet.measure.operations import macs

SAMPLES = {
    "softmax_big": ((28, 28), 10),
    "cifar_cnn": ((32, 32, 3), 10),
    "sat6_convnet": ((28, 28, 4), 6),
    "housing_mlp": ((8,), None),
    "resnet18": ((32, 32, 3), 10),
}
PARAMETERS = {
    "softmax_big": 483_482,
    "cifar_cnn": 122_570,
    "sat6_convnet": 184_454,
    "housing_mlp": 11_739,
    "resnet18": 11_173_962,
}


def built(name):
    shape, n_classes = SAMPLES[name]
    return networks.build(name, keras.layers.Rescaling(1 / 255), shape, "uint8", n_classes)


@pytest.mark.parametrize("name", PARAMETERS)
def test_network_has_exactly_its_trainable_parameters(name):
    found = sum(math.prod(variable.shape) for variable in built(name).trainable_variables)
    assert found == PARAMETERS[name] == catalogue.NETWORKS[name].parameters


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_are_known_without_the_network(name):
    layers = [layer for layer in built(name).layers if hasattr(layer, "kernel")]
    assert {layer.name: tuple(layer.kernel.shape) for layer in layers} == KERNELS[name]


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
