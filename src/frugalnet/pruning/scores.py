"""What can be pruned, and how much each part counts: single weights by magnitude, units by the norm of their group."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.config.pruning import Pruning
from frugalnet.errors import FrugalNetError
from frugalnet.networks.graph import Graph, trace
from frugalnet.pruning.channels import Channels, channels_of
from frugalnet.pruning.mixing import Mixing

KERNELS = {
    **dict.fromkeys(
        ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), "kernel"
    ),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), "pointwise_kernel"),
}
"""Layers whose weights are pruned, as in TFMOT's prune_registry: no depthwise kernels."""

STATISTICS = ("moving_mean", "moving_variance", "mean", "variance")


class Candidates(Protocol):
    """What can be pruned in a model, layer by layer."""

    names: list[str]
    masks: list[tuple[keras.Variable, tf.Variable]]
    """Variables that are pruned, each with its mask of zeros and ones of the same shape."""

    def scores(self) -> list[np.ndarray]:
        """Return how much each candidate of each layer counts now, as float32."""

    def choose(self, kept: Sequence[np.ndarray]) -> None:
        """Set the masks so that the candidates with a nonzero `kept` stay; `kept` has the shapes of the scores."""


def candidates(model: keras.Model, pruning: Pruning) -> Candidates:
    """Return what can be pruned in a model; raises FrugalNetError for an excluded layer that does not exist."""
    if pruning.granularity == "unit":
        return Units(model, pruning.exclude)
    return SingleWeights(model, pruning.exclude, pruning.prune_output)


class SingleWeights:
    """The weights of kernels; each counts by its magnitude. Those of output layers stay unless `prune_output`."""

    def __init__(self, model: keras.Model, exclude: Sequence[str], prune_output: bool) -> None:
        graph = trace(model)
        spared = set() if prune_output else _output_layers(graph)
        layers = [layer for layer in graph.layers if type(layer).__name__ in KERNELS and id(layer) not in spared]
        chosen = _chosen([layer.name for layer in layers], exclude)
        layers = [layer for layer in layers if layer.name in chosen]
        self.names = [layer.name for layer in layers]
        kernels = [getattr(layer, KERNELS[type(layer).__name__]) for layer in layers]
        self.masks = [(kernel, _ones(kernel)) for kernel in kernels]

    def scores(self) -> list[np.ndarray]:
        return [np.abs(kernel.numpy()) for kernel, _ in self.masks]

    def choose(self, kept: Sequence[np.ndarray]) -> None:
        for (_, mask), own in zip(self.masks, kept, strict=True):
            mask.assign(own)


class Units:
    """Neurons and filters; each counts by the norm of all that is removed with it, as in Fang et al. 2023 (DepGraph).

    These are its weights and bias, its batch normalization, the weights that it feeds in the next layers, and its
    residual partners. Layers that share their units count as one, because their units can only be removed together.
    """

    def __init__(self, model: keras.Model, exclude: Sequence[str]) -> None:
        channels = channels_of(model)
        self._count = len(channels.pinned)
        members = _members(channels)
        chosen = _chosen([layer.name for layers, _ in members for layer in layers], exclude)
        pruned = [(layers, groups) for layers, groups in members if all(layer.name in chosen for layer in layers)]
        if not pruned:
            raise FrugalNetError(
                "pruning.exclude: leaves nothing to prune, since layers that share their units stay together"
            )
        self.names = [" + ".join(layer.name for layer in layers) for layers, _ in pruned]
        self._groups = [groups for _, groups in pruned]
        concerned = np.isin(np.arange(self._count), np.concatenate(self._groups))
        self._axes = [
            (variable, axes) for variable, axes in _axes(channels) if any(concerned[groups].any() for _, groups in axes)
        ]
        self.masks = [(variable, _ones(variable)) for variable, _ in self._axes]

    def scores(self) -> list[np.ndarray]:
        squares = np.zeros(self._count)
        for variable, axes in self._axes:
            values = np.square(variable.numpy(), dtype="float64")
            for axis, groups in axes:
                others = tuple(other for other in range(values.ndim) if other != axis)
                np.add.at(squares, groups, values.sum(axis=others))
        return [np.sqrt(squares[groups]).astype("float32") for groups in self._groups]

    def choose(self, kept: Sequence[np.ndarray]) -> None:
        stays = np.ones(self._count, "float32")
        for groups, own in zip(self._groups, kept, strict=True):
            stays[groups] = own
        for (variable, mask), (_, axes) in zip(self.masks, self._axes, strict=True):
            product = np.ones(variable.shape, "float32")
            for axis, groups in axes:
                product *= np.expand_dims(stays[groups], [other for other in range(product.ndim) if other != axis])
            mask.assign(product)


