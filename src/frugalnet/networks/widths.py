"""A network with all its layers made wider or narrower by one factor."""

import math

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError

WIDTHS = ("units", "filters")
"""The keys of a layer's configuration that set the width of its output; layers without them follow their input."""


def scaled(model: keras.Model, parameters: int) -> keras.Model:
    """Return a copy with new weights, its widths scaled to as many trainable parameters as possible, but not more than given.

    The model must be functional; its last layer, the output, keeps its width. Widths are rounded, and at least 1; where
    layers only fit together in the ratios that they have, their greatest common divisor is rounded. Raises FrugalNetError
    if even the smallest widths give more parameters.
    """
    widths = _widths(model)
    try:
        return _scaled(model, parameters, widths, 1)
    except ValueError:  # of Keras: a shortcut without parameters, as in ResNet-20, makes exactly twice the channels
        return _scaled(model, parameters, widths, math.gcd(*widths.values()))


def _scaled(model: keras.Model, parameters: int, widths: dict[str, int], divisor: int) -> keras.Model:
    best = _copy(model, _times(widths, 0, divisor))
    if (least := _parameters(best)) > parameters:
        raise FrugalNetError(
            f"{model.name} cannot be scaled to {parameters:,} parameters: with the smallest widths it still has {least:,}. "
            "Leave the method width_scaled out, or name a network with fewer layers"
        )
    if not widths:
        return best
    low, high = 0.0, math.sqrt(parameters / _parameters(model))  # most parameters lie between two scaled layers
    while _parameters(copy := _copy(model, _times(widths, high, divisor))) <= parameters:
        low, high, best = high, 1.25 * high, copy
    while low < (factor := (low + high) / 2) < high:  # until no float lies between them
        tried = _times(widths, factor, divisor)
        if tried == _times(widths, low, divisor):  # a copy is built for new widths only: about 10 of 50 times
            low = factor
        elif tried == _times(widths, high, divisor):
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


def _times(widths: dict[str, int], factor: float, divisor: int) -> dict[str, int]:
    """Return the widths times a factor, rounded; with a divisor of them other than 1, in the ratios that they have."""
    if divisor == 1:
        return {name: max(1, math.floor(factor * width + 0.5)) for name, width in widths.items()}
    step = max(1, math.floor(factor * divisor + 0.5))
    return {name: step * (width // divisor) for name, width in widths.items()}


def _copy(model: keras.Model, widths: dict[str, int]) -> keras.Model:
    def resized(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name in widths:
            config |= {key: widths[layer.name] for key in WIDTHS if key in config}
        return layer.__class__.from_config(config)

    return keras.models.clone_model(model, clone_function=resized)


def _parameters(model: keras.Model) -> int:
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)
