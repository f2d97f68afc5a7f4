"""Random weights, and units that are dead in every way that compaction has to see."""

import numpy as np

from frugalnet.backend import keras
from tests.model.made_layers import chance, pick

layers = keras.layers
THROUGH = (
    layers.Activation,
    layers.ReLU,
    layers.LeakyReLU,
    layers.ELU,
    layers.PReLU,
    layers.BatchNormalization,
    layers.Dropout,
    layers.MaxPooling2D,
    layers.AveragePooling2D,
    layers.GlobalAveragePooling2D,
)
"""Layers whose channels are those of their input."""
MILD = (0, 0, 0.2, 0.3, 0.3, 0.5)
HARSH = (0, 0.3, 0.6, 1, 1)


def layers_of(model):
    """Return all layers, those of nested models too."""
    return list(model._flatten_layers(include_self=False))


def randomise(rng, model):
    """Give every weight a random value that keeps activations of moderate size."""
    for layer in layers_of(model):
        if isinstance(layer, layers.Normalization):
            continue
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            shape = tuple(variable.shape)
            if "kernel" in variable.name:
                fan_in = max(1, int(np.prod(shape[:2] if variable.name == "depthwise_kernel" else shape[:-1])))
                values = rng.normal(size=shape) * 1.3 / np.sqrt(fan_in)
            elif variable.name in ("gamma", "moving_variance", "share", "alpha"):
                values = rng.uniform(0.4, 1.6, shape)
            elif variable.dtype == "float32":
                values = rng.uniform(-0.6, 0.6, shape)
            else:
                continue
            variable.assign(values)


def kill_units(rng, model):
    """Kill units at random, in one graph of five so many that little is left, and return the kinds of death."""
    shares = HARSH if chance(rng, 0.2) else MILD
    deaths = set()
    heads = {id(tensor._keras_history.operation) for tensor in model.outputs}
    for layer in layers_of(model):
        if id(layer) in heads or not layer.weights:
            continue
        if isinstance(layer, layers.BatchNormalization):
            deaths |= _kill_norm(rng, layer, shares)
        elif isinstance(layer, layers.DepthwiseConv2D):
            deaths |= _kill_depthwise(rng, layer, shares)
        elif isinstance(layer, layers.SeparableConv2D):
            deaths |= _kill_separable(rng, layer, shares)
        elif isinstance(layer, (layers.Dense, layers.Conv1D, layers.Conv2D)):
            deaths |= _kill_columns(rng, layer, shares, "kernel")
            deaths |= _kill_rows(rng, layer)
    for layer in layers_of(model):
        if isinstance(layer, (layers.Dense, layers.Conv2D)):
            deaths |= _kill_chain(rng, layer)
    return deaths


def _some(rng, shares, number):
    """Return which of some units die: none, some, all but one, and seldom all."""
    if chance(rng, 0.01):
        return np.ones(number, bool)
    share = pick(rng, *shares)
    if share == 1:
        return np.arange(number) != rng.integers(number)
    return rng.random(number) < share


def _extent(dead):
    alive = len(dead) - dead.sum()
    return {"all units dead"} if alive == 0 else {"all but one dead"} if alive == 1 and len(dead) > 1 else set()


def _kill_columns(rng, layer, shares, kernel):
    values = getattr(layer, kernel).numpy()
    dead = _some(rng, shares, values.shape[-1])
    values[..., dead] = 0
    getattr(layer, kernel).assign(values)
    if not dead.any():
        return set()
    if layer.bias is None:
        return _extent(dead) | {"column without bias"}
    return _extent(dead) | _kill_bias(rng, layer, dead)


def _kill_bias(rng, layer, dead):
    """Give dead units biases of zero, others, or some of which the activation makes zero."""
    form, bias = pick(rng, "column and bias", "column and bias", "constant", "closed"), layer.bias.numpy()
    if form == "column and bias":
        bias[dead] = 0
    elif form == "closed":  # relu and hard_sigmoid give zero: a gate that is shut
        bias[dead] = -7
        if layer.activation.__name__ not in ("relu", "hard_sigmoid"):
            bias[dead] = 0
            form = "column and bias"
    layer.bias.assign(bias)
    return {form}


def _kill_rows(rng, layer):
    """Zero all that uses some input channels; after Flatten, the rows of a channel at every position."""
    if chance(rng, 0.6) or getattr(layer, "groups", 1) > 1:
        return set()
    kernel = layer.kernel.numpy()
    rows = kernel.shape[-2]
    before = _before(layer)
    channels = before.input.shape[-1] if isinstance(before, layers.Flatten) else rows
    dead = rng.random(channels) < 0.3
    dead[rng.integers(channels)] = False
    kernel[..., np.tile(dead, rows // channels), :] = 0
    layer.kernel.assign(kernel)
    if not dead.any():
        return set()
    return {"unused channels through Flatten"} if channels < rows else {"unused"}


def _kill_norm(rng, layer, shares):
    if layer.gamma is None:
        return set()
    gamma = layer.gamma.numpy()
    dead = _some(rng, shares, len(gamma))
    layer.gamma.assign(np.where(dead, 0, gamma))
    if not dead.any():
        return set()
    if layer.beta is not None and chance(rng, 0.5):
        layer.beta.assign(np.where(dead, 0, layer.beta.numpy()))
        return _extent(dead) | {"gamma and beta"}
    return _extent(dead) | {"gamma" if layer.beta is not None else "gamma without beta"}


def _kill_depthwise(rng, layer, shares):
    kernel = layer.kernel.numpy()
    dead = _some(rng, shares, kernel.shape[-2] * kernel.shape[-1]).reshape(kernel.shape[-2:])
    kernel[:, :, dead] = 0
    layer.kernel.assign(kernel)
    if not dead.any():
        return set()
    if layer.bias is not None and chance(rng, 0.5):
        layer.bias.assign(np.where(dead.ravel(), 0, layer.bias.numpy()))
    return _extent(dead.ravel()) | {"depthwise kernel"}


def _kill_separable(rng, layer, shares):
    deaths = _kill_columns(rng, layer, shares, "pointwise_kernel")
    if chance(rng, 0.5):
        kernel = layer.depthwise_kernel.numpy()
        kernel[:, :, _some(rng, shares, kernel.shape[-2])] = 0
        layer.depthwise_kernel.assign(kernel)
        deaths |= {"depthwise kernel of separable"}
    return deaths


def _before(layer):
    """Return the operation that the input of a layer comes from, None where there are several."""
    if len(layer._inbound_nodes) != 1 or len(layer._inbound_nodes[0].input_tensors) != 1:
        return None
    return layer._inbound_nodes[0].input_tensors[0]._keras_history.operation


def _kill_chain(rng, layer):
    """Let some units of a layer see nothing but the dead units of the layer before it."""
    before = _before(layer)
    while isinstance(before, THROUGH):
        before = _before(before)
    if not isinstance(before, (layers.Dense, layers.Conv2D)) or getattr(layer, "groups", 1) > 1 or chance(rng, 0.5):
        return set()
    if isinstance(before, layers.DepthwiseConv2D) or layer.kernel.shape[-2] != before.kernel.shape[-1]:
        return set()
    dead = (before.kernel.numpy() == 0).all(axis=tuple(range(before.kernel.ndim - 1)))
    units = rng.random(layer.kernel.shape[-1]) < 0.3
    if not dead.any() or not units.any():
        return set()
    kernel = layer.kernel.numpy()
    kernel *= ~(np.outer(~dead, units))
    layer.kernel.assign(kernel)
    return {"chain"}