class Random:
    """The same candidates, each with a fixed random score: the control of any score."""

    def __init__(self, candidates: Candidates, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.names, self.masks, self.choose = candidates.names, candidates.masks, candidates.choose
        self._scores = [generator.random(own.shape, "float32") for own in candidates.scores()]

    def scores(self) -> list[np.ndarray]:
        return self._scores


def _chosen(names: Iterable[str], exclude: Sequence[str]) -> list[str]:
    """Return the layers that are pruned; raises FrugalNetError for an excluded layer that does not exist."""
    known = list(dict.fromkeys(names))
    unknown = [name for name in exclude if name not in known]
    if unknown:
        raise FrugalNetError(
            f"pruning.exclude: {', '.join(unknown)} is no layer that would be pruned; expected some of {', '.join(known)}"
        )
    left = [name for name in known if name not in exclude]
    if not left:
        if not known:
            raise FrugalNetError(
                "there is nothing to prune in this network: it has no hidden units, or weights, of a known kind"
            )
        raise FrugalNetError(f"pruning.exclude: leaves nothing to prune of {', '.join(known)}")
    return left


def _output_layers(graph: Graph) -> set[int]:
    """Return the ids of the layers whose kernel is the last on the way to an output."""
    makers = {tensor: call for call in graph.calls for tensor in call.outputs}
    found, left = set(), list(graph.outputs)
    while left:
        call = makers.get(left.pop())
        if call is not None and type(call.layer).__name__ in KERNELS:
            found.add(id(call.layer))
        elif call is not None:
            left += call.inputs
    return found


def _axes(channels: Channels) -> list[tuple[keras.Variable, list[tuple[int, np.ndarray]]]]:
    """Return the variables of known layers without statistics, each with the groups along its axes."""
    found = []
    for layer in channels.graph.layers:
        slots = channels.slots.get(id(layer), [])
        for variable in layer.weights if slots else []:
            axes = [(slot.axis, slot.channels) for slot in slots if slot.variable == variable.name]
            if axes and variable.name not in STATISTICS:
                found.append((variable, axes))
    return found


def _members(channels: Channels) -> list[tuple[list[keras.Layer], np.ndarray]]:
    """Return the groups that can be removed, by the layers that make them."""
    owners: dict[int, dict[int, keras.Layer]] = {}
    for call, rule in zip(channels.graph.calls, channels.rules, strict=True):
        if isinstance(rule, Mixing):
            for group in dict.fromkeys(channels.groups[call.outputs[0]].tolist()):
                owners.setdefault(group, {})[id(call.layer)] = call.layer
    members: dict[tuple[int, ...], tuple[list[keras.Layer], list[int]]] = {}
    for group, layers in owners.items():
        if not channels.pinned[group]:
            members.setdefault(tuple(layers), (list(layers.values()), []))[1].append(group)
    return [(layers, np.array(groups)) for layers, groups in members.values()]


def _ones(variable: keras.Variable) -> tf.Variable:
    return tf.Variable(tf.ones(variable.shape), trainable=False)
