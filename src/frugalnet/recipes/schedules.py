"""How the learning rate changes over a training: Keras' schedules, whose lengths in epochs become optimizer steps here."""

from collections.abc import Sequence
from typing import Any

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.catalogue.recipes import SCHEDULES
from frugalnet.config.levels import name_of, settings_of
from frugalnet.config.schedules import too_long
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.fit import Fit

schedules = keras.optimizers.schedules


def schedule(fit: Fit, value: Any) -> None:
    """Let the learning rate change as the value of `schedule` says; raises FrugalNetError for one longer than the training."""
    if told := too_long(value, fit.epochs):
        raise FrugalNetError(f"recipe.schedule = {value}: {told}")
    level = SCHEDULES[name_of(value)]
    catalogue.resolve(level.path)(fit, **settings_of(value, level.settings))


def exponential(fit: Fit, rate: float) -> None:
    """Multiply the rate by `rate` per epoch, a little at each step; where batches grow, by rate^epochs in all."""
    per_epoch = sum(fit.steps) / fit.epochs
    fit.optimizer.learning_rate = schedules.ExponentialDecay(fit.recipe.learning_rate, per_epoch, rate)


def polynomial(fit: Fit, power: float, floor: float) -> None:
    """Let the rate fall to `floor` times the first at the end: in proportion to the part of the training left, to a power."""
    first = fit.recipe.learning_rate
    fit.optimizer.learning_rate = schedules.PolynomialDecay(first, sum(fit.steps), floor * first, power)


def cosine(fit: Fit, warmup_epochs: float, floor: float) -> None:
    """Let the rate rise from 0 over the warm-up, and fall along half a cosine to `floor` times it (Loshchilov & Hutter 2017)."""
    first, rising = fit.recipe.learning_rate, _steps_in(fit, warmup_epochs)
    falling = max(1, sum(fit.steps) - rising)
    start = {"initial_learning_rate": 0.0, "warmup_target": first} if rising else {"initial_learning_rate": first}
    fit.optimizer.learning_rate = schedules.CosineDecay(decay_steps=falling, alpha=floor, warmup_steps=rising, **start)


def step(fit: Fit, factor: float, epochs: Sequence[float] | None = None) -> None:
    """Multiply the rate by `factor` after each of the given epochs, which may be fractions."""
    at = epochs or (fit.epochs / 2, 3 * fit.epochs / 4)
    last_before = [_steps_in(fit, each) - 1 for each in at]  # Keras counts steps from 0, and changes after a boundary
    rates = [fit.recipe.learning_rate * factor**n for n in range(len(at) + 1)]
    fit.optimizer.learning_rate = schedules.PiecewiseConstantDecay(last_before, rates)


def plateau(fit: Fit, factor: float, patience: int, floor: float) -> None:
    """Multiply the rate by `factor` where the validation loss has not fallen for `patience` epochs."""
    lowest = floor * fit.recipe.learning_rate
    fit.callbacks.append(keras.callbacks.ReduceLROnPlateau(factor=factor, patience=patience, min_lr=lowest))


def _steps_in(fit: Fit, epochs: float) -> int:
    """Return the planned optimizer steps of the first epochs."""
    whole = int(epochs)
    return sum(fit.steps[:whole]) + (round((epochs - whole) * fit.steps[whole]) if whole < fit.epochs else 0)
