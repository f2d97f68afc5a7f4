"""Targets, and how the learning rate changes over a training."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

CLASSES, BATCH_SIZE, LEARNING_RATE = 10, 128, 0.001
SMOOTHING = 0.1
DISTILLATION, TEMPERATURE = 0.7, 4.0


def one_hot(y: np.ndarray) -> np.ndarray:
    """Return classes as probabilities of 0 and 1, samples x classes; probabilities stay as they are."""
    return y if y.ndim == 2 else np.eye(CLASSES, dtype="float32")[y]


def smoothed(y: np.ndarray) -> np.ndarray:
    """Spread a share of probabilities over all classes alike (Szegedy et al. 2016)."""
    return ((1 - SMOOTHING) * y + SMOOTHING / CLASSES).astype("float32")


def soft_classes(teacher: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return labels mixed with the softened predictions of the network before pruning (Hinton et al. 2015)."""
    softened = teacher.predict(x, batch_size=BATCH_SIZE, verbose=0) ** (1 / TEMPERATURE)
    softened /= softened.sum(axis=1, keepdims=True)
    return (1 - DISTILLATION) * one_hot(y) + DISTILLATION * softened


def soft_numbers(teacher: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return targets mixed with the predictions of the network before pruning (Hinton et al. 2015)."""
    return (1 - DISTILLATION) * y + DISTILLATION * teacher.predict(x, batch_size=BATCH_SIZE, verbose=0)[:, 0]


def exponential_rate(steps: int, epochs: int, rate: float) -> Any:
    """Multiply the learning rate by `rate` per epoch, which has `steps`, a little at each step."""
    return keras.optimizers.schedules.ExponentialDecay(LEARNING_RATE, steps, rate)


def polynomial_rate(steps: int, epochs: int, power: float, floor: float) -> Any:
    """Let the learning rate fall to `floor` times it, in proportion to the part of the training that is left, to a power."""
    return keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, epochs * steps, floor * LEARNING_RATE, power)


def cosine_rate(steps: int, epochs: int, warmup_epochs: float, floor: float) -> Any:
    """Let the learning rate rise from 0 over the warm-up, and fall along half a cosine to `floor` times it."""
    rising = steps_in(warmup_epochs, steps)
    falling = max(1, epochs * steps - rising)
    start = (0.0, falling, floor, "CosineDecay", LEARNING_RATE, rising)
    return keras.optimizers.schedules.CosineDecay(*(start if rising else (LEARNING_RATE, falling, floor)))


def step_rate(steps: int, total: int, factor: float, epochs: Sequence[float] | None = None) -> Any:
    """Multiply the learning rate by `factor` after some epochs, otherwise after half and three quarters of the training."""
    at = epochs or (total / 2, 3 * total / 4)
    last_before = [steps_in(each, steps) - 1 for each in at]
    rates = [LEARNING_RATE * factor**number for number in range(len(at) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(last_before, rates)


def steps_in(epochs: float, steps: int) -> int:
    """Return the optimizer steps of the first epochs, which have `steps` each."""
    whole = math.floor(epochs)
    return whole * steps + round((epochs - whole) * steps)


def plateau(factor: float, patience: int, floor: float) -> Any:
    """Multiply the learning rate by `factor` where the validation loss has not fallen for `patience` epochs."""
    return keras.callbacks.ReduceLROnPlateau(factor=factor, patience=patience, min_lr=floor * LEARNING_RATE)
