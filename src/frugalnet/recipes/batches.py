"""The one input of all trainings: shuffled batches of a training part, changed and prefetched while the model works."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

from frugalnet.backend import keras, on_gpu, tf
from frugalnet.recipes.fit import ChangeBatch, Changed, Fit
from frugalnet.recipes.input import Samples, Stored, numbers_of


def input_of(fit: Fit) -> Any:
    """Return the batches of a fit; those that are changed in the training step of its model are so until the fit has ended."""
    in_step = better_in_step(fit)
    if in_step:
        change_in_step(fit)
    return batches(fit.data.train.x, fit.targets, fit.batch_size, fit.change_batch, in_step)


def batches(
    x: Samples,
    y: np.ndarray,
    batch_size: int | tf.Variable,
    change: Sequence[ChangeBatch] = (),
    in_step: bool = False,
) -> Any:
    """Return a `tf.data.Dataset` of shuffled batches, the same ones as `Model.fit` makes of arrays.

    Samples lie in memory, or are read from disk in the same order; that and changes are made in parallel. Batches that are
    changed `in_step` come with the seed of their changes, as `((x, y), seed)`. A batch size that is a variable is read when each
    epoch begins.
    """
    if isinstance(batch_size, tf.Variable):
        made, known = _of_growing_size(numbers_of(x), y, batch_size), None
    else:
        adapter = ArrayDataAdapter(numbers_of(x), y, batch_size=batch_size, shuffle=True)
        made, known = adapter.get_tf_dataset(), adapter.num_batches
    made = _with_samples(made, x)
    if change:
        made = tf.data.Dataset.zip((made, _seeds()))
        if not in_step:
            made = made.map(lambda batch, seed: changed(batch[0], batch[1], seed, change), tf.data.AUTOTUNE)
            made = made.prefetch(tf.data.AUTOTUNE)
    return made if known is None else made.apply(tf.data.experimental.assert_cardinality(known))


def in_order(x: Samples, y: np.ndarray, batch_size: int) -> Any:
    """Return a `tf.data.Dataset` of batches in the order of the samples."""
    return _with_samples(tf.data.Dataset.from_tensor_slices((numbers_of(x), y)).batch(batch_size), x)


def _with_samples(made: Any, x: Samples) -> Any:
    """Return a dataset with the samples on disk in the place of their numbers; with those in memory it has them."""
    if not isinstance(x, Stored):
        return made

    def read(numbers: Any, y: Any) -> Changed:
        samples = tf.numpy_function(x.__getitem__, [numbers], x.dtype, stateful=False)
        samples.set_shape((*numbers.shape, *x.shape[1:]))
        return samples, y

    return made.map(read, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _of_growing_size(x: np.ndarray, y: np.ndarray, batch_size: tf.Variable) -> Any:
    def of_epoch(samples: Any) -> Any:
        order = tf.random.shuffle(tf.range(samples))
        starts = tf.data.Dataset.from_tensor_slices(tf.range(0, samples, batch_size.value()))
        return starts.map(lambda start: order[start : start + batch_size])

    held = tf.constant(x), tf.constant(y)
    orders = tf.data.Dataset.from_tensors(tf.constant(len(x), tf.int64)).flat_map(of_epoch)
    made = orders.map(lambda order: tuple(tf.gather(each, order) for each in held), tf.data.AUTOTUNE)
    return made.prefetch(tf.data.AUTOTUNE)


def _seeds() -> Any:
    """Return a dataset of endless seeds, other ones in each epoch; all follow from the run's seed."""
    return tf.data.Dataset.random(random.randrange(2**31), rerandomize_each_iteration=True)


class BatchSeeds(keras.random.SeedGenerator):
    """Seeds of one batch, as `keras.random` takes them: the same ones whoever changes it, and when.

    Keras' own generator keeps its state in a variable, which parallel calls would read and write in any order.
    """

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


def change_in_step(fit: Fit) -> None:
    """Let the training step of a fit's model change the batches, until the fit has ended."""
    model, plain = fit.model, fit.model.train_step

    def step(data: Any) -> Any:
        (x, y), seed = data
        return plain(changed(x, y, seed, fit.change_batch))

    def restore() -> None:
        del model.train_step
        model.train_function = None  # it was traced with this step

    model.train_step = step
    fit.afterwards.append(restore)
