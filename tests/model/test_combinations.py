"""Every pair of levels of a recipe trains, diverges, is resolved, or is refused with its reason; nothing crashes.

A few combined recipes have all pairs that a run can have: where one of them fails, its name says which levels it has.
"""

import math
import typing
from functools import partial

import numpy as np
import pytest

from frugalnet import catalogue, networks
from frugalnet.backend import keras
from frugalnet.catalogue import Network
from frugalnet.config import combinations
from frugalnet.config.measure import Measure
from frugalnet.config.recipe import Precision, Recipe, Split
from frugalnet.config.run import row
from frugalnet.config.section import WrongValueError
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import DivergedError
from frugalnet.measure.costs import compaction
from frugalnet.measure.deployed import deployed
from frugalnet.measure.reference import copied
from frugalnet.methods import Job
from frugalnet.recipes.checks import data_for
from frugalnet.recipes.resize import resized
from frugalnet.recipes.test_time import served
from frugalnet.recipes.training import evaluate, scores_of
from tests.model.covering import covering, pairs_of

SAMPLES, CLASSES, SHAPE = 120, 4, (8, 8, 3)
VALUES = {
    "split": {name: name for name in typing.get_args(Split)},
    "precision": {name: name for name in typing.get_args(Precision)},
    "input": {"memory": "memory", "disk": "disk"},
    "weights": {"new": None, "file": "start.weights.h5"},
    "resize": {"as they are": None, "larger": {"to": 12, "crop": 10}},
    "devices": {"one": 1, "two": 2},
    "layer_groups": {"one rate": None, "each": 0.5, "patterns": {"conv*": 0.1, "dense": 0}},
    "batch_growth": {"even": None, "growing": 2},
    "label_smoothing": {"hard": 0.0, "smooth": 0.1},
    "augmentation": {
        "no change": [],
        **{name: [name] for name in catalogue.recipes.AUGMENTATIONS},
        "two": ["random", "mixup"],
    },
    "early_stopping": {"all epochs": None, "stopping": 1},
    "test_time": {"once": 0, "copies": 1},
}
"""Levels of keys that are not names alone, by what they are called here."""
SETTINGS = {"fixed": {"name": "fixed", "mean": [120.0], "deviation": [60.0]}}
"""Levels that need settings."""


def _levels():
    """Return all levels of all recipe parts, by key."""
    found = {}
    for part in catalogue.RECIPE_PARTS.values():
        section, _, key = (part.key or "").partition(".")
        if section == "recipe":
            names = [*([part.without] if part.levels and part.without else []), *part.levels]
            found[key] = VALUES[key] if key in VALUES else {name: SETTINGS.get(name, name) for name in names}
    return found


LEVELS = _levels()
NAMES = {key: list(levels) for key, levels in LEVELS.items()}


def recipe_of(chosen):
    """Return the recipe with the chosen levels; batches of the same size in most splits, so that XLA compiles once."""
    given = {key: LEVELS[key][level] for key, level in chosen.items()}
    steps = 1 if given.get("devices", 1) > 1 else 2
    return Recipe.model_validate(
        {"epochs": 2, "batch_size": 12, "steps_per_execution": steps, "scaling": "none"} | given
    )


def level_of(value):
    """Return what stays the same where a level gets other settings."""
    return value["name"] if isinstance(value, dict) and "name" in value else value


def impossible(chosen):
    """Return why a run cannot have all chosen levels: they are refused, or one gives way to another level; else None."""
    asked = recipe_of(chosen)
    try:
        combinations.check(asked, "cifar10")
    except WrongValueError as error:
        return error.expected
    got, instead = combinations.resolved(asked, "cifar10", "baseline")
    lost = [key for key in chosen if level_of(getattr(got, key)) != level_of(getattr(asked, key))]
    return combinations.because(instead, got, "cifar10", "baseline") if lost else None


RECIPES = covering(NAMES, lambda chosen: impossible(chosen) is None)


