"""Weights that a network starts from: those of a file, and those that Keras downloads."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from frugalnet import catalogue, networks
from frugalnet.backend import keras
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import row
from frugalnet.config.starting import unfit_start
from frugalnet.config.whole import Config
from frugalnet.datasets import Part
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.methods import Job
from frugalnet.methods.baseline import network_of
from frugalnet.recipes import imagenet
from frugalnet.recipes.precision import precision
from frugalnet.recipes.resize import resized
from frugalnet.recipes.weights import file_of, read_weights, start_from
from tests.model.conftest import MadeData

FIXED = {"mean": imagenet.MEANS.tolist(), "deviation": [1.0]}


def resnet8(n_classes=10, scaling=1 / 255, **settings):
    return networks.build(
        "resnet8", keras.layers.Rescaling(scaling, name="scaling"), (32, 32, 3), "uint8", n_classes, settings
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a resnet8 with weights of its own, as two files."""
    keras.utils.set_random_seed(7)
    model, folder = resnet8(), tmp_path_factory.mktemp("weights")
    model.set_weights([np.random.default_rng(1).random(weight.shape) for weight in model.get_weights()])
    model.save(folder / "trained.keras")
    model.save_weights(folder / "trained.weights.h5")
    return model, folder


def same(one, other):
    return [np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)]


@pytest.mark.parametrize("name", ["trained.keras", "trained.weights.h5"])
def test_network_starts_from_the_weights_of_a_file(trained, name):
    model, folder = trained
    made = resnet8()
    assert not all(same(model, made))
    start_from(made, str(folder / name), "resnet8")
    assert all(same(model, made))


def test_output_layer_of_another_number_of_classes_stays_new(trained):
    model, folder = trained
    made = resnet8(n_classes=100)
    before = [weight.copy() for weight in made.layers[-1].get_weights()]
    start_from(made, str(folder / "trained.keras"), "resnet8")
    for weight, kept in zip(made.layers[-1].get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)
    np.testing.assert_array_equal(made.layers[1].get_weights(), model.layers[1].get_weights())
    np.testing.assert_array_equal(
        made.get_layer("stage3_block1_conv2").get_weights()[0], model.get_layer("stage3_block1_conv2").get_weights()[0]
    )


def test_scaling_is_that_of_the_recipe_and_not_of_the_file(trained):
    made = resnet8(scaling=0.5)
    start_from(made, str(trained[1] / "trained.keras"), "resnet8")
    assert made.get_layer("scaling").scale == 0.5


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        (
            "resnet8",
            {"width": 0.5},
            r"stem has 3x3x3x16 in it instead of 3x3x3x8; stem_norm has 16 and 16 and 16 and 16 in",
        ),
        ("resnet20", {}, r"stage1_block2_conv1 is not in it; .* and 20 more\. Expected the same layers"),
    ],
)
def test_weights_of_another_network_are_refused_with_its_layers(trained, name, settings, told):
    model = networks.build(name, keras.layers.Rescaling(1.0), (32, 32, 3), "uint8", 10, settings)
    before = model.get_weights()
    with pytest.raises(FrugalNetError, match=rf"trained\.keras: weights of another network than {name}: {told}"):
        start_from(model, str(trained[1] / "trained.keras"), name)
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("name", ["trained.keras", "trained.weights.h5"])
def test_file_of_keras_is_known_without_tensorflow(trained, name):
    def told(network, **keys):
        return unfit_start(Recipe(weights=str(trained[1] / name), **keys), "cifar100", network)

    assert told("resnet8") is None
    assert "stem has 3x3x3x16 in it instead of 3x3x3x8" in told({"name": "resnet8", "width": 0.5})
    assert "stage1_block2_conv1 is not in it" in told("resnet20")
    assert (told("resnet8", resize=40) is None) == name.endswith(".h5")  # which does not say it


def test_size_of_images_in_a_file_of_keras_is_that_behind_resizing(tmp_path):
    resize = {"to": 40, "crop": 36}
    layer = keras.layers.Rescaling(1.0, name="scaling")
    made = networks.build("resnet8", layer, (32, 32, 3), "uint8", 10, {}, partial(resized, resize=resize))
    made.save(tmp_path / "made.keras")
    for own, fits in ((resize, True), (36, True), (40, False), (None, False)):
        recipe = Recipe(weights=str(tmp_path / "made.keras"), resize=own)
        assert (unfit_start(recipe, "cifar100", "resnet8") is None) == fits, own


