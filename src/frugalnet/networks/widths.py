"""A network with all its layers made wider or narrower by one factor."""

import math

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError

WIDTHS = ("units", "filters")
"""The keys of a layer's configuration that set the width of its output; layers without them follow their input."""


def scaled(model: keras.Model, parameters: int) -> keras.Model:
    """Return a copy with new weights, its widths scaled to as many trainable parameters as possible, but not more than given.

    The model must be functional; its last layer, the output, keeps its width. Widths are rounded, and at least 1. Raises
    FrugalNetError if even widths of 1 give more parameters.
    """
    widths = _widths(model)
    best = _copy(model, dict.fromkeys(widths, 1))
    if (least := _parameters(best)) > parameters:
        raise FrugalNetError(
            f"{model.name} cannot be scaled to {parameters:,} parameters: with all widths at 1 it still has {least:,}. "
            "Leave the method width_scaled out, or name a network with fewer layers"
        )
    if not widths:
        return best
    low, high = 0.0, math.sqrt(parameters / _parameters(model))  # most parameters lie between two scaled layers
    while _parameters(copy := _copy(model, _times(widths, high))) <= parameters:
        low, high, best = high, 1.25 * high, copy
    while low < (factor := (low + high) / 2) < high:  # until no float lies between them
        tried = _times(widths, factor)
        if tried == _times(widths, low):  # a copy is built for new widths only: about 10 of 50 times
            low = factor
        elif tried == _times(widths, high):
            high = factor
        elif _parameters(copy := _copy(model, tried)) <= parameters:
            low, best = factor, copy
        else:
            high = factor
    return best


def _widths(model: keras.Model) -> dict[str, int]:
    """Return the widths of the layers that have one, by name; the output layer is left out."""
    configs = {layer.name: layer.get_config() for layer in model.layers[:-1]}
    return {name: config[key] for name, config in configs.items() for key in WIDTHS if key in config}


def _times(widths: dict[str, int], factor: float) -> dict[str, int]:
    return {name: max(1, math.floor(factor * width + 0.5)) for name, width in widths.items()}


def _copy(model: keras.Model, widths: dict[str, int]) -> keras.Model:
    def resized(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name in widths:
            config |= {key: widths[layer.name] for key in WIDTHS if key in config}
        return layer.__class__.from_config(config)

    return keras.models.clone_model(model, clone_function=resized)


def _parameters(model: keras.Model) -> int:
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)
