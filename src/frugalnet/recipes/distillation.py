"""Distillation: targets that are partly the predictions of another model (Hinton et al. 2015)."""

import numpy as np

from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.recipes.batches import in_order
from frugalnet.recipes.fit import one_hot
from frugalnet.recipes.input import Samples, Stored


def targets(
    teacher: keras.Model | None, data: Data, pruning: Pruning, batch_size: int, ledger: Ledger
) -> np.ndarray | None:
    """Return the targets of a distilled retraining, made in the window `teacher`; None without distillation."""
    if not pruning.distillation:
        return None
    assert teacher is not None
    with ledger.window("teacher"):
        return soft_targets(teacher, data, pruning.distillation, pruning.temperature, batch_size)


def soft_targets(teacher: keras.Model, data: Data, share: float, temperature: float, batch_size: int) -> np.ndarray:
    """Return a mixture of the labels and the teacher's predictions on the training part, with `share` of the predictions.

    For classes, labels become probabilities, samples x classes, and the temperature softens the predictions. For a regression
    both are numbers.
    """
    x: Samples = data.train.x
    read = in_order(x, data.train.y, batch_size) if isinstance(x, Stored) else x
    predictions = teacher.predict(read, batch_size=batch_size, verbose=0)
    if not data.n_classes:
        return (1 - share) * data.train.y + share * predictions[:, 0]
    softened = predictions ** (1 / temperature)
    softened /= softened.sum(axis=1, keepdims=True)
    return (1 - share) * one_hot(data.train.y, data.n_classes) + share * softened
