"""Test-time augmentation: predictions averaged over mirrored and shifted copies of each image (Krizhevsky et al. 2012)."""

from collections.abc import Sequence
from typing import Any

from frugalnet.backend import keras
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.training import compile_model

ops = keras.ops

FARTHEST = 3
"""Pixels of the largest shift."""
SHIFTS = sorted(
    ((down, right) for down in range(-FARTHEST, FARTHEST + 1) for right in range(-FARTHEST, FARTHEST + 1)),
    key=lambda shift: (shift[0] ** 2 + shift[1] ** 2, shift),
)
"""Rows and columns by which images are shifted, the nearest first."""


def served(models: Sequence[keras.Model | None], data: Data, recipe: Recipe) -> list[Any]:
    """Return what a recipe serves of each model: models that give the mean prediction of an image and `test_time` copies of it.

    They share the weights of `models`, and are these models where `test_time` is 0. The first copy is mirrored, the others are
    shifted by one pixel, two pixels, ..., each plain and mirrored, with zeros at the edge. All copies of a batch go through the
    network at once. Raises FrugalNetError where the samples are no images.
    """
    if not recipe.test_time:
        return list(models)
    made = {id(model): _averaging(model, data, recipe) for model in models if model is not None}
    return [None if model is None else made[id(model)] for model in models]


def _averaging(model: keras.Model, data: Data, recipe: Recipe) -> keras.Model:
    given, copies = model.inputs[0], recipe.test_time
    if len(given.shape) not in (3, 4):
        raise FrugalNetError(
            f"recipe.test_time = {copies}: the samples of {data.name} have the shape {given.shape[1:]}; expected images "
            "(height x width or height x width x channels). Set it to 0"
        )
    inputs = keras.Input(given.shape[1:], dtype=given.dtype, name=given.name)
    predictions = model(ops.concatenate(_copies(inputs, 1 + copies), axis=0))
    mean = ops.mean(ops.reshape(predictions, (1 + copies, -1, *predictions.shape[1:])), axis=0)
    found = keras.Model(inputs, mean, name=f"{model.name}_served")
    compile_model(found, data, recipe)
    return found


def _copies(images: Any, count: int) -> list[Any]:
    """Return the images and `count - 1` copies of them."""
    height, width = images.shape[1:3]
    used = SHIFTS[: (count + 1) // 2]
    edge = max(max(map(abs, shift)) for shift in used)
    around = ops.pad(images, [[0, 0], [edge, edge], [edge, edge], *[[0, 0]] * (len(images.shape) - 3)])
    found = []
    for down, right in used:
        shifted = around[:, edge - down : edge - down + height, edge - right : edge - right + width]
        found += [shifted, ops.flip(shifted, axis=2)]
    return found[:count]
