"""Kernels and trained layers of the catalogue's networks, for checking a configuration without TensorFlow.

The shapes hold on the network's own dataset: height, width, inputs and filters of a convolution, inputs and units of a dense layer.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

Shape = tuple[int, ...]
Shapes = Iterator[tuple[str, Shape]]
OUTPUT = "output"
"""Name of the last layer of every network; the task sets its number of units."""


def _residual(
    filters: int,
    blocks: Iterable[int],
    sizes: Sequence[int],
    wider: int = 1,
    projected: bool = True,
    width: float = 1.0,
    stem: str = "small",
) -> Shapes:
    """Yield the kernels of stages of `blocks`, each with convolutions of some `sizes`, the last one `wider` than the others."""
    filters = max(1, math.floor(width * filters + 0.5))
    side = {"small": 3, "imagenet": 7}[stem]
    yield "stem", (side, side, 3, filters)
    inputs = filters
    for stage, number in enumerate(blocks, start=1):
        for block in range(1, number + 1):
            name, last = f"stage{stage}_block{block}", filters * wider
            if projected and inputs != last:
                yield f"{name}_shortcut", (1, 1, inputs, last)
            for index, size in enumerate(sizes, start=1):
                outputs = last if index == len(sizes) else filters
                yield f"{name}_conv{index}", (size, size, inputs, outputs)
                inputs = outputs
        filters *= 2
    yield OUTPUT, (inputs, 10)


RESIDUAL: Mapping[str, Callable[..., Shapes]] = {
    "resnet18": partial(_residual, 64, (2, 2, 2, 2), (3, 3)),
    "resnet50": partial(_residual, 64, (3, 4, 6, 3), (1, 3, 1), 4),
    "resnet8": partial(_residual, 16, (1, 1, 1), (3, 3), projected=False),
    "resnet20": partial(_residual, 16, (3, 3, 3), (3, 3), projected=False),
}
"""Kernels of residual networks, by `width` and `stem`."""
KERNELS: Mapping[str, Mapping[str, Shape]] = {
    "softmax_big": {"dense1": (784, 528), "dense2": (528, 128), OUTPUT: (128, 10)},
    "housing_mlp": {"dense1": (8, 80), "dense2": (80, 80), "dense3": (80, 48), "dense4": (48, 13), OUTPUT: (13, 1)},
    "cifar_cnn": {
        "conv1": (3, 3, 3, 32),
        "conv2": (3, 3, 32, 64),
        "conv3": (3, 3, 64, 64),
        "dense1": (1024, 64),
        OUTPUT: (64, 10),
    },
    "sat6_convnet": {
        "conv1": (3, 3, 4, 32),
        "conv2": (3, 3, 32, 32),
        "conv3": (3, 3, 32, 32),
        "dense1": (288, 512),
        "dense2": (512, 32),
        OUTPUT: (32, 6),
    },
    **{name: dict(made()) for name, made in RESIDUAL.items()},
}
"""Shapes by network and layer."""
NORMALIZATIONS: Mapping[str, Sequence[str]] = {
    "sat6_convnet": ("norm1", "norm2", "norm3"),
    **{
        name: [f"{layer}_norm" for layer in KERNELS[name] if layer != OUTPUT]
        for name in ("resnet18", "resnet50", "resnet8", "resnet20")
    },
}
"""Layers of batch normalization by network."""


def kernels_of(network: str, **settings: Any) -> Mapping[str, Shape]:
    """Return the shapes of the kernels of a network with some settings, by layer; none if they are not known."""
    made = RESIDUAL.get(network)
    return dict(made(**settings)) if made else KERNELS.get(network, {})


def trained_layers(network: str) -> list[str]:
    """Return the names of the layers of a network that are trained; none if they are not known."""
    return [*KERNELS.get(network, ()), *NORMALIZATIONS.get(network, ())]
