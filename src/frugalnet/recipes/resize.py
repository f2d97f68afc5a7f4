"""The layers behind the scaling that give images another size before the network sees them."""

from typing import Any

from frugalnet.backend import keras
from frugalnet.catalogue.recipes import RESIZE
from frugalnet.config.levels import settings_of

layers = keras.layers


def resized(x: Any, resize: Any) -> Any:
    """Return images as a recipe's `resize` says: interpolated (bilinear) to `to` x `to` pixels, then the central `crop` x `crop`.

    `x` is the output of the scaling: a batch of images, height and width, and channels if they have an axis for them; that axis
    is there, or is not there, in the result too. It is computed in the type of `x`, which has at least 32 bits. The layers are a
    part of the model, so that the data stay small, and the cost of resizing is measured.

    A random crop of resized images is, up to parts of a pixel, the random shift of images before they are resized: the
    augmentation `random` with `crop: n` shifts by up to n pixels of the data, which are n * to / size pixels here.
    """
    if resize is None:
        return x
    settings, kind, rank = settings_of(resize, RESIZE), x.dtype, len(x.shape)
    if rank == 3:
        x = layers.Reshape((*x.shape[1:], 1), name="resize_channel", dtype=kind)(x)
    to = settings["to"]
    size = settings.get("crop", to)
    x = layers.Resizing(to, to, name="resize", dtype=kind)(x)
    if size != to:
        x = layers.CenterCrop(size, size, name="resize_crop", dtype=kind)(x)
    return x if rank > 3 else layers.Reshape((size, size), name="resize_image", dtype=kind)(x)
