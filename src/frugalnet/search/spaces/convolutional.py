"""Spaces of convolutional networks: blocks, each except the last followed by pooling, and dense layers.

The last block is pooled to at most 4x4 places, as in the baselines, so that fewer blocks do not mean a larger dense
layer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from frugalnet.backend import keras
from frugalnet.search.spaces.dense import at_least, at_place, dense_layers, narrower, normalized

layers = keras.layers

LAST_MAP = 4
"""Most places per side in the input of the dense layers."""
FILTERS = (8, 16, 32, 64, 128)


@dataclass(frozen=True)
class Baseline:
    """A dataset's own network: the filters of its blocks, the units of its dense layers, and how it convolves."""

    filters: tuple[int, ...]
    units: tuple[int, ...]
    padding: str
    norm: bool


MNIST = Baseline((), (528, 128), "same", norm=False)
CIFAR10 = Baseline((32, 64, 64), (64,), "valid", norm=False)
SAT6 = Baseline((32, 32, 32), (512, 32), "same", norm=True)


def mnist_wide(hp: Any, x: Any) -> Any:
    """Return up to four blocks of up to 64 filters and up to two dense layers of up to 1024 units."""
    return _wide(hp, x, MNIST, filters=(8, 16, 32, 64), widths=(16, 32, 64, 128, 256, 528, 1024), fewest=0)


def cifar10_small(hp: Any, x: Any) -> Any:
    """Return one to four convolutions and one or two dense layers, none wider than the baseline's at its place."""
    return _small(hp, x, CIFAR10)


def cifar10_wide(hp: Any, x: Any) -> Any:
    """Return one to four blocks of up to 128 filters and up to two dense layers of up to 256 units."""
    return _wide(hp, x, CIFAR10, FILTERS, widths=(16, 32, 64, 128, 256))


def sat6_small(hp: Any, x: Any) -> Any:
    """Return one to four convolutions and one to three dense layers, none wider than the baseline's at its place."""
    return _small(hp, x, SAT6)


def sat6_wide(hp: Any, x: Any) -> Any:
    """Return one to four blocks of up to 128 filters and up to two dense layers of up to 512 units."""
    return _wide(hp, x, SAT6, FILTERS, widths=(16, 32, 64, 128, 256, 512))


def _small(hp: Any, x: Any, baseline: Baseline) -> Any:
    """Return convolutions of 3x3 or 5x5, one per block, with all else as in the baseline."""
    choices = narrower(baseline.filters)
    counts = list(range(1, len(choices) + 1))
    count = hp.Choice("blocks", counts, default=len(baseline.filters))
    for block, choice in enumerate(choices, start=1):
        with hp.conditional_scope("blocks", at_least(block, counts)):
            filters = hp.Choice(f"block{block}/filters", choice, default=at_place(block, baseline.filters))
            kernel = hp.Choice(f"block{block}/kernel", [3, 5], default=3)
        if block <= count:
            x = _convolution(x, layers.Conv2D, filters, kernel, baseline.padding, baseline.norm, f"{block}")
            x = _pooled(x, block, last=block == count)
    return dense_layers(hp, layers.Flatten(name="flatten")(x), baseline.units, narrower(baseline.units))


def _wide(
    hp: Any, x: Any, baseline: Baseline, filters: tuple[int, ...], widths: tuple[int, ...], fewest: int = 1
) -> Any:
    """Return blocks, each with its own kind, width, kernel, depth and padding; pooling, norm and dropout are shared by all."""
    counts = list(range(fewest, 5))
    count = hp.Choice("blocks", counts, default=len(baseline.filters))
    with hp.conditional_scope("blocks", at_least(1, counts)):
        pooling = hp.Choice("pooling", ["max", "average"], default="max")
        norm = hp.Boolean("norm", default=baseline.norm)
        dropout = hp.Choice("dropout", [0.0, 0.1, 0.25], default=0.0)
    if count and len(x.shape) == 3:
        x = layers.Reshape((*x.shape[1:], 1), name="channels")(x)
    for block in range(1, counts[-1] + 1):
        with hp.conditional_scope("blocks", at_least(block, counts)):
            make = _choose_block(hp, block, baseline, filters)
        if block <= count:
            x = make(x, norm)
            if block < count or pooling == "max":
                x = _pooled(x, block, last=block == count)
            if dropout:
                x = layers.Dropout(dropout, name=f"dropout{block}")(x)
    if count and pooling == "average":  # one value per filter
        x = layers.GlobalAveragePooling2D(name="average")(x)
    else:
        x = layers.Flatten(name="flatten")(x)
    return dense_layers(hp, x, baseline.units, [widths, widths], fewest=0, regularized=True)


def _choose_block(hp: Any, block: int, baseline: Baseline, choices: tuple[int, ...]) -> Callable[[Any, bool], Any]:
    """Choose a block, and return the function that makes it from its input and whether to normalize."""
    kind = hp.Choice(f"block{block}/kind", ["convolution", "separable", "residual"], default="convolution")
    default = at_place(block, baseline.filters or choices[:1])
    filters = hp.Choice(f"block{block}/filters", list(choices), default=default)
    kernel = hp.Choice(f"block{block}/kernel", [3, 5], default=3)
    with hp.conditional_scope(
        f"block{block}/kind", ["convolution", "separable"]
    ):  # a residual block always has two, padded
        depth = hp.Choice(f"block{block}/convolutions", [1, 2], default=1)
        padding = hp.Choice(f"block{block}/padding", ["valid", "same"], default=baseline.padding)

    def make(x: Any, norm: bool) -> Any:
        if kind == "residual":
            return _residual(x, filters, kernel, norm, block)
        layer = layers.SeparableConv2D if kind == "separable" else layers.Conv2D
        for name in (f"{block}", f"{block}_2")[:depth]:
            x = _convolution(x, layer, filters, kernel, padding, norm, name)
        return x

    return make


def _residual(x: Any, filters: int, kernel: int, norm: bool, block: int) -> Any:
    """Return two convolutions and a shortcut around them, a 1x1 convolution where the number of channels changes."""
    shortcut = x
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, name=f"shortcut{block}")(x)
    x = _convolution(x, layers.Conv2D, filters, kernel, "same", norm, f"{block}")
    x = _convolution(x, layers.Conv2D, filters, kernel, "same", norm, f"{block}_2", activation="linear")
    return layers.ReLU(name=f"relu{block}")(layers.Add(name=f"add{block}")([x, shortcut]))


def _convolution(
    x: Any, layer: type, filters: int, kernel: int, padding: str, norm: bool, name: str, activation: str = "relu"
) -> Any:
    """Return a convolution, padded where the kernel is larger than the image, with batch normalization behind it if wanted."""
    padding = padding if min(x.shape[1:3]) >= kernel else "same"
    x = layer(filters, kernel, padding=padding, activation=activation, name=f"conv{name}")(x)
    return normalized(x, f"norm{name}") if norm else x


def _pooled(x: Any, block: int, last: bool) -> Any:
    """Return the block's output pooled by two, and the last one's to at most 4x4 places; never below one place."""
    size = min(x.shape[1:3])
    factor = size // (LAST_MAP + 1) + 1 if last else min(size, 2)
    return layers.MaxPooling2D(factor, name=f"pool{block}")(x) if factor > 1 else x