def test_layers_that_the_network_does_not_have_are_no_fit_either(tmp_path):
    networks.build("resnet20", keras.layers.Rescaling(1.0), (32, 32, 3), "uint8", 10).save(tmp_path / "deep.keras")
    with pytest.raises(
        FrugalNetError, match=r"than resnet8: stage\w+ is in it, but not in the network; .* and 20 more"
    ):
        start_from(resnet8(), str(tmp_path / "deep.keras"), "resnet8")


def test_weights_are_read_in_the_types_that_they_were_written_in(tmp_path):
    with precision("float16"):
        model = resnet8(width=0.1)
    model.save(tmp_path / "half.keras")
    assert read_weights(tmp_path / "half.keras")["stem"][0].dtype == np.float16
    made = resnet8(width=0.1)
    start_from(made, str(tmp_path / "half.keras"), "resnet8")
    assert all(same(made, model))
    assert made.get_weights()[0].dtype == np.float32


def test_weights_in_bfloat16_are_read(tmp_path):
    with precision("bfloat16"):
        model = resnet8(width=0.1)
    model.save(tmp_path / "half.keras")
    made = resnet8(width=0.1)
    start_from(made, str(tmp_path / "half.keras"), "resnet8")
    np.testing.assert_array_equal(made.get_weights()[0], np.asarray(model.get_weights()[0], "float32"))


@pytest.mark.parametrize("name", ["torn.keras", "torn.weights.h5"])
def test_damaged_file_is_an_error_with_its_name(tmp_path, name, trained):
    whole = (trained[1] / f"trained.{name.removeprefix('torn.')}").read_bytes()
    (tmp_path / name).write_bytes(whole[:1000])
    with pytest.raises(FrugalNetError, match=rf"{name}: torn.*; expected weights as Keras 3 writes them"):
        start_from(resnet8(), str(tmp_path / name), "resnet8")


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(
        FrugalNetError, match=r"recipe\.weights = .*none\.keras: no such file; expected one that ends in"
    ):
        file_of(str(tmp_path / "none.keras"), "resnet8")


# In a run


def job_of(weights, method="baseline", n_classes=10):
    recipe = Config().compression.recipe("cifar10").model_copy(update={"weights": weights})
    made = row(
        Config().measure,
        study="compression",
        dataset="cifar10",
        network={"name": "resnet8", "width": 1.0},
        method=method,
        recipe=recipe,
        parent=None if method == "baseline" else "cifar10/nas/default/seed0",
    )
    part = Part(np.zeros((4, 32, 32, 3), "uint8"), np.arange(4))
    data = MadeData({"train": part}, name="cifar10", task="classification", n_classes=n_classes)
    return Job(made, data, None, Ledger([]), Path())


def test_baseline_starts_from_the_weights_of_the_recipe(trained):
    assert all(same(network_of(job_of(str(trained[1] / "trained.keras"))), trained[0]))


def test_other_methods_start_from_new_weights(trained):
    job = job_of(str(trained[1] / "trained.keras"), "width_scaled")
    assert job.run.recipe.weights is None
    assert not all(same(network_of(job), trained[0]))


# Weights of Keras


def application(**arguments):
    return keras.applications.ResNet50(weights=None, include_top=False, **arguments)


@pytest.fixture(scope="module")
def of_keras():
    """Return Keras' ResNet-50 with weights, and statistics of its batch normalization, that are not the initial ones."""
    keras.utils.set_random_seed(3)
    model = application()
    generator = np.random.default_rng(3)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (generator.random(weight.shape) for weight in layer.get_weights())
            layer.set_weights([0.4 + gamma, beta, mean, 0.0005 + variance])
        elif layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, generator.random(bias.shape)])
    return model


def resnet50(scaling):
    return networks.build("resnet50", scaling, (64, 64, 3), "uint8", 10, {"stem": "imagenet"})


