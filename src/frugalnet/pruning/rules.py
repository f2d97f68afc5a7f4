"""The rules of each kind of layer: which channels of its tensors belong together, and its output for constant channels.

A channel is a position on the last axis. Channels that can only be removed together, because consecutive layers have
the same number of them, get the same number (`groups`); a layer that mixes channels (dense, convolution) starts new
ones. Constants are arrays with a value per channel, NaN for a channel that is not the same for all inputs and at all
places.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from frugalnet.backend import keras
from frugalnet.networks.graph import Call

Shape = tuple[int | None, ...]
Values = np.ndarray
"""Float, one per channel."""


class Joints:
    """Numbers for channels, with those that belong together and those that must stay."""

    def __init__(self) -> None:
        self.count = 0
        self.pairs: list[np.ndarray] = []
        self.pinned: list[np.ndarray] = []

    def new(self, count: int | None, pinned: bool = False) -> np.ndarray:
        """Return numbers for channels of which nothing is known yet."""
        self.count += count or 1
        made = np.arange(self.count - (count or 1), self.count)
        if pinned or count is None:
            self.pin(made)
        return made

    def join(self, one: np.ndarray, other: np.ndarray) -> None:
        """Have channels removed together or not at all."""
        self.pairs.append(np.stack(np.broadcast_arrays(one, other)))

    def pin(self, channels: np.ndarray) -> None:
        """Have channels stay."""
        self.pinned.append(channels)


@dataclass(frozen=True)
class Slot:
    """An axis of a layer's variable, if the layer has that variable, and the channels along it."""

    variable: str
    axis: int
    channels: np.ndarray


def weights_of(layer: keras.Layer) -> dict[str, np.ndarray]:
    """Return the weights of a layer by their names, in double precision."""
    return {variable.name: np.asarray(variable, "float64") for variable in layer.weights}


def applied(call: Call, taken: list[Values]) -> Values:
    """Return the call's output for one sample with these values."""
    tensors = [keras.ops.convert_to_tensor(values[None], "float32") for values in taken]
    args, kwargs = call.fill_in(dict(zip(call.inputs, tensors, strict=True)))
    return np.asarray(call.layer(*args, **kwargs), "float64").ravel()


class Rule:
    """A layer whose channels are left as they are; all other rules derive from it."""

    same_in_training = False
    """Whether the layer does the same in training mode."""

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        """Tell whether the rule covers the layer's settings and inputs of these shapes."""
        return True

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        """Return the numbers of the output's channels, from those of the inputs, their shapes and the output's shape."""
        for channels in taken:
            joints.pin(channels)
        return joints.new(made[-1] if made else 1, pinned=True)

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        """Return the constant of each output channel, from those of the inputs."""
        return np.full(made[-1] or 1 if made else 1, np.nan)

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        """Return the axes of the layer's variables that hold channels."""
        return []

    def config(self, layer: keras.Layer, made: Shape, kept: np.ndarray) -> dict[str, Any]:
        """Return what changes in the layer's configuration when only the output channels `kept` stay."""
        return {}


class PassThrough(Rule):
    """Channels keep their places, and constants their values: pooling, dropout, cropping."""

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        return taken[0]

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        return taken[0]


class Resizing(PassThrough):
    """Interpolation between values of the same channel, or a part of the image; Keras calls such layers in training mode always."""

    same_in_training = True

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        return not getattr(layer, "pad_to_aspect_ratio", False)


class ZeroPadding(PassThrough):
    """Padding with zeros: only a zero stays constant."""

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        return np.where(taken[0] == 0, 0, np.nan)


class Elementwise(PassThrough):
    """A function of each value."""

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        known = np.isfinite(taken[0])
        return np.where(known, applied(call, [np.where(known, taken[0], 0)]), np.nan)


class Rescaling(Elementwise):
    """Values times a scale plus an offset, each one number or one per channel."""

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        return max(np.ndim(layer.scale), np.ndim(layer.offset)) < 2

    def config(self, layer: keras.Layer, made: Shape, kept: np.ndarray) -> dict[str, Any]:
        return _of_channels({"scale": layer.scale, "offset": layer.offset}, kept)


class Normalization(Elementwise):
    """Like Rescaling, with statistics that are variables."""

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        given = {np.size(layer.input_mean), np.size(layer.input_variance)}
        return tuple(layer.axis) in ((-1,), (len(taken[0]) - 1,)) and given <= {1, taken[0][-1]}

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        return [Slot(name, 0, made) for name in ("mean", "variance")]

    def config(self, layer: keras.Layer, made: Shape, kept: np.ndarray) -> dict[str, Any]:
        return _of_channels({"mean": layer.input_mean, "variance": layer.input_variance}, kept)


