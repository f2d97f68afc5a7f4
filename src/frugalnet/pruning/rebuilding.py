"""A model rebuilt from some of its channels."""

import copy
import logging
from typing import Any

import numpy as np

from frugalnet.backend import keras
from frugalnet.networks.graph import Call, functional_of
from frugalnet.pruning.channels import STAYS, Channels
from frugalnet.pruning.mixing import Mixing
from frugalnet.pruning.rules import Rule, Values, weights_of

log = logging.getLogger(__name__)


def rebuilt(model: keras.Model, channels: Channels, constants: list[Values], removed: np.ndarray) -> keras.Model:
    """Return the model without the removed groups; the constants among them are folded into the biases behind them."""
    graph, source = channels.graph, functional_of(model)
    assert source is not None  # it was traced
    inputs = [
        keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, sparse=tensor.sparse, name=tensor.name)
        for tensor in source.inputs
    ]
    tensors: dict[int, Any] = dict(zip(graph.inputs, inputs, strict=True))
    maker = _Maker(channels, constants, removed, {tensor.name for tensor in inputs})
    for call, rule in zip(graph.calls, channels.rules, strict=True):
        made = maker.call(call, rule, tensors)
        tensors |= zip(call.outputs, keras.tree.flatten(made), strict=True)
    outputs = [tensors[number] for number in graph.outputs]
    return keras.Model(
        keras.tree.pack_sequence_as(source._inputs_struct, inputs),
        keras.tree.pack_sequence_as(source._outputs_struct, outputs),
        name=model.name,
    )


class _Maker:
    """Copy each layer with the weights of the channels that stay; a layer with weights gets one copy for all of its calls."""

    def __init__(self, channels: Channels, constants: list[Values], removed: np.ndarray, names: set[str]) -> None:
        self._channels = channels
        self._constants = constants
        self._removed = removed
        self._names = names
        self._copies: dict[int, keras.Operation] = {}

    def call(self, call: Call, rule: Rule, tensors: dict[int, Any]) -> Any:
        """Return the result of a layer's copy on new tensors."""
        args, kwargs = call.fill_in(tensors)
        if id(call.layer) in self._copies:
            return self._copies[id(call.layer)](*args, **kwargs)
        name = self._unused(call.layer.name)
        if not isinstance(call.layer, keras.Layer):
            return _operation(call.layer, name)(*args, **kwargs)
        if id(call.layer) in self._channels.shared:
            new, made = call.layer, call.layer(*args, **kwargs)
        elif rule is STAYS:
            new, made = _same(call.layer, name, args, kwargs)
        else:
            folded = self._folded(call, rule)
            new = self._smaller(call, rule, name, folded)
            made = new(*args, **kwargs)
            self._set_weights(new, call.layer, folded)
        if new.weights:
            self._copies[id(call.layer)] = new
        return made

    def _smaller(self, call: Call, rule: Rule, name: str, folded: Values | None) -> keras.Layer:
        layer, groups = call.layer, self._channels.groups[call.outputs[0]]
        shape = self._channels.graph.shapes[call.outputs[0]]
        if type(layer).__name__ == "CastToFloat32":
            return keras.layers.Rescaling(1.0, dtype="float32", name=name)
        if type(layer).__name__ == "ExpandLastDim":
            return keras.layers.Reshape([-1 if size is None else size for size in shape[1:]], name=name)
        config = layer.get_config() | {"name": name} | rule.config(layer, shape, np.flatnonzero(~self._removed[groups]))
        if folded is not None and folded.any():
            config["use_bias"] = True
        if "activation" not in config or isinstance(layer, keras.layers.Activation):
            return type(layer).from_config(config)
        smaller = type(layer).from_config(config | {"activation": None})
        smaller.activation = layer.activation  # it may have no name by which Keras finds it
        return smaller

    def _folded(self, call: Call, rule: Rule) -> Values | None:
        """Return what the constants among the removed inputs add to each output of a mixing layer."""
        if not isinstance(rule, Mixing):
            return None
        values = self._constants[call.inputs[0]]
        gone = self._removed[self._channels.groups[call.inputs[0]]] & np.isfinite(values)
        return np.where(gone, values, 0) @ rule.coupling(call.layer).effect

    def _set_weights(self, smaller: keras.Layer, layer: keras.Layer, folded: Values | None) -> None:
        weights = weights_of(layer)
        if folded is not None:
            weights["bias"] = weights.get("bias", 0) + folded
        for variable in smaller.weights:
            values = weights[variable.name]
            for slot in self._channels.slots[id(layer)]:
                if slot.variable == variable.name:
                    values = np.compress(~self._removed[slot.channels], values, slot.axis)
            variable.assign(values)
        if isinstance(smaller, keras.layers.Normalization):
            smaller.finalize_state()

    def _unused(self, name: str) -> str:
        """Return the name, with a number if another layer has it already."""
        found, count = name, 0
        while found in self._names:
            count += 1
            found = f"{name}_{count}"
        self._names.add(found)
        return found


def _operation(operation: keras.Operation, name: str) -> keras.Operation:
    """Return an operation, which has no weights, without its earlier calls."""
    fresh = copy.copy(operation)
    fresh.name, fresh._inbound_nodes, fresh._outbound_nodes = name, [], []
    return fresh


def _same(layer: keras.Layer, name: str, args: Any, kwargs: Any) -> tuple[keras.Layer, Any]:
    """Return a copy of a layer and its result; the layer itself if it cannot be copied."""
    try:
        same = type(layer).from_config(layer.get_config() | {"name": name})
        made = same(*args, **kwargs)
        same.set_weights(layer.get_weights())
    except Exception as error:
        log.warning("%s (%s) cannot be copied, both models share it: %s", layer.name, type(layer).__name__, error)
        return layer, layer(*args, **kwargs)
    return same, made
