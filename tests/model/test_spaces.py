"""What a search chooses from: the baseline is in every space, and every network of a space can be compacted and counted."""

import itertools

import keras_tuner
import numpy as np
import pytest

from frugalnet import catalogue, networks
from frugalnet.backend import keras
from frugalnet.measure.operations import macs
from frugalnet.pruning import compact
from frugalnet.search import spaces
from tests.model.test_networks import SAMPLES

layers = keras.layers

ALL = list(catalogue.SPACES)
IMAGES = ["cifar10_wide", "sat6_wide"]
WIDE = ["mnist_wide", "california_housing_wide", *IMAGES]
SCALING = layers.Rescaling(1 / 255, name="scaling")


def network_of(space):
    return catalogue.DATASETS[space.rpartition("_")[0]].network


def built(space, hp):
    shape, n_classes = SAMPLES[network_of(space)]
    return spaces.build(space, hp, SCALING, shape, "uint8", n_classes)


def declared(space):
    """Return the hyperparameters that a space has after one build."""
    hp = keras_tuner.HyperParameters()
    built(space, hp)
    return hp


def drawn(known, seed):
    """Return random values for the hyperparameters that are active, as KerasTuner's random search draws them."""
    hp = keras_tuner.HyperParameters()
    for place, one in enumerate(known.space):
        hp.merge([one])
        if hp.is_active(one):
            hp.values[one.name] = one.random_sample(1000 * seed + place)
    return hp


def chosen(**values):
    hp = keras_tuner.HyperParameters()
    hp.values = {name.replace("__", "/"): value for name, value in values.items()}
    return hp


def layer_names(model):
    return [layer.name for layer in model.layers]


@pytest.fixture(scope="module")
def samples():
    """Return 15 networks of each wide space, with what they were drawn from."""
    drawings = {}
    for space in WIDE:
        keras.utils.set_random_seed(0)
        known = declared(space)
        drawings[space] = [(hp, built(space, hp)) for hp in (drawn(known, seed) for seed in range(15))]
    return drawings


# The baseline is inside


@pytest.mark.parametrize("space", ALL)
def test_defaults_are_the_network_of_the_dataset(space):
    shape, n_classes = SAMPLES[network_of(space)]
    baseline = networks.build(network_of(space), SCALING, shape, "uint8", n_classes)
    model = built(space, keras_tuner.HyperParameters())
    assert [layer.get_config() for layer in model.layers] == [layer.get_config() for layer in baseline.layers]
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in baseline.layers]
    assert [weight.shape for weight in model.weights] == [weight.shape for weight in baseline.weights]


@pytest.mark.parametrize("space", [name for name in ALL if name.endswith("_small")])
def test_small_space_is_about_as_large_as_the_baseline_and_reaches_a_tenth_of_it(space):
    known = declared(space)
    baseline = catalogue.NETWORKS[network_of(space)].parameters
    ends = []
    for end in (min, max):
        hp = keras_tuner.HyperParameters()
        hp.values = {
            one.name: one.default if one.name in ("blocks", "dense_layers") else end(one.values) for one in known.space
        }
        ends.append(built(space, hp).count_params() / baseline)
    assert ends[0] < 0.1
    assert 1 <= ends[1] < 2.1


# What a tuner is told


@pytest.mark.parametrize("space", ALL)
def test_one_build_declares_all_hyperparameters(space):
    known = declared(space)
    for seed in range(3):
        hp = drawn(known, seed)
        built(space, hp)
        assert [one.name for one in hp.space] == [one.name for one in known.space]


def test_layer_that_is_not_there_has_no_units():
    hp = chosen(dense_layers=1)
    model = built("mnist_small", hp)
    assert set(hp.values) == {"dense_layers", "dense1/units"}
    assert layer_names(model) == ["samples", "scaling", "flatten", "dense1", "output"]


def test_block_that_is_not_there_has_no_kind_and_a_residual_one_no_number_of_convolutions():
    hp = chosen(blocks=2, block1__kind="residual")
    built("cifar10_wide", hp)
    assert {name for name in hp.values if name.startswith("block")} == {
        *("blocks", "block1/kind", "block1/filters", "block1/kernel"),
        *("block2/kind", "block2/filters", "block2/kernel", "block2/convolutions", "block2/padding"),
    }


