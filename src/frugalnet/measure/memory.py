"""Memory of a model, computed from its graph: weights and activations."""

import logging
import math

from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
from frugalnet.networks.graph import Graph, trace

log = logging.getLogger(__name__)


def weight_bytes(model: keras.Model) -> int:
    """Return the bytes of all weights, trainable or not, in the types in which they are stored."""
    return sum(math.prod(weight.shape) * tf.as_dtype(weight.dtype).size for weight in model.weights)


def activation_bytes(model: keras.Model, batch_size: int) -> int | None:
    """Return the largest number of bytes of activations that are alive at once in inference; None where it is not known.

    The graph is walked in the order of execution. During a call, its inputs, its outputs, and all that a later call or
    the model's outputs still need are alive. Every output counts as memory of its own, though a Flatten or Dropout
    needs none; working memory inside a call is left out.
    """
    try:
        graph = trace(model)
    except FrugalNetError as error:
        log.warning("activations are not counted: %s", error)
        return None
    sizes = [_bytes(shape, dtype) for shape, dtype in zip(graph.shapes, graph.dtypes, strict=True)]
    if None in sizes:
        log.warning("activations of %s are not counted: expected fixed sizes but for the batch", model.name)
        return None
    born, last = _lifetimes(graph)
    alive = [
        sum(sizes[tensor] or 0 for tensor in born if born[tensor] <= moment <= last[tensor])
        for moment in range(len(graph.calls))
    ]
    return batch_size * max(alive, default=0)


def _lifetimes(graph: Graph) -> tuple[dict[int, int], dict[int, int]]:
    """Return for each tensor the number of the call that makes it (-1: an input) and of the last call that needs it."""
    born = dict.fromkeys(graph.inputs, -1)
    last = dict(born)
    for moment, call in enumerate(graph.calls):
        last |= dict.fromkeys(call.inputs, moment)
        born |= dict.fromkeys(call.outputs, moment)
        last |= dict.fromkeys(call.outputs, moment)
    return born, last | dict.fromkeys(graph.outputs, len(graph.calls))


def _bytes(shape: tuple[int | None, ...], dtype: str) -> int | None:
    """Return the bytes of one sample of a tensor; None for an open dimension."""
    known = [size for size in shape[1:] if size is not None]
    return math.prod(known) * tf.as_dtype(dtype).size if len(known) == len(shape) - 1 else None
