"""Training images are changed at random: as the recipe says, the same way for the same seed, and wherever it is done."""

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras, tf
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Part
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.batches import batches, better_in_step, changed
from frugalnet.recipes.fit import Fit
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train

from .conftest import MadeData

PLAIN = {"name": "random", "crop": 0, "flip": False, "colour": 0, "erasing": 0}


def images(shape=(8, 8, 3), count=240):
    """Return made images whose class, of two, is whether they are bright."""
    draw, y = np.random.default_rng(0), np.arange(count) % 2
    x = (draw.integers(20, 70, (count, *shape)) + 150 * y.reshape(-1, *[1] * len(shape))).astype("uint8")
    parts = {
        "train": Part(x[:160], y[:160]),
        "validation": Part(x[160:200], y[160:200]),
        "test": Part(x[200:], y[200:]),
    }
    return MadeData(parts, name="cifar10", task="classification", n_classes=2)


def changes(augmentation, data):
    keras.utils.set_random_seed(0)
    return Fit(None, data, Recipe(augmentation=augmentation), 1, data.train.y, False)


def once(augmentation, data, seed=1, count=160):
    """Return the first images after the augmentations, and their targets."""
    fit = changes(augmentation, data)
    x, y = changed(tf.constant(data.train.x[:count]), tf.constant(fit.targets[:count]), seed, fit.change_batch)
    return x.numpy(), y.numpy()


def trained(augmentation, data, epochs=2, seed=0, **recipe):
    keras.utils.set_random_seed(seed)
    recipe = Recipe(augmentation=augmentation, batch_size=32, **recipe)
    x = data.train.x
    model = networks.build("softmax_big", scaling_layer("unit", x), x.shape[1:], "uint8", data.n_classes)
    with Ledger([]) as ledger:
        rows = train(model, data, recipe, epochs, ledger)
    return np.concatenate([weight.ravel() for weight in model.get_weights()]), rows


@pytest.mark.parametrize("shape", [(8, 8), (8, 6, 1), (8, 6, 3), (8, 8, 4)])
@pytest.mark.parametrize("augmentation", ["random", "mixup", "cutmix", ["cutmix", "random", "mixup"]])
def test_images_of_bytes_stay_images_of_bytes(augmentation, shape):
    data = images(shape)
    x, y = once(augmentation, data)
    assert (x.dtype, x.shape, len(y)) == ("uint8", (160, *shape), 160)
    assert (x != data.train.x).any()


def test_augmentation_of_rows_of_numbers_is_refused(houses):
    with pytest.raises(
        FrugalNetError, match=r"recipe.augmentation = random.*california_housing are float32.*expected images"
    ):
        changes("random", houses)


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_classes_that_do_not_exist_cannot_be_mixed(name):
    data = images()
    data.card["n_classes"] = None
    with pytest.raises(FrugalNetError, match=f"{name} mixes the classes of two samples; cifar10 has none"):
        changes(name, data)


def test_crop_takes_each_image_from_its_own_place_with_zeros_around():
    x, _ = once(PLAIN | {"crop": 2}, images())
    before = images().train.x
    around = np.pad(before, [(0, 0), (2, 2), (2, 2), (0, 0)])
    places = [
        [(i, j) for i in range(5) for j in range(5) if (around[k, i : i + 8, j : j + 8] == x[k]).all()]
        for k in range(160)
    ]
    assert all(len(found) == 1 for found in places)
    assert len({found[0] for found in places}) == 25


def test_half_of_the_images_are_mirrored_left_to_right():
    x, _ = once(PLAIN | {"flip": True}, images())
    before = images().train.x
    mirrored = (x == before[:, :, ::-1]).all((1, 2, 3))
    assert (x[~mirrored] == before[~mirrored]).all()
    assert 60 < mirrored.sum() < 100


def test_jitter_changes_colours_by_at_most_its_strength():
    x, _ = once(PLAIN | {"colour": 0.1}, images())
    shift = x.mean((1, 2, 3)) - images().train.x.mean((1, 2, 3))
    assert -27 < shift.min() < -15
    assert 15 < shift.max() < 27


@pytest.mark.parametrize(("channels", "kept"), [(1, True), (3, False), (4, True)])
def test_saturation_changes_where_images_have_three_channels(channels, kept):
    grey_level = images((8, 8, channels))
    x, _ = once(PLAIN | {"colour": 0.5}, grey_level)
    before = grey_level.train.x.astype(float)
    inner = (x > 0).all((1, 2, 3)) & (x < 255).all((1, 2, 3))
    spread = x[inner].std((1, 2, 3)) / before[inner].std((1, 2, 3))  # contrast and brightness are linear
    line = (x[inner] - x[inner].mean((1, 2, 3), keepdims=True)) / spread[:, None, None, None]
    error = np.abs(line - before[inner] + before[inner].mean((1, 2, 3), keepdims=True)).max()
    assert (error < 2) == kept


def test_grey_stays_grey_when_saturation_changes():
    data = images()
    data.train.x[:] = data.train.x[..., :1]
    x, _ = once(PLAIN | {"colour": 0.3}, data)
    assert (x[..., 0] == x[..., 1]).all()
    assert (x[..., 0] == x[..., 2]).all()


@pytest.mark.parametrize(("share", "low", "high"), [(0.25, 25, 55), (1.0, 160, 160)])
def test_share_of_the_images_has_an_erased_rectangle(share, low, high):
    x, _ = once(PLAIN | {"erasing": share}, images((32, 32, 3)))
    assert low <= (x == 0).all(-1).any((1, 2)).sum() <= high


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
@pytest.mark.parametrize("alpha", [0.001, 0.2, 1])
def test_mixed_classes_sum_to_one(name, alpha):
    _, y = once({"name": name, "alpha": alpha}, images())
    assert y.shape == (160, 2)
    assert y.sum(axis=1) == pytest.approx(1, abs=1e-6)


