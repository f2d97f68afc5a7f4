"""CutMix: a rectangle of another sample, whose class counts as much as its area (Yun et al. 2019, arXiv:1905.04899)."""

from frugalnet.backend import keras
from frugalnet.recipes.augmentation.by_layer import mixing
from frugalnet.recipes.fit import ChangeBatch, Fit


def cutmix(fit: Fit, alpha: float) -> ChangeBatch:
    """Paste a rectangle of another sample of the batch; the rest's share is drawn from a beta distribution for each sample."""
    return mixing(fit, keras.layers.CutMix((alpha, alpha), name="cutmix", dtype="float32"))
