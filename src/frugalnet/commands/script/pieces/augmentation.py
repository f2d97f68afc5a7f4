"""Random changes of training images, drawn anew for each batch."""

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 128


def batches(x: np.ndarray, y: np.ndarray, changes: list[Callable[..., Any]]) -> Any:
    """Return batches in another order in each epoch, whose images are changed while the network is trained on others."""
    images, targets = tf.constant(x), tf.constant(y)
    orders = tf.data.Dataset.range(1).map(lambda _: tf.random.shuffle(tf.range(len(x))))
    places = orders.unbatch().batch(BATCH_SIZE).apply(tf.data.experimental.assert_cardinality(-(-len(x) // BATCH_SIZE)))
    plain = places.map(lambda at: (tf.gather(images, at), tf.gather(targets, at)))
    seeds = tf.data.Dataset.random(random.randrange(2**31), rerandomize_each_iteration=True)
    made = tf.data.Dataset.zip((plain, seeds))
    return made.map(lambda batch, seed: changed(batch[0], batch[1], seed, changes), tf.data.AUTOTUNE).prefetch(
        tf.data.AUTOTUNE
    )


def changed(x: Any, y: Any, seed: Any, changes: list[Callable[..., Any]]) -> Any:
    """Return a batch after all changes; its images are whole numbers again, so that the network sees what it sees in use."""
    seeds = BatchSeeds(seed)
    images = tf.cast(x if len(x.shape) == 4 else x[..., None], tf.float32)
    for change in changes:
        images, y = change(images, y, seeds)
    images = tf.saturate_cast(tf.round(images), x.dtype)
    return (images if len(x.shape) == 4 else images[..., 0]), y


class BatchSeeds(keras.random.SeedGenerator):
    """Seeds of one batch, as Keras' layers take them: the same ones whenever it is changed."""

    def __init__(self, seed: Any) -> None:
        self.seed = tf.cast(seed, tf.int64)
        self.drawn = 0

    def next(self, ordered: bool = True) -> Any:
        self.drawn += 1
        return tf.stack([self.seed, tf.constant(self.drawn, tf.int64)])


def by_layer(layer: keras.Layer) -> Callable[..., Any]:
    """Return the change of images by a layer of Keras."""
    return lambda x, y, seeds: (layer.transform_images(x, layer.get_random_transformation(x, seed=seeds)), y)


def mixing(layer: keras.Layer) -> Callable[..., Any]:
    """Return the change of images and probabilities of classes by a layer that mixes pairs of samples."""

    def change(x: Any, y: Any, seeds: Any) -> Any:
        how = layer.get_random_transformation(x, seed=seeds)
        share = how["mix_weight"]  # 0 / 0 where two numbers that Keras draws are too small for float32
        how["mix_weight"] = tf.where(tf.math.is_nan(share), 1.0, share)
        return layer.transform_images(x, how), layer.transform_labels(y, how)

    return change


def cropping(pixels: int, flip: bool) -> Callable[..., Any]:
    """Return the change that crops each image out of one with zeros around it, and mirrors half of them."""

    def change(x: Any, y: Any, seeds: Any) -> Any:
        count, (height, width, channels) = tf.shape(x)[0], x.shape[1:]
        first = keras.random.randint((count, 2), 0, 2 * pixels + 1, seed=seeds)
        rows, columns = tf.range(height) + first[:, :1], tf.broadcast_to(tf.range(width), (count, width))
        if flip:
            mirrored = keras.random.uniform((count, 1), seed=seeds) < 0.5
            columns = tf.where(mirrored, width - 1 - columns, columns)
        columns += first[:, 1:]
        high, wide = height + 2 * pixels, width + 2 * pixels
        places = (tf.range(count)[:, None, None] * high + rows[:, :, None]) * wide + columns[:, None, :]
        around = tf.pad(x, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]])
        return tf.gather(tf.reshape(around, (-1, channels)), places), y

    return change
