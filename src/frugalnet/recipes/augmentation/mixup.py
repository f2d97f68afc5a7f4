"""Mixup: weighted means of two samples and of their classes (Zhang et al. 2018, arXiv:1710.09412)."""

from frugalnet.backend import keras
from frugalnet.recipes.augmentation.by_layer import mixing
from frugalnet.recipes.fit import ChangeBatch, Fit


def mixup(fit: Fit, alpha: float) -> ChangeBatch:
    """Mix each sample with another one of its batch; its share is drawn from a beta distribution for each sample."""
    return mixing(fit, keras.layers.MixUp(alpha, name="mixup", dtype="float32"))
