"""Layers that mix channels, or convolve each channel separately: dense layers and convolutions."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from frugalnet.backend import keras
from frugalnet.networks.graph import Call
from frugalnet.pruning.rules import Joints, Rule, Shape, Slot, Values, weights_of

ELEMENTWISE = {
    getattr(keras.activations, name)
    for name in (
        *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu"),
        *("linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus"),
        *("softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink", "threshold"),
    )
}
"""Activations that act on one value at a time; the others (as softmax) make each channel depend on all."""
ACTIVATION_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)
MIXED = {getattr(keras.activations, name) for name in ("softmax", "log_softmax", "sparsemax", "glu")}


def is_elementwise(activation: Any) -> bool:
    """Tell whether an activation, a function or a layer, is known to act on one value at a time."""
    return activation in ELEMENTWISE or type(activation) in ACTIVATION_LAYERS


@dataclass(frozen=True)
class Coupling:
    """How a mixing layer couples inputs with outputs; both arrays are inputs x outputs."""

    used: np.ndarray
    """Whether any weight between the two is not zero."""
    effect: np.ndarray
    """What a constant 1 in the input adds to the output, away from the edges."""
    edges: bool
    """Whether padding changes that at the edges."""


class Mixing(Rule):
    """Each output channel is an activation of a weighted sum of all input channels, plus a bias."""

    size = "filters"

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        return getattr(layer, "groups", 1) == 1 and _is_plain(layer)

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        return joints.new(made[-1], pinned=not is_elementwise(call.layer.activation))

    def coupling(self, layer: keras.Layer) -> Coupling:
        """Return how inputs and outputs are coupled."""
        kernel = weights_of(layer)["kernel"]
        places = tuple(range(kernel.ndim - 2))
        return Coupling((kernel != 0).any(places), kernel.sum(places), _pads(layer))

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        found = self.coupling(call.layer)
        exact = np.isfinite(taken[0]) & ((taken[0] == 0) | (not found.edges))
        sums = np.where(exact, taken[0], 0) @ found.effect
        return _activated(call.layer, np.where(found.used[~exact].any(axis=0), np.nan, sums))

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        rank = weights_of(layer)["kernel"].ndim
        return [Slot("kernel", rank - 2, taken), Slot("kernel", rank - 1, made), Slot("bias", 0, made)]

    def config(self, layer: keras.Layer, made: Shape, kept: np.ndarray) -> dict[str, Any]:
        return {self.size: len(kept)}


class Dense(Mixing):
    """A mixing layer whose width is called units."""

    size = "units"


class Separable(Mixing):
    """A depthwise convolution, and a mixing of its channels."""

    def coupling(self, layer: keras.Layer) -> Coupling:
        weights = weights_of(layer)
        depthwise, pointwise = weights["depthwise_kernel"], weights["pointwise_kernel"]
        places = tuple(range(depthwise.ndim - 2))
        inputs, multiplier = depthwise.shape[-2:]
        pointwise = pointwise.reshape(inputs, multiplier, -1)
        used = (depthwise != 0).any(places)[..., None] & (pointwise != 0)
        effect = (depthwise.sum(places)[..., None] * pointwise).sum(axis=1)
        return Coupling(used.any(axis=1), effect, _pads(layer))

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        rank, each = weights_of(layer)["depthwise_kernel"].ndim, np.repeat(taken, layer.depth_multiplier)
        return [
            Slot("depthwise_kernel", rank - 2, taken),
            Slot("pointwise_kernel", rank - 2, each),
            Slot("pointwise_kernel", rank - 1, made),
            Slot("bias", 0, made),
        ]


class Depthwise(Rule):
    """A convolution of each channel separately, into as many channels as the multiplier says, which belong to it."""

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        return _is_plain(layer)

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        if not is_elementwise(call.layer.activation):
            joints.pin(taken[0])
        return np.repeat(taken[0], call.layer.depth_multiplier)

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        kernel = weights_of(call.layer)["kernel"]
        places = tuple(range(kernel.ndim - 2))
        values = taken[0][:, None]
        exact = np.isfinite(values) & ((values == 0) | (not _pads(call.layer)))
        sums = np.where(exact, values * kernel.sum(places), np.where((kernel == 0).all(places), 0, np.nan))
        return _activated(call.layer, sums.ravel())

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        return [Slot("kernel", weights_of(layer)["kernel"].ndim - 2, taken), Slot("bias", 0, made)]


def _is_plain(layer: keras.Layer) -> bool:
    """Tell whether a layer's kernel is the trained one: not quantized, and without a low-rank adapter."""
    return getattr(layer, "quantization_mode", None) is None and not getattr(layer, "lora_enabled", False)


def _pads(layer: keras.Layer) -> bool:
    """Tell whether a layer sees zeros beyond the edges of its input."""
    return getattr(layer, "padding", "valid") != "valid" and max(layer.kernel_size) > 1


def _activated(layer: keras.Layer, sums: Values) -> Values:
    """Return the activation of constant sums plus the layer's bias."""
    sums = sums + weights_of(layer).get("bias", 0)
    if not is_elementwise(layer.activation):
        return np.full_like(sums, np.nan)
    known = np.isfinite(sums)
    found = layer.activation(keras.ops.convert_to_tensor(np.where(known, sums, 0), "float32"))
    return np.where(known, np.asarray(found, "float64"), np.nan)
