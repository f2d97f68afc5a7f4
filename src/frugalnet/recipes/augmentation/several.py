"""Augmentations one after the other."""

from collections.abc import Sequence
from typing import Any

from frugalnet import catalogue
from frugalnet.backend import tf
from frugalnet.catalogue.recipes import AUGMENTATIONS
from frugalnet.config.levels import name_of, settings_of
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.fit import ChangeBatch, Changed, Fit


def augmentation(fit: Fit, levels: Sequence[Any]) -> None:
    """Change the training images of a fit by augmentations, in the given order; validation data stay as they are.

    Raises FrugalNetError where the samples are no images, bytes of height x width or height x width x channels.
    """
    x = fit.data.train.x
    if x.dtype != "uint8" or x.ndim not in (3, 4):
        raise FrugalNetError(
            f"recipe.augmentation = {', '.join(map(name_of, levels))}: the samples of {fit.data.name} are {x.dtype} of shape "
            f"{x.shape[1:]}; expected images (uint8, height x width or height x width x channels). Set it to none"
        )
    changes = [_change(fit, level) for level in levels]
    fit.change_batch.append(_flat(changes) if x.ndim == 3 else _one_after_the_other(changes))


def _change(fit: Fit, value: Any) -> ChangeBatch:
    level = AUGMENTATIONS[name_of(value)]
    change: ChangeBatch = catalogue.resolve(level.path)(fit, **settings_of(value, level.settings))
    return change


def _one_after_the_other(changes: Sequence[ChangeBatch]) -> ChangeBatch:
    def change(x: Any, y: Any, seeds: Any) -> Changed:
        x = tf.cast(x, tf.float32)
        for each in changes:
            x, y = each(x, y, seeds)
        return x, y

    return change


def _flat(changes: Sequence[ChangeBatch]) -> ChangeBatch:
    """Return the changes of images without an axis for channels."""
    inner = _one_after_the_other(changes)

    def change(x: Any, y: Any, seeds: Any) -> Changed:
        x, y = inner(x[..., None], y, seeds)
        return x[..., 0], y

    return change
