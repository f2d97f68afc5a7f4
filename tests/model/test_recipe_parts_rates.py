"""Optimizers and schedules follow their formulas; Keras' names and defaults are those of the catalogue."""

import inspect
import math

import numpy as np
import pytest

from frugalnet import catalogue
from frugalnet.backend import keras, tf
from frugalnet.catalogue.recipes import OPTIMIZERS
from frugalnet.config.recipe import Recipe
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.fit import Fit
from frugalnet.recipes.optimizer import fresh_optimizer
from tests.model.made_fits import fit_of, tiny_network, trained


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_settings_are_arguments_of_keras_with_its_defaults(name):
    arguments = inspect.signature(catalogue.resolve(OPTIMIZERS[name].path)).parameters
    for key, setting in OPTIMIZERS[name].settings.items():
        assert arguments[key].default == setting.default, key


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_settings_take_their_smallest_and_largest_values(name):
    for key, setting in OPTIMIZERS[name].settings.items():
        for value in (True,) if setting.low is None else (setting.low, setting.high):
            recipe = Recipe(optimizer={"name": name, key: value} | ({"momentum": 0.5} if key == "nesterov" else {}))
            assert getattr(fresh_optimizer(recipe), key) == value


def after(optimizer, gradients, start=1.0):
    """Return a weight after a step for each gradient."""
    weight = keras.Variable([start])
    made = fresh_optimizer(Recipe(optimizer=optimizer, learning_rate=0.1))
    for gradient in gradients:
        made.apply([tf.constant([gradient])], [weight])
    return float(weight[0])


def test_momentum_adds_up_velocities():
    # v1 = -0.1, w1 = 0.9; v2 = 0.5 v1 - 0.1 = -0.15, w2 = 0.75
    assert after({"name": "sgd", "momentum": 0.5}, [1.0, 1.0]) == pytest.approx(0.75)


def test_nesterov_looks_ahead():
    # v1 = -0.1, w1 = 1 + 0.5 v1 - 0.1 = 0.85
    assert after({"name": "sgd", "momentum": 0.5, "nesterov": True}, [1.0]) == pytest.approx(0.85)


def test_clipping_bounds_the_step_of_sgd():
    assert after({"name": "sgd", "clipvalue": 0.5}, [100.0]) == pytest.approx(1 - 0.1 * 0.5)
    assert after({"name": "sgd", "clipnorm": 2}, [100.0]) == pytest.approx(1 - 0.1 * 2)
    assert after({"name": "sgd", "global_clipnorm": 2}, [100.0]) == pytest.approx(1 - 0.1 * 2)


def test_weight_decay_shrinks_weights_without_a_gradient():
    assert after({"name": "adamw", "weight_decay": 0.5}, [0.0]) == pytest.approx(1 - 0.1 * 0.5)
    assert after({"name": "sgd", "weight_decay": 0.5}, [0.0]) == pytest.approx(1 - 0.1 * 0.5)
    assert after("adam", [0.0]) == 1


def test_decay_of_squared_gradients_sets_the_step_of_rmsprop():
    # the mean of squares is 0.5 * 0 + 0.5 * 4 = 2, the step 0.1 * 2 / sqrt(2)
    assert after({"name": "rmsprop", "rho": 0.5}, [2.0]) == pytest.approx(1 - 0.1 * 2 / math.sqrt(2))


EPOCHS, STEPS = 4, 10
"""160 samples in batches of 16."""


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("exponential", {0: 1, 10: 0.9, 25: 0.9**2.5}),
        ({"name": "exponential", "rate": 0.5}, {5: 0.5**0.5, 40: 0.5**4}),
        ("polynomial", {0: 1, 10: 0.75, 40: 0}),
        ({"name": "polynomial", "power": 2, "floor": 0.2}, {20: 0.2 + 0.8 * 0.5**2, 40: 0.2}),
        ("cosine", {0: 1, 10: 0.5 + 0.5 * math.cos(math.pi / 4), 20: 0.5, 40: 0}),
        ({"name": "cosine", "warmup_epochs": 1, "floor": 0.1}, {0: 0, 5: 0.5, 10: 1, 25: 0.55, 40: 0.1}),
        ("step", {0: 1, 19: 1, 20: 0.1, 29: 0.1, 30: 0.01, 39: 0.01}),
        ({"name": "step", "factor": 0.5, "epochs": [0.5, 3]}, {4: 1, 5: 0.5, 29: 0.5, 30: 0.25}),
    ],
)
def test_rate_at_a_step_follows_the_formula(digits, schedule, expected):
    fit = fit_of(digits, Recipe(batch_size=16, learning_rate=0.5, schedule=schedule), EPOCHS)
    for step, factor in expected.items():
        fit.optimizer.iterations.assign(step)
        assert float(fit.optimizer.learning_rate) == pytest.approx(0.5 * factor, abs=1e-6), step