def _of_channels(values: dict[str, Any], kept: np.ndarray) -> dict[str, Any]:
    """Return those settings that have a value per channel, for the channels that stay; single values need no change."""
    return {name: np.take(value, kept, axis=-1).tolist() for name, value in values.items() if np.size(value) > 1}


class BatchNormalization(PassThrough):
    """A factor and an offset per channel; where the factor is zero the output is constant."""

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        return layer.axis in (-1, len(taken[0]) - 1)

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        weights = weights_of(call.layer)
        factor = weights.get("gamma", 1) / np.sqrt(weights["moving_variance"] + call.layer.epsilon)
        centred = np.where(factor == 0, 0, taken[0] - weights["moving_mean"])
        return centred * factor + weights.get("beta", 0)

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        return [Slot(name, 0, made) for name in weights_of(layer)]


class PReLU(PassThrough):
    """A slope per channel for negative values, which may differ from place to place."""

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        return np.where(taken[0] >= 0, taken[0], np.nan)

    def slots(self, layer: keras.Layer, taken: np.ndarray, made: np.ndarray) -> list[Slot]:
        alpha = weights_of(layer)["alpha"]
        return [Slot("alpha", alpha.ndim - 1, made)] if alpha.shape[-1] == len(made) else []


class Merge(Rule):
    """Inputs of equal width, or of width 1, combined value by value: all that meet in a channel belong together."""

    def follows(self, layer: keras.Operation, taken: list[Shape]) -> bool:
        same_rank = len({len(shape) for shape in taken}) == 1 or isinstance(layer, keras.Layer)
        return same_rank and len({shape[-1] for shape in taken} - {1}) <= 1

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        width = max(map(len, taken))
        first = next(channels for channels in taken if len(channels) == width)
        for channels in taken:
            if len(channels) == width:
                joints.join(first, channels)
            else:
                joints.pin(channels)
        return first

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        known = np.logical_and.reduce(np.broadcast_arrays(*map(np.isfinite, taken)))
        found = applied(call, [np.where(np.isfinite(values), values, 0) for values in taken])
        return np.where(known, found, np.nan)


class Product(Merge):
    """A zero makes the product zero, whatever the rest is."""

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        zero = np.logical_or.reduce(np.broadcast_arrays(*(values == 0 for values in taken)))
        return np.where(zero, 0, super().constants(call, taken, made))


class Concatenate(Rule):
    """Channels side by side; along another axis, those in the same place belong together."""

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        if self._of_channels(call, made):
            return np.concatenate(taken)
        for channels in taken:
            joints.join(taken[0], channels)
        return taken[0]

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        if self._of_channels(call, made):
            return np.concatenate(taken)
        same = np.logical_and.reduce([values == taken[0] for values in taken])
        return np.where(same, taken[0], np.nan)

    def _of_channels(self, call: Call, made: Shape) -> bool:
        return call.layer.axis in (-1, len(made) - 1)


class Reshape(Rule):
    """The same values in another shape: channels that land on the same place of the new last axis belong together."""

    def connect(self, call: Call, taken: list[np.ndarray], shapes: list[Shape], made: Shape, joints: Joints) -> Any:
        if shapes[0][-1] == made[-1]:
            return taken[0]
        columns = _columns(taken[0], made)
        if columns is None or None in shapes[0][1:]:
            return super().connect(call, taken, shapes, made, joints)
        joints.join(columns[0], columns)
        return columns[0]

    def constants(self, call: Call, taken: list[Values], made: Shape) -> Values:
        if len(taken[0]) == made[-1]:
            return taken[0]
        columns = _columns(taken[0], made)
        if columns is None:
            return super().constants(call, taken, made)
        return np.where((columns == columns[0]).all(axis=0), columns[0], np.nan)

    def config(self, layer: keras.Layer, made: Shape, kept: np.ndarray) -> dict[str, Any]:
        if not isinstance(layer, keras.layers.Reshape):
            return {}
        return {"target_shape": [-1 if size is None else size for size in made[1:-1]] + [len(kept)]}


def _columns(channels: np.ndarray, made: Shape) -> np.ndarray | None:
    """Return the channels that land on each place of the reshaped last axis, other places first; None for an unknown size."""
    if None in made[1:]:
        return None
    sizes = [size for size in made[1:] if size is not None]
    return np.resize(channels, math.prod(sizes)).reshape(-1, sizes[-1])
