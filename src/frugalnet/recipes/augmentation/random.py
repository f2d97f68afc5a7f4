"""Crop, flip, colour jitter and erasing: each sample in its own way."""

from typing import Any

from frugalnet.backend import keras, tf
from frugalnet.recipes.augmentation.by_layer import by_layer
from frugalnet.recipes.fit import ChangeBatch, Changed, Fit

layers = keras.layers


def random(fit: Fit, crop: int, flip: bool, colour: float, erasing: float) -> ChangeBatch:
    """Crop and flip each image (He et al. 2016), jitter its colours, and erase a rectangle of some (Zhong et al. 2020).

    `crop` are pixels of zeros around an image; `colour` is the largest change of brightness, as a share of 255, and of contrast
    and saturation, as a share of themselves. The saturation is that of red, green and blue, so it changes where images have three
    channels only; brightness and contrast change with any number of them. What is erased becomes 0.
    """
    changes: list[ChangeBatch] = []
    if crop or flip:
        changes.append(_cropped(crop, flip))
    if colour:
        changes += [by_layer(layer) for layer in _jitter(colour, fit.data.train.x.shape[3:] == (3,))]
    if erasing:
        changes.append(by_layer(layers.RandomErasing((erasing, erasing), fill_value=0, dtype="float32")))

    def change(x: Any, y: Any, seeds: Any) -> Changed:
        for each in changes:
            x, y = each(x, y, seeds)
        return x, y

    return change


def _jitter(strength: float, rgb: bool) -> list[keras.Layer]:
    """Return Keras' layers for brightness, contrast and, of images with three channels, saturation."""
    found = [layers.RandomBrightness(strength, dtype="float32"), layers.RandomContrast(strength, dtype="float32")]
    if rgb:
        # Keras multiplies the saturation by f / (1 - f), and clips it to the given range: it is from 0 to 1 whatever the pixels are.
        factors = tuple(share / (1 + share) for share in (1 - strength, 1 + strength))
        found.append(layers.RandomSaturation(factors, value_range=(0, 1), dtype="float32"))
    return found


def _cropped(pixels: int, flip: bool) -> ChangeBatch:
    """Return the change that crops images out of images with zeros around them, and mirrors half of them.

    Keras' RandomCrop takes the same place for all images of a batch. Here both are one look-up of pixels, at a fraction of the cost
    of Keras' RandomTranslation and RandomFlip.
    """

    def change(x: Any, y: Any, seeds: Any) -> Changed:
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