def test_mixup_mixes_classes_as_it_mixes_images():
    data = images()
    data.train.x[:] = 200 * data.train.y[:, None, None, None]
    x, y = once({"name": "mixup", "alpha": 1}, data)
    assert x[:, 0, 0, 0] == pytest.approx(200 * y[:, 1], abs=0.51)
    assert len(np.unique(y[:, 1].round(3))) > 40


def test_cutmix_mixes_classes_by_area():
    data = images((32, 32, 3))
    data.train.x[:] = 200 * data.train.y[:, None, None, None]
    x, y = once("cutmix", data)
    assert set(np.unique(x)) == {0, 200}
    assert x.mean((1, 2, 3)) / 200 == pytest.approx(y[:, 1], abs=0.07)


def test_augmentations_are_done_in_the_given_order():
    data = images()
    data.train.x[:] = 100
    first, _ = once([PLAIN | {"erasing": 1}, "mixup"], data)
    last, _ = once(["mixup", PLAIN | {"erasing": 1}], data)
    assert set(np.unique(last)) == {0, 100}
    assert len(np.unique(first)) > 10


def test_each_batch_of_each_epoch_has_seeds_of_its_own():
    keras.utils.set_random_seed(0)
    made = batches(np.zeros((8, 1), "int64"), np.arange(8), 2, [lambda x, y, seeds: (x + seeds.next()[0], y)])
    assert len({int(x[0, 0]) for _ in range(2) for x, _ in made}) == 8


def test_seeds_within_a_batch_differ():
    x, _ = changed(tf.zeros((2,), tf.int64), 0, 5, [lambda x, y, seeds: (seeds.next() * 100 + seeds.next(), y)])
    assert x.numpy().tolist() == [505, 102]


def test_batches_are_the_same_however_many_are_changed_at_once(monkeypatch):
    data, found = images(), []
    for parallel in (1, 8, 8):
        monkeypatch.setattr(tf.data, "AUTOTUNE", parallel)
        made = batches(data.train.x, data.train.y, 8, changes("random", data).change_batch)
        found.append([x.numpy() for _ in range(2) for x, _ in made])
    assert len(found[0]) == 40
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_same_seed_gives_the_same_weights_whatever_the_steps_per_execution():
    data = images()
    first, _ = trained(["random", "mixup"], data, seed=3, steps_per_execution=1)
    second, _ = trained(["random", "mixup"], data, seed=3, steps_per_execution=8)
    other, _ = trained(["random", "mixup"], data, seed=4)
    assert np.abs(first - second).max() < 1e-5
    assert np.abs(first - other).max() > 1e-2


def test_training_step_changes_the_same_batches_in_the_same_way(monkeypatch):
    data = images()
    before, _ = trained(["random", "cutmix"], data)
    monkeypatch.setattr("frugalnet.recipes.batches.on_gpu", lambda: True)
    in_step, _ = trained(["random", "cutmix"], data)
    assert np.abs(before - in_step).max() < 1e-5


def test_training_step_is_as_before_after_the_training(monkeypatch):
    monkeypatch.setattr("frugalnet.recipes.batches.on_gpu", lambda: True)
    data = images()
    model = networks.build("softmax_big", scaling_layer("unit", data.train.x), (8, 8, 3), "uint8", 2)
    with Ledger([]) as ledger:
        train(model, data, Recipe(augmentation="mixup", batch_size=32), 1, ledger)
    assert "train_step" not in vars(model)
    model.fit(data.train.x, data.train.y, verbose=0)


def test_validation_data_stay_as_they_are():
    data = images()
    data.train.x[:] = 0
    data.validation.x[:] = 200
    seen = []
    fit = changes("random", data)
    network = keras.Sequential(
        [keras.Input((8, 8, 3), dtype="uint8"), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    )
    network.add(keras.layers.Dense(2, "softmax", kernel_initializer="zeros"))
    network.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", run_eagerly=True)
    plain = network.test_step
    network.test_step = lambda batch: seen.append(batch[0].numpy()) or plain(batch)
    network.fit(
        batches(data.train.x, fit.targets, 32, fit.change_batch),
        validation_data=(data.validation.x, data.validation.y),
        verbose=0,
    )
    assert (np.concatenate(seen) == 200).all()


@pytest.mark.parametrize("in_step", [False, True])
def test_training_with_several_augmentations_learns(in_step, monkeypatch):
    monkeypatch.setattr("frugalnet.recipes.batches.on_gpu", lambda: in_step)
    _, rows = trained([{"name": "random", "crop": 1}, "mixup", "cutmix"], images((8, 8)), epochs=8, learning_rate=0.003)
    assert rows[-1].loss < rows[0].loss
    assert rows[-1].validation_quality > 0.9


@pytest.mark.parametrize(("gpu", "jit", "devices", "better"), [(1, 0, 1, 1), (0, 0, 1, 0), (1, 1, 1, 0), (1, 0, 2, 0)])
def test_training_step_changes_batches_on_a_single_gpu_without_xla(gpu, jit, devices, better, monkeypatch):
    monkeypatch.setattr("frugalnet.recipes.batches.on_gpu", lambda: bool(gpu))
    fit = changes("random", images())
    fit.jit, fit.recipe = bool(jit), Recipe(devices=devices)
    assert better_in_step(fit) == bool(better)