def fixed_scaling():
    return keras.layers.Rescaling(1.0, (-imagenet.MEANS).tolist(), name="scaling")


def test_resnet50_of_keras_is_ours_with_the_same_features(of_keras):
    model = resnet50(fixed_scaling())
    for name, weights in imagenet.resnet50(of_keras, model).items():
        model.get_layer(name).set_weights(weights)
    x = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype("uint8")
    expected = of_keras(keras.applications.resnet50.preprocess_input(x.astype("float32")), training=False).numpy()
    features = keras.Model(model.input, model.get_layer("stage4_block3_relu3").output)
    assert expected.shape == (2, 2, 2, 2048)
    np.testing.assert_allclose(features(x, training=False).numpy(), expected, rtol=1e-4, atol=1e-4 * expected.max())
    given = {layer.name for layer in model.layers if layer.weights} - {"output"}
    assert set(imagenet.resnet50(of_keras, model)) == given


def test_weights_of_keras_fit_images_that_the_recipe_scales_otherwise(of_keras):
    x = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype("uint8")
    found = []
    for scaling in (fixed_scaling(), keras.layers.Rescaling([0.1, 0.02, 1 / 255], [1.0, 2.0, -3.0], name="scaling")):
        model = resnet50(scaling)
        weights = imagenet.resnet50(of_keras, model)
        for name in ("stem", "stem_norm"):
            model.get_layer(name).set_weights(weights[name])
        found.append(keras.Model(model.input, model.get_layer("stem_norm").output)(x, training=False).numpy())
    inner = (0, slice(2, -2), slice(2, -2))  # at the borders, the zeros that are added stand for other colours
    np.testing.assert_allclose(found[1][inner], found[0][inner], rtol=1e-3, atol=1e-3)


@pytest.fixture
def cached(of_keras, tmp_path, monkeypatch):
    """Have Keras' download find a file of weights in place of the address, and return the calls."""
    of_keras.save_weights(tmp_path / "cached.weights.h5")
    asked = []

    def get_file(name, url, **arguments):
        asked.append((name, url, arguments))
        return str(tmp_path / "cached.weights.h5")

    monkeypatch.setattr(imagenet.keras.utils, "get_file", get_file)
    return asked


def test_weights_are_downloaded_by_keras_and_put_into_the_network(cached, of_keras):
    model = resnet50(fixed_scaling())
    output = model.layers[-1].get_weights()[0]
    start_from(model, "imagenet", "resnet50")
    name = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
    arguments = {"cache_subdir": "models", "file_hash": "4d473c1dd8becc155b73f8504c6f6626"}
    assert cached == [(name, f"https://storage.googleapis.com/tensorflow/keras-applications/resnet/{name}", arguments)]
    kernel = of_keras.get_layer("conv3_block1_0_conv").get_weights()[0]
    np.testing.assert_array_equal(model.get_layer("stage2_block1_shortcut").get_weights()[0], kernel)
    np.testing.assert_array_equal(model.layers[-1].get_weights()[0], output)


def test_weights_of_keras_need_three_colours(cached):
    scaling = keras.layers.Rescaling(1 / 255, name="scaling")
    model = networks.build("resnet50", scaling, (64, 64, 4), "uint8", 6, {"stem": "imagenet"})
    with pytest.raises(FrugalNetError, match="stem has 7x7x3x64 in it instead of 7x7x4x64"):
        start_from(model, "imagenet", "resnet50")


def test_address_and_checksum_are_those_of_keras():
    from keras.src.applications import resnet

    entry = catalogue.NETWORKS["resnet50"].pretrained
    assert entry.url == f"{resnet.BASE_WEIGHTS_PATH}resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert entry.md5 == resnet.WEIGHTS_HASHES["resnet50"][1]


def test_download_that_fails_is_an_error_that_says_what_to_do(monkeypatch):
    def get_file(*_, **__):
        raise Exception("URL fetch failure on https://...: None -- no route")

    monkeypatch.setattr(imagenet.keras.utils, "get_file", get_file)
    with pytest.raises(
        FrugalNetError, match=r"(?s)Keras cannot download https://.*no route.*put the file into ~/\.keras"
    ):
        file_of("imagenet", "resnet50")
