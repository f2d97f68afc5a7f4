"""Named architectures: each is a function from the scaled input, the output layer and its settings to the output."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.config.levels import settings_of

Builder = Callable[[Any, keras.Layer], Any]
Resize = Callable[[Any], Any]
"""Gives scaled images another size."""


def build(
    name: str,
    scaling: keras.Layer,
    shape: tuple[int, ...],
    dtype: str,
    n_classes: int | None,
    settings: Mapping[str, Any] | None = None,
    resize: Resize | None = None,
) -> keras.Model:
    """Return the named network for unscaled samples of one shape and dtype; `settings` are those that differ from the defaults."""
    entry = catalogue.NETWORKS[name]
    builder = partial(catalogue.resolve(entry.builder), **settings_of(settings or {}, entry.settings))
    return assemble(builder, scaling, shape, dtype, n_classes, name, resize)


def assemble(
    builder: Builder,
    scaling: keras.Layer,
    shape: tuple[int, ...],
    dtype: str,
    n_classes: int | None,
    name: str,
    resize: Resize | None = None,
) -> keras.Model:
    """Return the network with a builder's layers between the scaling, or the resizing behind it, and the output layer.

    The output is softmax over `n_classes`, or one linear unit where there are no classes (regression).
    """
    inputs = keras.Input(shape, dtype=dtype, name="samples")
    scaled = scaling(inputs)
    return keras.Model(inputs, builder(resize(scaled) if resize else scaled, output_layer(n_classes)), name=name)


def output_layer(n_classes: int | None) -> keras.Layer:
    """Return the last layer: class probabilities, or one number; in float32 where the others mix it with 16 bits."""
    mixed = keras.config.dtype_policy().name.startswith("mixed_")
    kind = "float32" if mixed else None
    if n_classes is None:
        return keras.layers.Dense(1, name="output", dtype=kind)
    return keras.layers.Dense(n_classes, activation="softmax", name="output", dtype=kind)