def test_network_without_dense_layers_has_no_rate_of_dropout_for_them():
    hp = chosen(dense_layers=0, pooling="average")
    model = built("cifar10_wide", hp)
    assert not [name for name in hp.values if name.startswith("dense") and name != "dense_layers"]
    assert layer_names(model)[-2:] == ["average", "output"]


def test_scaling_layer_does_not_keep_the_networks_of_all_trials():
    scaling = layers.Rescaling(1 / 255)
    spaces.build("mnist_small", keras_tuner.HyperParameters(), scaling, (28, 28), "uint8", 10)
    assert scaling._outbound_nodes == []


# Networks


@pytest.mark.parametrize("space", WIDE)
def test_every_network_gives_finite_outputs_of_the_right_shape(space, samples):
    shape, n_classes = SAMPLES[network_of(space)]
    x = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype("uint8")
    for hp, model in samples[space]:
        y = np.asarray(model(x))
        assert y.shape == (2, n_classes or 1), hp.values
        assert np.isfinite(y).all(), hp.values


@pytest.mark.parametrize("space", WIDE)
def test_operations_of_every_network_are_known(space, samples):
    assert all(macs(model).dense for _, model in samples[space])


@pytest.mark.parametrize("space", WIDE)
def test_networks_can_be_compacted_and_leave_no_layer_as_unknown(space, samples, caplog):
    shape, _ = SAMPLES[network_of(space)]
    x = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype("uint8")
    smallest = sorted((model for _, model in samples[space]), key=lambda model: model.count_params())[:4]
    for model in smallest:
        np.testing.assert_allclose(np.asarray(compact(model)(x)), np.asarray(model(x)), atol=1e-4)
    assert not caplog.records


@pytest.mark.parametrize("space", WIDE)
def test_other_values_are_another_network(space, samples):
    values = {str(sorted(hp.values.items())) for hp, _ in samples[space]}
    assert len({str(model.get_config()["layers"]) for _, model in samples[space]}) == len(values) > 10


@pytest.mark.parametrize("space", IMAGES)
def test_wide_space_of_images_has_what_the_study_varies(space, samples):
    models = [model for _, model in samples[space]]
    kinds = [{type(layer) for layer in model.layers} for model in models]
    for kind in (
        *(layers.SeparableConv2D, layers.Conv2D, layers.Add, layers.Dropout, layers.BatchNormalization),
        *(layers.Flatten, layers.GlobalAveragePooling2D, layers.MaxPooling2D),
    ):
        assert any(kind in found for found in kinds), kind
    kernels = {getattr(layer, "kernel_size", None) for model in models for layer in model.layers}
    assert {(3, 3), (5, 5)} <= kernels
    assert {sum(name.startswith("dense") and "_" not in name for name in layer_names(m)) for m in models} == {0, 1, 2}


@pytest.mark.parametrize("space", ["mnist_wide", "california_housing_wide"])
def test_wide_space_of_dense_layers_has_what_the_study_varies(space, samples):
    kinds = [{type(layer) for layer in model.layers} for _, model in samples[space]]
    for kind in (layers.Dropout, layers.BatchNormalization):
        assert 0 < sum(kind in found for found in kinds) < len(kinds), kind


def test_residual_block_has_a_shortcut_of_its_input_where_the_channels_are_the_same():
    values = {
        f"block{block}__{key}": value for block in (1, 2) for key, value in (("kind", "residual"), ("filters", 16))
    }
    model = built("cifar10_wide", chosen(blocks=2, **values))
    assert model.get_layer("shortcut1").kernel_size == (1, 1)
    assert "shortcut2" not in layer_names(model)
    assert layer_names(model).count("add2") == 1


@pytest.mark.parametrize("space", ["cifar10_small", "cifar10_wide", "sat6_wide"])
def test_image_never_shrinks_to_nothing_and_ends_at_4x4_or_less(space):
    for blocks, kernel in itertools.product((1, 4), (3, 5)):
        settings = {"kernel": kernel, "convolutions": 2, "padding": "valid"}
        values = {f"block{n}__{key}": value for n in range(1, blocks + 1) for key, value in settings.items()}
        flat = built(space, chosen(blocks=blocks, **values)).get_layer("flatten")
        assert 1 <= min(flat.input.shape[1:3]) <= max(flat.input.shape[1:3]) <= 4