def test_schedule_of_growing_batches_ends_with_the_training(digits):
    fit = fit_of(digits, Recipe(batch_size=16, batch_growth=2, schedule="polynomial"), 3)
    assert fit.steps == [10, 5, 3]
    fit.optimizer.iterations.assign(9)
    assert float(fit.optimizer.learning_rate) == pytest.approx(0.001 * 0.5)


def test_schedule_longer_than_the_training_is_refused(digits):
    with pytest.raises(FrugalNetError, match="warmup_epochs 2 is not below the 2 epochs"):
        fit_of(digits, Recipe(schedule={"name": "cosine", "warmup_epochs": 2}), 2)


def test_rate_falls_where_the_validation_loss_does_not(digits):
    recipe = Recipe(learning_rate=0.5, schedule={"name": "plateau", "factor": 0.1, "patience": 1, "floor": 0.05})
    fit = fit_of(digits, recipe, 4)
    fit.model.compile(fit.optimizer)
    (plateau,) = fit.callbacks
    plateau.set_model(fit.model)
    plateau.on_train_begin()
    rates = []
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7]):
        plateau.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(fit.optimizer.learning_rate))
    assert rates == pytest.approx([0.5, 0.5, 0.05, 0.025])


def test_smoothing_spreads_training_targets_alone(digits):
    fit = fit_of(digits, Recipe(label_smoothing=0.1), 1)
    assert fit.of_probabilities and fit.targets.dtype == np.float32
    assert fit.targets[3] == pytest.approx([0.01] * 3 + [0.91] + [0.01] * 6)
    assert digits.validation.y.ndim == 1


def test_smoothing_of_probabilities_keeps_their_sum(digits):
    soft = np.tile(np.array([0.5, 0.5] + [0] * 8, "float32"), (160, 1))
    fit = Fit(tiny_network(digits), digits, Recipe(label_smoothing=0.2), 1, soft, True)
    assert fit.targets[0] == pytest.approx([0.42, 0.42] + [0.02] * 8)


def test_smoothing_needs_classes(houses):
    with pytest.raises(FrugalNetError, match="has no classes; expected 0"):
        fit_of(houses, Recipe(label_smoothing=0.1), 1)


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
@pytest.mark.parametrize(
    ("recipe", "rates"),
    [
        ({}, [0.1, 0.1, 0.1, 0.1]),
        ({"schedule": {"name": "step", "epochs": [1, 3]}}, [0.1, 0.01, 0.01, 0.001]),
        ({"schedule": {"name": "exponential", "rate": 0.5}, "batch_size": 160}, [0.1, 0.05, 0.025, 0.0125]),
        ({"layer_groups": 0.5}, [0.1, 0.1, 0.1, 0.1]),
    ],
)
def test_epochs_have_the_rate_of_their_last_step(digits, recipe, rates, precision):
    _, rows = trained(digits, Recipe(**{"batch_size": 16, "learning_rate": 0.1, "precision": precision} | recipe), 4)
    assert [row.learning_rate for row in rows] == pytest.approx(rates)


def test_an_epoch_after_which_the_rate_falls_has_the_rate_before(digits):
    recipe = Recipe(batch_size=16, learning_rate=1e-9, schedule={"name": "plateau", "patience": 1})
    _, rows = trained(digits, recipe, 5)
    rate, best, expected = 1e-9, math.inf, []
    for row in rows:
        expected.append(rate)
        improved = row.validation_loss < best - 1e-4
        best, rate = (row.validation_loss, rate) if improved else (best, rate / 10)
    assert [row.learning_rate for row in rows] == pytest.approx(expected, rel=1e-5)
    assert expected[-1] < 1e-9
