"""The baseline's network scaled to the size of another one by its widths alone."""

import itertools
import math

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config.whole import Config
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.measure.size import count_parameters
from frugalnet.methods import Job
from frugalnet.methods.width_scaled import width_scaled
from frugalnet.networks.widths import scaled
from frugalnet.studies.compression.sheet import run_sheet
from tests.model.test_networks import PARAMETERS, built


def shapes(model):
    return [tuple(weights.shape) for weights in model.get_weights()]


@pytest.mark.parametrize(
    ("name", "target", "tolerance"),
    [
        ("softmax_big", 100_000, 0.01),
        ("softmax_big", 600_000, 0.001),
        ("housing_mlp", 5_000, 0.03),
        ("housing_mlp", 30_000, 0.01),
        ("cifar_cnn", 60_000, 0.03),
        ("cifar_cnn", 200_000, 0.03),
        ("sat6_convnet", 60_000, 0.03),
        ("sat6_convnet", 300_000, 0.03),
        ("resnet18", 1_000_000, 0.01),
        ("resnet8", 50_000, 0.15),
        ("resnet8", 30_000, 0.15),
    ],
)
def test_network_has_nearly_the_parameters_but_never_more(name, target, tolerance):
    found = count_parameters(scaled(built(name), target))
    assert (1 - tolerance) * target <= found <= target


@pytest.mark.parametrize("name", ["softmax_big", "housing_mlp", "sat6_convnet"])
def test_network_scaled_to_its_own_size_has_the_same_shapes_and_new_weights(name):
    model = built(name)
    same = scaled(model, PARAMETERS[name])
    assert shapes(same) == shapes(model)
    assert np.abs(same.get_weights()[0] - model.get_weights()[0]).max() > 0.01
    assert [layer.name for layer in same.layers] == [layer.name for layer in model.layers]


def test_no_other_factor_comes_nearer():
    # 8-80-80-48-13-1 by every factor at which a width changes, up to 1
    sizes = set()
    for factor in {(n + 0.5) / width for width in (80, 48, 13) for n in range(width)}:
        widths = [8, *(max(1, math.floor(factor * width * (1 + 1e-12) + 0.5)) for width in (80, 80, 48, 13)), 1]
        sizes.add(sum((before + 1) * after for before, after in itertools.pairwise(widths)))
    for target in (200, 1_500, 7_777):
        assert count_parameters(scaled(built("housing_mlp"), target)) == max(size for size in sizes if size <= target)


def test_all_widths_are_scaled_by_one_factor_and_the_output_is_not():
    small = scaled(built("cifar_cnn"), 31_082)
    widths = [small.get_layer(name).filters for name in ("conv1", "conv2", "conv3")]
    assert [*widths, small.get_layer("dense1").units, small.get_layer("output").units] == [16, 32, 32, 32, 10]


def test_separable_depthwise_and_residual_layers_stay_consistent():
    layers = keras.layers
    x = inputs = keras.Input((12, 12, 3))
    x = layers.SeparableConv2D(24, 3, padding="same", name="separable")(x)
    y = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(24, 1, name="pointwise")(y))
    x = layers.GlobalAveragePooling2D()(layers.Add()([x, y]))
    model = keras.Model(inputs, layers.Dense(5, name="output")(x), name="mixed")
    # with n channels: 27 + 3n + n, 9n + n, nn + n, 2n, 5n + 5
    for target, channels in ((1_136, 24), (1_135, 23), (32 + 22 * 50 + 2_500, 50)):
        made = scaled(model, target)
        assert made.get_layer("separable").filters == made.get_layer("norm").gamma.shape[0] == channels
        assert made(np.zeros((2, 12, 12, 3))).shape == (2, 5)


def test_network_without_a_width_stays_as_it_is_or_is_too_large():
    inputs = keras.Input((4,))
    line = keras.Model(inputs, keras.layers.Dense(1, name="output")(inputs), name="line")
    assert count_parameters(scaled(line, 1_000)) == 5
    with pytest.raises(FrugalNetError, match="line cannot be scaled to 4 parameters"):
        scaled(line, 4)


def test_target_below_widths_of_one_says_what_the_least_is():
    # 785 + 2 + 20
    assert shapes(scaled(built("softmax_big"), 807))[::2] == [(784, 1), (1, 1), (1, 10)]
    text = (
        r"softmax_big cannot be scaled to 806 parameters: with the smallest widths it still has 807\. Leave the method"
    )
    with pytest.raises(FrugalNetError, match=text):
        scaled(built("softmax_big"), 806)


def test_method_trains_the_network_at_the_parents_size_for_the_epochs_of_the_recipe(digits, tmp_path):
    recipe = {"epochs": 3, "batch_size": 16}
    config = Config.model_validate({"compression": {"per_dataset": {"mnist": {"recipe": recipe}}}})
    run = next(run for run in run_sheet(config) if (run.dataset, run.method) == ("mnist", "width_scaled"))
    keras.utils.set_random_seed(0)
    x = digits.train.x
    winner = networks.build("cifar_cnn", keras.layers.Reshape((28, 28, 1)), x.shape[1:], x.dtype.name, 10)
    before = [weights.copy() for weights in winner.get_weights()]
    with Ledger([]) as ledger:
        made = width_scaled(Job(run, digits, winner, ledger, tmp_path))
    assert made.model.name == "softmax_big" and len(made.model.layers) == 6
    assert 0.99 * count_parameters(winner) <= count_parameters(made.model) <= count_parameters(winner)
    assert len(made.epochs) == 3 and made.trials == []
    assert made.model.inputs[0].dtype == "uint8"
    labels = np.asarray(made.model(digits.test.x)).argmax(axis=1)
    assert (labels == digits.test.y).mean() > 0.8
    assert all((new == old).all() for new, old in zip(winner.get_weights(), before, strict=True))
    assert [window.name for window in ledger.windows][:3] == ["run", "run/build", "run/train"]
