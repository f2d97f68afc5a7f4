"""Multiply-accumulates of a model for one sample: all of them, and those whose kernel weights are not zero."""

import logging
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError
from frugalnet.networks.graph import Call, Graph, trace

log = logging.getLogger(__name__)
layers = keras.layers

AT_OUTPUTS: dict[type, tuple[str, ...]] = {
    layers.Dense: ("kernel",),
    layers.Conv1D: ("kernel",),
    layers.Conv2D: ("kernel",),
    layers.Conv3D: ("kernel",),
    layers.DepthwiseConv1D: ("kernel",),
    layers.DepthwiseConv2D: ("kernel",),
    layers.SeparableConv1D: ("depthwise_kernel", "pointwise_kernel"),
    layers.SeparableConv2D: ("depthwise_kernel", "pointwise_kernel"),
}
"""Layers that use every weight of these kernels once for each position of their output."""
AT_INPUTS: dict[type, tuple[str, ...]] = {
    layers.Conv1DTranspose: ("kernel",),
    layers.Conv2DTranspose: ("kernel",),
    layers.Conv3DTranspose: ("kernel",),
}
"""Layers that use every weight of these kernels once for each position of their input."""
WITHOUT_KERNELS = (
    layers.BatchNormalization,
    layers.Embedding,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.Normalization,
    layers.PReLU,
)
"""Layers whose weights only scale, shift or look up; these are not counted as multiply-accumulates."""
PRODUCTS_OF_INPUTS = {
    "AdditiveAttention",
    "Attention",
    "Dot",
    "DotProductAttention",
    "Einsum",
    "Inner",
    "Matmul",
    "Outer",
    "Tensordot",
    "Vdot",
}
"""Layers and operations without weights that multiply their inputs; they are not counted, so the sum is not known."""


UNLIKE = {
    "name",
    "trainable",
    "seed",
    "seed_generator",
    "mean",
    "variance",
    "scale",
    "offset",
    "rate",
    "momentum",
    "epsilon",
}
UNLIKE_ENDS = ("_initializer", "_regularizer", "_constraint")
"""Settings of layers, and endings of their names, that affect values and training but not the operations."""


class Macs(NamedTuple):
    """Multiply-accumulates of one sample; None where they are not known."""

    dense: int | None
    nonzero: int | None


def macs(model: keras.Model) -> Macs:
    """Count the multiply-accumulates of one sample through a Sequential or functional model.

    A kernel weight counts once for each position at which it is used: positions of the output for dense layers and
    convolutions (including those in the padding of 'same', as in TensorFlow's profiler, whose FLOPs are twice as many),
    positions of the input for transposed convolutions. Biases, activations, pooling and normalization count 0. A layer
    that is called twice counts twice. Not known, with a line in the log, where a layer with weights is none of these.
    """
    try:
        graph = trace(model)
    except FrugalNetError as error:
        log.warning("operations are not counted: %s", error)
        return Macs(None, None)
    counts = [_of_call(call, graph) for call in graph.calls]
    unknown = sorted(
        {
            f"{call.layer.name} ({type(call.layer).__name__})"
            for call, n in zip(graph.calls, counts, strict=True)
            if n is None
        }
    )
    if unknown:
        log.warning("operations are not counted: not known for %s of %s", ", ".join(unknown), model.name)
        return Macs(None, None)
    return Macs(*(sum(column) for column in zip((0, 0), *(count for count in counts if count), strict=True)))


def _of_call(call: Call, graph: Graph) -> tuple[int, int] | None:
    """Return dense and nonzero count of one call; None where they are not known."""
    layer = call.layer
    for kinds, tensors in ((AT_OUTPUTS, call.outputs), (AT_INPUTS, call.inputs)):
        names = next((names for kind, names in kinds.items() if _is(layer, kind)), None)
        if names is not None:
            positions = _positions(layer, graph.shapes[tensors[0]])
            kernels = [np.asarray(getattr(layer, name)) for name in names]
            if positions is None:
                return None
            return positions * sum(k.size for k in kernels), positions * sum(int(np.count_nonzero(k)) for k in kernels)
    has_weights = bool(getattr(layer, "weights", ())) and not isinstance(layer, WITHOUT_KERNELS)
    return None if has_weights or type(layer).__name__ in PRODUCTS_OF_INPUTS else (0, 0)


def _is(layer: keras.Operation, kind: type) -> bool:
    """Tell whether a layer computes what its kind does; a subclass with its own `call` may do anything."""
    return isinstance(layer, kind) and type(layer).call is kind.call  # type: ignore[attr-defined]


def _positions(layer: keras.Operation, shape: tuple[int | None, ...]) -> int | None:
    """Return the number of positions in a tensor: the product of all but batch and channels; None for an open dimension."""
    spatial = shape[2:] if getattr(layer, "data_format", None) == "channels_first" else shape[1:-1]
    known = [size for size in spatial if size is not None]
    return math.prod(known) if len(known) == len(spatial) else None


def same_operations(one: keras.Model, other: keras.Model) -> bool:
    """Tell whether two models do the same operations on the same shapes, whatever their weights; False if one has no graph."""
    try:
        return _operations(trace(one)) == _operations(trace(other))
    except FrugalNetError:
        return False


def _operations(graph: Graph) -> list[Any]:
    """Return what a graph does, call by call, with its tensors numbered in order of appearance."""
    numbers: dict[int, int] = {}

    def numbered(tensors: Sequence[int]) -> list[int]:
        return [numbers.setdefault(tensor, len(numbers)) for tensor in tensors]

    found: list[Any] = [numbered(graph.inputs)]
    for call in graph.calls:
        shapes = [(graph.shapes[tensor], graph.dtypes[tensor]) for tensor in (*call.inputs, *call.outputs)]
        weights = [tuple(weight.shape) for weight in getattr(call.layer, "weights", ())]
        settings = {
            key: value
            for key, value in _settings(call.layer).items()
            if key not in UNLIKE and not key.endswith(UNLIKE_ENDS)
        }
        found.append((type(call.layer), numbered(call.inputs), numbered(call.outputs), shapes, weights, repr(settings)))
    return [*found, numbered(graph.outputs)]


def _settings(layer: keras.Operation) -> dict[str, Any]:
    try:
        return layer.get_config()
    except NotImplementedError:
        return {}
