"""What can be pruned, and how much each part of it counts: single weights by magnitude, units by the norm of their group."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
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
        """Set the masks so that of each layer the candidates stay where `kept`, of the shape of their scores, is not zero."""


def weights(model: keras.Model, prune_output: bool, exclude: Sequence[str]) -> "Weights":
    """Return all weights of the kernels; those of the last one only if `prune_output`."""
    found = {layer.name: getattr(layer, KERNELS[type(layer).__name__]) for layer in prunable_layers(model)}
    if not prune_output:
        found.pop(next(reversed(found), ""), None)
    return Weights({name: found[name] for name in _chosen(list(found), exclude)})


def prunable_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the layers whose weights can be pruned, in the order of the model."""
    return [layer for layer in model._flatten_layers(include_self=False) if type(layer).__name__ in KERNELS]


def _chosen(names: list[str], exclude: Sequence[str]) -> list[str]:
    """Return the layers that are pruned; raises FrugalNetError for one that is to be left out and is not there."""
    unknown = [name for name in exclude if name not in names]
    if unknown:
        raise FrugalNetError(
            f"pruning.exclude: {', '.join(unknown)} is no layer that would be pruned; expected some of {', '.join(names)}"
        )
    left = [name for name in names if name not in exclude]
    if not left:
        raise FrugalNetError(f"pruning.exclude: leaves nothing to prune of {', '.join(names) or 'this network'}")
    return left


class Weights:
    """Single weights; each counts by its magnitude."""

    def __init__(self, kernels: dict[str, keras.Variable]) -> None:
        self.names = list(kernels)
        self.masks = [(kernel, _ones(kernel)) for kernel in kernels.values()]

    def scores(self) -> list[np.ndarray]:
        return [np.abs(kernel.numpy()) for kernel, _ in self.masks]

    def choose(self, kept: Sequence[np.ndarray]) -> None:
        for (_, mask), own in zip(self.masks, kept, strict=True):
            mask.assign(own)


class Units:
    """Neurons and filters; each counts by the norm of all that goes with it, as in Fang et al. 2023 (DepGraph).

    That is its weights and bias, its batch normalization, the weights of the next layers that it feeds, and its residual
    partners, which can only go together: layers that share their units count as one.
    """

    def __init__(self, model: keras.Model, exclude: Sequence[str]) -> None:
        channels = channels_of(model)
        self._axes = _axes(channels)
        self._count = len(channels.pinned)
        members = _members(channels)
        known = list(dict.fromkeys(name for owners in members for name in owners))
        chosen = set(_chosen(known, exclude))
        pruned = {owners: groups for owners, groups in members.items() if set(owners) <= chosen}
        self.names = [" + ".join(owners) for owners in pruned]
        self._groups = list(pruned.values())
        concerned = np.isin(np.arange(self._count), np.concatenate(self._groups))
        self._axes = [
            (variable, axes) for variable, axes in self._axes if any(concerned[groups].any() for _, groups in axes)
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


def _axes(channels: Channels) -> list[tuple[keras.Variable, list[tuple[int, np.ndarray]]]]:
    """Return the variables of known layers, each with the groups along its axes; statistics are none of them."""
    found = []
    for layer in channels.graph.layers:
        slots = channels.slots.get(id(layer), [])
        for variable in layer.weights if slots else []:
            axes = [(slot.axis, slot.channels) for slot in slots if slot.variable == variable.name]
            if axes and variable.name not in STATISTICS:
                found.append((variable, axes))
    return found


def _members(channels: Channels) -> dict[tuple[str, ...], np.ndarray]:
    """Return the groups that can go, by the layers that make them."""
    owners: dict[int, dict[str, None]] = {}
    for call, rule in zip(channels.graph.calls, channels.rules, strict=True):
        if isinstance(rule, Mixing):
            for group in dict.fromkeys(channels.groups[call.outputs[0]].tolist()):
                owners.setdefault(group, {})[call.layer.name] = None
    members: dict[tuple[str, ...], list[int]] = {}
    for group, names in owners.items():
        if not channels.pinned[group]:
            members.setdefault(tuple(names), []).append(group)
    return {names: np.array(groups) for names, groups in members.items()}


class Random:
    """The same candidates, each with a random score that stays: the control of any score."""

    def __init__(self, candidates: Candidates, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.names, self.masks, self.choose = candidates.names, candidates.masks, candidates.choose
        self._scores = [generator.random(own.shape, "float32") for own in candidates.scores()]

    def scores(self) -> list[np.ndarray]:
        return self._scores


def _ones(variable: keras.Variable) -> tf.Variable:
    return tf.Variable(tf.ones(variable.shape), trainable=False)
