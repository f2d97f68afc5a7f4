"""Check the weights that a network starts from before anything is run."""

from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.config.levels import name_of, settings_of, written
from frugalnet.config.shown import some

IMAGENET = "imagenet"
PARENT = "parent"
"""In a row of a run sheet: the weights are those of the model of its parent."""
FILES = (".keras", ".weights.h5")
"""Endings of files that Keras writes weights to."""


def unfit_weights(weights: str | None, network: Any) -> str | None:
    """Return what was expected where Keras has no weights for a network (a name, a mapping, or none); None if nothing is wrong."""
    if weights == PARENT:
        return f"stands in run sheets alone; expected {IMAGENET}, or a file that ends in {' or '.join(FILES)}"
    if weights != IMAGENET or network is None or has_imagenet(network):
        return None
    having = [
        str(written({"name": name, **entry.pretrained.settings}))
        for name, entry in catalogue.NETWORKS.items()
        if entry.pretrained
    ]
    return f"Keras has no such weights for {written(network)}; expected a file, or one of the networks {some(having)}"


def has_imagenet(network: Any) -> bool:
    """Tell whether Keras has weights that fit a network, which is a name or a mapping of `name` and settings."""
    entry = catalogue.NETWORKS[name_of(network)]
    if entry.pretrained is None:
        return False
    fitting = settings_of(dict(entry.pretrained.settings), entry.settings)
    return settings_of(network, entry.settings) == fitting


def named_file(weights: str | None) -> Path | None:
    """Return the file that weights name; None for those of ImageNet or of a parent, and for new ones."""
    return None if weights in (None, IMAGENET, PARENT) else Path(str(weights))


def missing_weights(weights: str | None) -> str | None:
    """Return what was expected where the file of weights is missing; None if it is there or none is named."""
    file = named_file(weights)
    if file is None or file.is_file():
        return None
    return f"no such file; expected one that ends in {' or '.join(FILES)}, with its path from {Path.cwd()}"
