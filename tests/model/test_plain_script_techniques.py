"""A plain script trains as the recipe of its run says: with the same weights and seed, it comes to the same losses."""

import re

import numpy as np
import pytest

from frugalnet import run
from frugalnet.backend import keras
from frugalnet.commands.script import plain_script
from frugalnet.commands.script.pieces import data as data_pieces
from frugalnet.commands.script.pieces import int8 as int8_pieces
from frugalnet.config.carbon import Carbon
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import row
from frugalnet.energy import Ledger
from frugalnet.measure import costs
from frugalnet.measure.deployed import Int8
from frugalnet.methods import baseline
from frugalnet.networks import output_layer
from frugalnet.recipes import scaling
from frugalnet.recipes.precision import precision
from frugalnet.recipes.quantization import int8_file
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train
from frugalnet.record import paths
from frugalnet.record.record import read_record
from frugalnet.record.rows import Epoch, read_csv
from tests.model.test_plain_script import CONFIG, PROBE, prepared, trained_alone
from tests.model.test_quantization import images, network
from tests.unit.test_plain_script_techniques import leave_trained

__all__ = ["images", "prepared"]

ALL_PARTS = {
    **{"epochs": 2, "batch_size": 128, "split": "60-20-20", "scaling": "robust", "precision": "mixed_bfloat16"},
    **{"augmentation": ["random", "mixup"], "schedule": {"name": "cosine", "warmup_epochs": 0.5}, "optimizer": "adamw"},
}
LOSSES = re.compile(r"\bloss: ([\d.]+).*\bval_loss: ([\d.]+)")


def tiny_network(recipe, x):
    """Return a convolutional network with new weights, built as a run builds one."""
    with precision(recipe.precision):
        given = keras.Input(x.shape[1:], dtype="uint8", name="samples")
        made = keras.layers.Conv2D(4, 3, activation="relu", name="conv1")(scaling_layer(recipe.scaling, x)(given))
        made = keras.layers.Flatten(name="flatten")(keras.layers.BatchNormalization(name="norm1")(made))
        return keras.Model(given, output_layer(4)(made), name="tiny")


@pytest.fixture
def policy():
    """Leave the types of numbers as they were."""
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize(
    "parts",
    [
        {"augmentation": ["random", "mixup", "cutmix"], "schedule": {"name": "cosine", "warmup_epochs": 0.5, "floor": 0.1},
         "precision": "mixed_float16", "optimizer": {"name": "sgd", "momentum": 0.9}, "label_smoothing": 0.1},
        {"augmentation": ["random"], "schedule": "step", "scaling": "robust", "precision": "mixed_bfloat16"},
        {"schedule": "exponential", "scaling": "min_max", "precision": "float64", "internal": "jit", "early_stopping": 1},
        {"schedule": "polynomial", "scaling": {"name": "fixed", "mean": [90, 80, 70], "deviation": 60},
         "precision": "float16", "optimizer": "sgd"},
        {"schedule": {"name": "plateau", "patience": 1}, "scaling": "none", "precision": "bfloat16", "optimizer": "sgd"},
    ],
)  # fmt: skip
def test_training_of_a_script_is_that_of_the_project(tmp_path, images, parts):
    recipe = Recipe.model_validate({"epochs": 3, "batch_size": 32, "learning_rate": 0.01, **parts})
    images.card["n_classes"] = 4
    model = tiny_network(recipe, images.train.x)
    folder = leave_trained(tmp_path, recipe, data={"n_classes": 4})
    model.save(folder / paths.MODEL)
    script: dict = {"__name__": "script"}
    exec(text := plain_script("cifar10/baseline", tmp_path), script)
    own = script["build_network"](images.train.x)
    types = [(layer.name, layer.compute_dtype, layer.variable_dtype) for layer in own.layers]
    assert types == [(layer.name, layer.compute_dtype, layer.variable_dtype) for layer in model.layers][1:]
    own.set_weights(model.get_weights())

    keras.utils.set_random_seed(1)
    with Ledger([]) as ledger:
        rows = train(model, images, recipe, recipe.epochs, ledger)
    keras.utils.set_random_seed(1)
    logs = []
    kept = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, found: logs.append(dict(found)))
    loss = "categorical_crossentropy" if '"categorical_crossentropy")' in text else script["LOSS"]
    training, validation = ((part.x, part.y) for part in (images.train, images.validation))
    script["train"](own, training, validation, script["EPOCHS"], loss, [kept])

    assert len(logs) == len(rows) > 1
    assert [log["loss"] for log in logs] == pytest.approx([epoch.loss for epoch in rows], rel=1e-5)
    assert [log["val_loss"] for log in logs] == pytest.approx([epoch.validation_loss for epoch in rows], rel=1e-5)
    assert [log["accuracy"] for log in logs] == pytest.approx([epoch.quality for epoch in rows], rel=1e-5)


