"""What one training is made of, and the parts of its recipe that change it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from frugalnet import catalogue
from frugalnet.backend import keras, tf
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.recipes.optimizer import fresh_optimizer

Changed = tuple[Any, Any]
"""Samples and targets of a batch, as tensors."""
ChangeBatch = Callable[[Any, Any, Any], Changed]
"""Changes samples and targets of a batch; the third argument is the seed of all random numbers (a `keras.random.SeedGenerator`)."""


@dataclass
class Fit:
    """One training before it begins. Each part of the recipe that has an effect changes it, in the order of the catalogue.

    `targets` are labels, or probabilities of classes (samples x classes) if `of_probabilities`. `batch_size` is a
    variable if it changes, and `batch_sizes` has the planned one of each epoch. `change_batch` are applied to each batch
    of training data, one after the other. `afterwards` is called when the training has ended, however it did.
    """

    model: keras.Model
    data: Data
    recipe: Recipe
    epochs: int
    targets: np.ndarray
    of_probabilities: bool
    optimizer: keras.Optimizer = field(init=False)
    batch_size: int | tf.Variable = field(init=False)
    batch_sizes: list[int] = field(init=False)
    change_batch: list[ChangeBatch] = field(default_factory=list)
    callbacks: list[keras.callbacks.Callback] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    jit: bool = False
    steps_per_execution: int = field(init=False)

    def __post_init__(self) -> None:
        self.optimizer = fresh_optimizer(self.recipe)
        self.batch_size = self.recipe.batch_size
        # Keras fails at more than one with several devices.
        self.steps_per_execution = 1 if self.recipe.devices > 1 else self.recipe.steps_per_execution
        self.batch_sizes = [self.recipe.batch_size] * self.epochs
        for change, value in changes(self.recipe):
            change(self, value)

    @property
    def steps(self) -> list[int]:
        """Return the planned number of optimizer steps of each epoch."""
        return [math.ceil(len(self.data.train.x) / size) for size in self.batch_sizes]

    def use_probabilities(self) -> None:
        """Turn targets that are classes into probabilities of 0 or 1, float32, samples x classes."""
        if self.data.n_classes and not self.of_probabilities:
            self.targets = one_hot(self.targets, self.data.n_classes)
            self.of_probabilities = True


def changes(recipe: Recipe) -> Iterator[tuple[Callable[[Fit, Any], None], Any]]:
    """Yield the functions of the recipe's parts that have an effect on a training, each with the value of its key."""
    for part in catalogue.RECIPE_PARTS.values():
        if part.changes and part.key:
            value = getattr(recipe, part.key.removeprefix("recipe."))
            if value != part.without:
                yield catalogue.resolve(part.changes), value


def one_hot(y: np.ndarray, n_classes: int) -> np.ndarray:
    """Return classes as probabilities of 0 or 1, float32, samples x classes."""
    return np.eye(n_classes, dtype="float32")[y]
