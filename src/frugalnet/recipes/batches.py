"""The one input of all trainings: shuffled batches of a training part, changed and prefetched while the model works."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

from frugalnet.backend import keras, on_gpu, tf
from frugalnet.recipes.fit import ChangeBatch, Changed, Fit


def batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, change: Sequence[ChangeBatch] = (), in_step: bool = False
) -> Any:
    """Return a `tf.data.Dataset` of shuffled batches, the same ones as `Model.fit` makes of arrays.

    The samples lie in memory; changes are made in parallel. If they are made `in_step`, each batch comes as `((x, y), seed)`.
    """
    adapter = ArrayDataAdapter(x, y, batch_size=batch_size, shuffle=True)
    made = adapter.get_tf_dataset()
    if change:
        made = tf.data.Dataset.zip((made, _seeds()))
        if not in_step:
            made = made.map(lambda batch, seed: changed(batch[0], batch[1], seed, change), tf.data.AUTOTUNE)
            made = made.prefetch(tf.data.AUTOTUNE)
    return made.apply(tf.data.experimental.assert_cardinality(adapter.num_batches))


def _seeds() -> Any:
    """Return a dataset of endless seeds, other ones in each epoch; all follow from the run's seed."""
    return tf.data.Dataset.random(random.randrange(2**31), rerandomize_each_iteration=True)


class BatchSeeds(keras.random.SeedGenerator):
    """Seeds of one batch, as `keras.random` takes them: the same ones whoever changes it, and when."""

    def __init__(self, seed: Any) -> None:
        self._seed = tf.cast(seed, tf.int64)
        self._drawn = 0

    def next(self, ordered: bool = True) -> Any:
        self._drawn += 1
        return tf.stack([self._seed, tf.constant(self._drawn, tf.int64)])


def changed(x: Any, y: Any, seed: Any, change: Sequence[ChangeBatch]) -> Changed:
    """Return a batch after all changes, its samples of the type that they had.

    A change may give floats; samples that were whole numbers are rounded again, so that the model sees what it sees in use.
    """
    kind, seeds = x.dtype, BatchSeeds(seed)
    for each in change:
        x, y = each(x, y, seeds)
    if kind.is_integer and x.dtype.is_floating:
        x = tf.saturate_cast(tf.round(x), kind)
    return tf.cast(x, kind), y


def better_in_step(fit: Fit) -> bool:
    """Tell whether batches are changed in the training step: on a GPU, where the changes then run too; not measured on one.

    XLA has not all their operations, and several devices take parts of a batch, which has one seed.
    """
    return bool(fit.change_batch) and on_gpu() and not fit.jit and fit.recipe.devices == 1


@contextmanager
def changed_in_step(model: keras.Model, change: Sequence[ChangeBatch]) -> Iterator[None]:
    """Let the training step of a model change the batches, which come with their seeds; afterwards it is as before."""
    plain = model.train_step

    def step(data: Any) -> Any:
        (x, y), seed = data
        return plain(changed(x, y, seed, change))

    model.train_step = step
    try:
        yield
    finally:
        del model.train_step
        model.train_function = None  # it was traced with this step