def named(chosen):
    return " ".join(f"{key}={level}" for key, level in chosen.items() if level != next(iter(LEVELS[key])))


def tiny(x, output):
    """Return the output of a convolution, batch normalization, pooling and two dense layers."""
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.MaxPooling2D(name="pool")(x)
    return output(keras.layers.Dense(8, activation="relu", name="dense")(keras.layers.Flatten(name="flatten")(x)))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Images of bytes whose class is the brightest quarter."""
    folder, generator = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    y = np.arange(SAMPLES) % CLASSES
    x = generator.integers(0, 100, (SAMPLES, *SHAPE)).astype("uint8")
    for number, label in enumerate(y):
        x[number, 2 * label : 2 * label + 2] += 120
    order = generator.permutation(SAMPLES)
    parts = {"train": np.sort(order[:84]), "validation": np.sort(order[84:102]), "test": np.sort(order[102:])}
    for name, array in {"x": x, "y": y, **parts}.items():
        np.save(folder / f"{name}.npy", array)
    card = {"name": "cifar10", "task": "classification", "n_classes": CLASSES, "shape": list(SHAPE), "dtype": "uint8"}
    return Data(folder, card | {"samples": {name: len(index) for name, index in parts.items()}})


@pytest.fixture
def trained(data, monkeypatch, tmp_path_factory):
    """Return a function that trains the tiny network by a recipe as the baseline does, and gives its epochs, quality and scores."""
    monkeypatch.setitem(catalogue.NETWORKS, "tiny", Network(f"{__name__}:tiny", 0, rank=3))
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))

    def train(recipe):
        keras.utils.set_random_seed(0)
        if recipe.weights:
            layer = keras.layers.Rescaling(1.0, name="scaling")
            resize = partial(resized, resize=recipe.resize)  # its dense layer depends on the size of the images
            networks.build("tiny", layer, SHAPE, "uint8", CLASSES, resize=resize).save_weights(recipe.weights)
        run = row(Measure(), study="compression", dataset="cifar10", network="tiny", method="baseline", recipe=recipe)
        parts = data_for(run, data)
        method = catalogue.resolve(catalogue.METHODS["baseline"].function)
        ledger = Ledger([])
        result = method(Job(run, parts, None, ledger, None))
        compacted = compaction(result.model)
        _, reason = deployed(run.recipe, result.model, compacted, parts, 1, ledger)
        assert reason is None
        final, _ = served([result.model, copied(compacted or result.model)], parts, run.recipe)
        result.model.save("model.keras")
        assert type(keras.models.load_model("model.keras").optimizer) in vars(keras.optimizers).values()
        return result.epochs, evaluate(final, parts, run.recipe), scores_of(final, parts, run.recipe.test_time)

    return train


def test_levels_are_those_of_the_catalogue():
    keys = {
        part.key.partition(".")[2] for part in catalogue.RECIPE_PARTS.values() if (part.key or "").startswith("recipe.")
    }
    assert set(LEVELS) == keys
    assert all(len(levels) > 1 for levels in LEVELS.values())


def test_every_pair_that_a_run_can_have_is_in_a_combined_recipe():
    for pair in pairs_of(NAMES):
        assert impossible(pair) or any(pair.items() <= chosen.items() for chosen in RECIPES), pair


def check(trained, recipe):
    try:
        epochs, quality, scores = trained(recipe)
    except DivergedError:
        return
    assert 1 <= len(epochs) <= recipe.epochs
    assert all(math.isfinite(value) for value in (*quality.values(), scores.mean()))


@pytest.mark.parametrize("chosen", RECIPES, ids=named)
def test_combined_recipe_trains(trained, chosen):
    check(trained, recipe_of(chosen))


@pytest.mark.slow
@pytest.mark.parametrize("pair", [pair for pair in pairs_of(NAMES) if impossible(pair) is None], ids=named)
def test_pair_trains(trained, pair):
    check(trained, recipe_of(pair))
