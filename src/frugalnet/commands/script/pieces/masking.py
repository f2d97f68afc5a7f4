"""Pruning while training: what can be pruned, what is chosen from it, the schedule, and the masks."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

SEED = 0
SPARSITY, INITIAL_SPARSITY, RAMP, UPDATE_STEPS = 0.9, 0.0, 0.5, 20
WEIGHTS = [("dense1", "kernel")]
UNITS = {"dense1": [("dense1", "kernel", 1), ("dense1", "bias", 0), ("dense2", "kernel", 0)]}


class Weights:
    """Single weights that can be pruned, a kernel per layer; each counts by its magnitude."""

    def __init__(self, network: keras.Model) -> None:
        self.variables = [getattr(network.get_layer(layer), weight) for layer, weight in WEIGHTS]

    def scores(self) -> list[np.ndarray]:
        return [np.abs(variable.numpy()) for variable in self.variables]

    def masks(self, kept: list[np.ndarray]) -> list[np.ndarray]:
        return kept


class Units:
    """Neurons and filters that can be pruned; each counts by the norm of all weights that belong to it and go with it."""

    def __init__(self, network: keras.Model) -> None:
        self.groups = [
            [(getattr(network.get_layer(layer), weight), axis) for layer, weight, axis in members]
            for members in UNITS.values()
        ]
        self.variables = list({v.path: v for members in self.groups for v, _ in members}.values())

    def scores(self) -> list[np.ndarray]:
        found = []
        for members in self.groups:
            first, axis = members[0]
            squares = np.zeros(first.shape[axis])
            for variable, axis in members:  # after a Flatten, each unit is there once per place
                values = np.moveaxis(np.square(variable.numpy(), dtype="float64"), axis, 0)
                squares += values.reshape(len(values) // len(squares), len(squares), -1).sum(axis=(0, 2))
            found.append(np.sqrt(squares).astype("float32"))
        return found

    def masks(self, kept: list[np.ndarray]) -> list[np.ndarray]:
        masks = {variable.path: np.ones(variable.shape, "float32") for variable in self.variables}
        for members, own in zip(self.groups, kept, strict=True):
            for variable, axis in members:
                shape = [1] * len(variable.shape)
                shape[axis] = variable.shape[axis]
                masks[variable.path] *= np.resize(own, shape[axis]).reshape(shape)
        return list(masks.values())


class AtRandom:
    """The same candidates, each with a fixed random score: the control of any score."""

    def __init__(self, candidates: Any) -> None:
        generator = np.random.default_rng(SEED)
        self.variables, self.masks = candidates.variables, candidates.masks
        self.random = [generator.random(own.shape, "float32") for own in candidates.scores()]

    def scores(self) -> list[np.ndarray]:
        return self.random


def best(scores: np.ndarray, sparsity: float) -> np.ndarray:
    """Return ones for the best scores and zeros for the others; the sparsity is the fraction of zeros."""
    kept = max(int(np.round(np.float32(scores.size) * np.float32(1 - sparsity))), 1)
    return (scores >= np.partition(scores, scores.size - kept, axis=None)[scores.size - kept]).astype("float32")


def same_in_each_layer(scores: list[np.ndarray], share: float) -> list[np.ndarray]:
    """Drop the same fraction of each layer."""
    return [best(own, share * SPARSITY) for own in scores]


def more_of_large_layers(scores: list[np.ndarray], share: float) -> list[np.ndarray]:
    """Drop more of large layers, so that all layers together have the sparsity."""
    sparsities = spread_by_size([own.shape for own in scores], SPARSITY)
    return [best(own, share * sparsity) for own, sparsity in zip(scores, sparsities, strict=True)]


def smallest_of_all_layers(scores: list[np.ndarray], share: float) -> list[np.ndarray]:
    """Drop the smallest of all layers together, but never the best of a layer."""
    flat = [own.ravel().copy() for own in scores]
    for own in flat:
        own[own.argmax()] = np.inf
    parts = np.split(best(np.concatenate(flat), share * SPARSITY), np.cumsum([own.size for own in flat])[:-1])
    return [part.reshape(own.shape) for part, own in zip(parts, scores, strict=True)]


def two_of_four(scores: list[np.ndarray], share: float) -> list[np.ndarray]:
    """Keep the best two of each four consecutive inputs of an output."""
    masks = []
    for own in scores:
        fours = own.reshape(*own.shape[:-2], own.shape[-2] // 4, 4, own.shape[-1])
        ranks = (-fours).argsort(axis=-2, kind="stable").argsort(axis=-2)
        masks.append((ranks < 2).astype("float32").reshape(own.shape))
    return masks


def polynomial(progress: float) -> float:
    """Return the share of the final sparsity after a share of the ramp (Zhu and Gupta 2017)."""
    return 1 + (INITIAL_SPARSITY / SPARSITY - 1) * (1 - progress) ** 3


def constant(progress: float) -> float:
    """Return the share of the final sparsity: all of it from the start."""
    return 1.0


class Mask(keras.constraints.Constraint):
    """Multiply a weight by zeros and ones after each step of the optimizer: what is pruned stays zero."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.values = keras.Variable(np.ones(shape, "float32"), trainable=False)

    def __call__(self, weight: Any) -> Any:
        return weight * self.values


class Masking(keras.callbacks.Callback):
    """Renew the masks every `UPDATE_STEPS` steps, along the schedule, until the end of the ramp."""

    def __init__(self, candidates: Any, choose: Callable[..., list[np.ndarray]], schedule: Any, steps: int) -> None:
        super().__init__()
        self.candidates, self.choose, self.schedule = candidates, choose, schedule
        self.ramp_steps = max(1, round(steps * RAMP))
        self.next_step: float = 0
        self.masks = [Mask(variable.shape) for variable in candidates.variables]

    def on_train_begin(self, logs: Any = None) -> None:
        for variable, mask in zip(self.candidates.variables, self.masks, strict=True):
            variable.constraint = mask
        self.renew(0)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        step = int(self.model.optimizer.iterations)
        if step >= self.next_step:
            self.renew(step)

    def renew(self, step: int) -> None:
        share = self.schedule(min(step / self.ramp_steps, 1))
        values = self.candidates.masks(self.choose(self.candidates.scores(), share))
        for variable, mask, own in zip(self.candidates.variables, self.masks, values, strict=True):
            mask.values.assign(own)
            variable.assign(variable * own)
        self.next_step = min(step + UPDATE_STEPS, self.ramp_steps) if step < self.ramp_steps else math.inf

    def on_train_end(self, logs: Any = None) -> None:
        for variable in self.candidates.variables:
            variable.constraint = None


def spread_by_size(shapes: list[tuple[int, ...]], sparsity: float) -> list[float]:
    """Return the sparsity of each layer so that large layers lose more, and all together as much as asked for.

    Weights: densities as those of an Erdos-Renyi graph (Mocanu et al. 2018; of filters, Evci et al. 2020). Units: one
    over the root of their number. Layers that would keep more than they have keep everything.
    """
    sizes = np.array([math.prod(shape) for shape in shapes], float)
    share = np.array([sum(shape) / math.prod(shape) if len(shape) > 1 else 1 / math.sqrt(shape[0]) for shape in shapes])
    full = np.zeros(len(shapes), bool)
    while True:
        left = (1 - sparsity) * sizes.sum() - sizes[full].sum()
        density = np.where(full, 1, left * share / (share * sizes)[~full].sum() if not full.all() else 1)
        if (density <= 1).all():
            return [float(1 - value) for value in density]
        full |= density > 1
