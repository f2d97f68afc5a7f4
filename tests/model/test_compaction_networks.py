"""Compaction of whole networks with half of their units dead: the project's, ResNet-18, MobileNetV2, what AutoKeras exports."""

import autokeras as ak
import numpy as np
import pytest

from frugalnet.backend import keras
from tests.model.compacting import compacted, samples_for
from tests.model.made_deaths import layers_of
from tests.model.test_networks import built

layers = keras.layers


def randomise_statistics(model, rng):
    """Give biases and batch normalization other values than those they start with, near enough to keep activations finite."""
    for variable in model.weights:
        spread = {"gamma": 0.2, "moving_variance": 0.2, "beta": 0.2, "moving_mean": 0.2, "bias": 0.1}.get(variable.name)
        if spread:
            variable.assign(variable.numpy() + rng.uniform(-spread, spread, variable.shape))


def kill_half(model, rng, constants):
    """Kill half of the units of all layers but the last; with `constants` they keep their biases and normalization."""
    weighted = [layer for layer in layers_of(model) if getattr(layer, "kernel", None) is not None]
    for layer in weighted[:-1]:
        half = layer.kernel.shape[-1] // 2
        if isinstance(layer, layers.DepthwiseConv2D) or not half:
            continue
        dead = rng.permutation(layer.kernel.shape[-1])[:half]
        _zero(layer.kernel, dead)
        if not constants and layer.bias is not None:
            _zero(layer.bias, dead)
        norm = _norm_after(layer)
        if not constants and norm is not None:
            _zero(norm.beta, dead)
            _zero(norm.gamma, dead)


def _zero(variable, units):
    values = variable.numpy()
    values[..., units] = 0
    variable.assign(values)


def _norm_after(layer):
    after = [node.operation for node in layer._outbound_nodes]
    return after[0] if len(after) == 1 and isinstance(after[0], layers.BatchNormalization) else None


def half_dead(model, seed, constants):
    rng = np.random.default_rng(seed)
    randomise_statistics(model, rng)
    kill_half(model, rng, constants)
    return model


@pytest.mark.parametrize("constants", [False, True])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("softmax_big", 784 * 264 + 264 + 264 * 64 + 64 + 64 * 10 + 10),
        ("housing_mlp", 8 * 40 + 40 + 40 * 40 + 40 + 40 * 24 + 24 + 24 * 7 + 7 + 7 + 1),
        ("cifar_cnn", 27 * 16 + 16 + 144 * 32 + 32 + 288 * 32 + 32 + 512 * 32 + 32 + 32 * 10 + 10),
    ],
)
def test_network_with_half_of_its_units_dead_is_the_network_of_half_the_widths(name, parameters, constants):
    keras.utils.set_random_seed(1)
    assert compacted(half_dead(built(name), 1, constants)).count_params() == parameters


def test_network_with_same_padding_loses_the_dead_and_keeps_constants_that_padding_would_change():
    keras.utils.set_random_seed(1)
    halved = 36 * 16 + 16 + 2 * (144 * 16 + 16) + 3 * 64 + 144 * 256 + 256 + 256 * 16 + 16 + 16 * 6 + 6
    assert compacted(half_dead(built("sat6_convnet"), 1, constants=False)).count_params() == halved
    assert halved < compacted(half_dead(built("sat6_convnet"), 1, constants=True)).count_params() < 184_646


@pytest.mark.parametrize("constants", [False, True])
def test_resnet18_is_the_same_function(constants):
    keras.utils.set_random_seed(1)
    model = half_dead(built("resnet18"), 1, constants)
    assert compacted(model).count_params() < 0.75 * model.count_params()


def test_resnet18_whose_stages_are_dead_together_is_half_as_wide():
    keras.utils.set_random_seed(1)
    model = built("resnet18")
    randomise_statistics(model, np.random.default_rng(1))
    for layer in layers_of(model):
        if isinstance(layer, (layers.Conv2D, layers.BatchNormalization)):
            for variable in layer.trainable_variables:
                _zero(variable, range(0, variable.shape[-1], 2))
    narrow = compacted(model)
    inner = [layer for layer in layers_of(narrow) if isinstance(layer, layers.Conv2D)]
    assert sorted(layer.filters for layer in inner) == [32] * 5 + [64] * 5 + [128] * 5 + [256] * 5
    # A quarter of each kernel but the first and the last; half of the 4,800 normalized units, with four weights each.
    assert narrow.count_params() == 27 * 32 + (11_173_962 - 27 * 64 - 9_600 - 5_130) // 4 + 9_600 + 256 * 10 + 10


@pytest.mark.parametrize(("alpha", "constants"), [(0.35, False), (0.35, True), (1.0, True)])
def test_mobilenet_v2_is_the_same_function(alpha, constants):
    keras.utils.set_random_seed(1)
    model = keras.applications.MobileNetV2((96, 96, 3), alpha=alpha, weights=None, classes=10)
    half_dead(model, 2, constants)
    samples = samples_for(model, number=2)
    assert compacted(model, samples).count_params() < 0.9 * model.count_params()


def test_what_autokeras_exports_for_images_is_the_same_function(digits, tmp_path):
    node = ak.ImageInput()
    x = ak.ConvBlock(kernel_size=3, num_blocks=2, num_layers=1, filters=16, separable=True)(ak.Normalization()(node))
    x = ak.DenseBlock(num_layers=2, num_units=16, use_batchnorm=True)(x)
    search = ak.AutoModel(node, ak.ClassificationHead(num_classes=10)(x), max_trials=1, directory=tmp_path, seed=1)
    search.fit(digits.train.x, digits.train.y, epochs=1, batch_size=32, verbose=0)
    model = half_dead(search.export_model(), 1, constants=True)
    kinds = {type(layer).__name__ for layer in model.layers}
    assert {"CastToFloat32", "ExpandLastDim", "Normalization", "SeparableConv2D", "BatchNormalization"} <= kinds
    assert compacted(model, [digits.test.x]).count_params() < 0.8 * model.count_params()