@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize("name", ["standard", "robust", "min_max"])
def test_scaling_of_a_script_is_that_of_the_project(kind, name):
    x = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3)).astype(kind)
    x[..., 2] = 7
    for own, theirs in zip(getattr(data_pieces, f"{name}_scaling")(x), getattr(scaling, name)(x), strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-12)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, prepared):
    """Return a folder of results with a run that has many parts, and the weights that it began with."""
    folder = tmp_path_factory.mktemp("results")
    recipe = Recipe.model_validate(ALL_PARTS)
    names = {"study": "techniques", "dataset": "mnist", "network": "softmax_big", "method": "baseline"}
    first = []

    def noting(model, *others):
        first.extend(model.get_weights())
        return train(model, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.backend, "configure", lambda threads, seed: keras.utils.set_random_seed(seed))
        patch.setattr(costs, "tflite_bytes", lambda model: (None, None))
        patch.setattr(baseline, "train", noting)
        made = row(CONFIG.measure, recipe=recipe, **names)
        run.execute(made, run.Inputs(prepared["mnist"]), PROBE, Carbon(), folder / "techniques")
    return folder, first


def test_script_of_a_recipe_with_many_parts_comes_to_what_the_run_came_to(tmp_path, prepared, finished):
    results, first = finished
    raw = results / "techniques" / paths.RAW / "mnist" / "baseline" / "default" / "seed0"
    rec, epochs = read_record(raw / paths.RECORD), read_csv(raw / paths.EPOCHS, Epoch)
    x, y = (np.load(prepared["mnist"] / f"{name}.npy") for name in "xy")
    np.savez(tmp_path / "data.npz", x_train=x[:1500], y_train=y[:1500], x_test=x[1500:], y_test=y[1500:])
    np.savez(tmp_path / "first.npz", *first)
    text = plain_script("techniques/mnist/baseline", results)
    begun = "\n    network.set_weights(list(np.load('first.npz').values()))\n    train("
    quality, left, total, told = trained_alone(text.replace("\n    train(", begun), tmp_path)
    assert (left, total) == (rec.model.parameters_nonzero, rec.model.parameters)
    losses = np.array(LOSSES.findall(told), float)
    assert losses[:, 0] == pytest.approx(epochs["loss"], rel=1e-3)
    assert losses[:, 1] == pytest.approx(epochs["validation_loss"], rel=1e-3)
    assert quality == pytest.approx(rec.quality["test_accuracy"], abs=0.003)


def test_rounded_network_predicts_as_the_int8_file_of_the_project(images, monkeypatch):
    monkeypatch.setattr(int8_pieces, "CLASSES", 4)
    monkeypatch.setattr(int8_pieces, "BATCH_SIZE", 24)
    model = network()
    with Ledger([]) as ledger:
        train(model, images, Recipe(epochs=8, batch_size=16, learning_rate=0.01), 8, ledger)
    own, theirs = int8_pieces.int8_file(model, images.train.x), int8_file(model, images, model)
    assert len(own) == pytest.approx(len(theirs), rel=0.1)
    predicted = [Int8(content, 1).predict(images.test.x) for content in (own, theirs)]
    np.testing.assert_allclose(*predicted, atol=0.05)
    right = (predicted[0].argmax(axis=1) == images.test.y).mean()
    assert int8_pieces.int8_quality(own, images.test.x, images.test.y) == pytest.approx(right) and right > 0.5
