"""The one input of all trainings: shuffled batches of a training part, changed and prefetched while the model works."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

from frugalnet.backend import tf
from frugalnet.recipes.fit import ChangeBatch


def batches(x: np.ndarray, y: np.ndarray, batch_size: int | tf.Variable, change: Sequence[ChangeBatch] = ()) -> Any:
    """Return a `tf.data.Dataset` of shuffled batches, the same ones as `Model.fit` makes of arrays.

    The samples lie in memory; changes are made in parallel. A change may give floats; samples that were whole numbers are
    rounded again, so that the model sees what it sees in use. A batch size that is a variable is read when each epoch begins.
    """
    if isinstance(batch_size, tf.Variable):
        made = _of_growing_size(x, y, batch_size)
        return made.map(lambda *batch: changed(*batch, change), tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    adapter = ArrayDataAdapter(x, y, batch_size=batch_size, shuffle=True)
    made = adapter.get_tf_dataset()
    if change:
        made = made.map(lambda *batch: changed(*batch, change), tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    return made.apply(tf.data.experimental.assert_cardinality(adapter.num_batches))


def _of_growing_size(x: np.ndarray, y: np.ndarray, batch_size: tf.Variable) -> Any:
    def of_epoch(samples: Any) -> Any:
        order = tf.random.shuffle(tf.range(samples))
        starts = tf.data.Dataset.from_tensor_slices(tf.range(0, samples, batch_size.value()))
        return starts.map(lambda start: order[start : start + batch_size])

    held = tf.constant(x), tf.constant(y)
    orders = tf.data.Dataset.from_tensors(tf.constant(len(x), tf.int64)).flat_map(of_epoch)
    return orders.map(lambda order: tuple(tf.gather(each, order) for each in held), tf.data.AUTOTUNE)


def changed(x: Any, y: Any, change: Sequence[ChangeBatch]) -> tuple[Any, Any]:
    """Return a batch after all changes, its samples of the type that they had."""
    kind = x.dtype
    for each in change:
        x, y = each(x, y)
    if kind.is_integer:
        x = tf.saturate_cast(tf.round(x), kind)
    return tf.cast(x, kind), y
