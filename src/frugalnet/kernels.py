"""Shapes of the kernels of the catalogue's networks by layer, for checking a configuration without TensorFlow.

The shapes hold on the network's own dataset: height, width, inputs and filters of a convolution, inputs and units of a dense layer.
"""

from collections.abc import Iterator, Mapping

Shape = tuple[int, ...]
OUTPUT = "output"
"""Name of the last layer of every network; the task sets its number of units."""


def _resnet18() -> Iterator[tuple[str, Shape]]:
    yield "stem", (3, 3, 3, 64)
    inputs = 64
    for stage, filters in enumerate((64, 128, 256, 512), start=1):
        for block in (1, 2):
            name = f"stage{stage}_block{block}"
            if inputs != filters:
                yield f"{name}_shortcut", (1, 1, inputs, filters)
            yield f"{name}_conv1", (3, 3, inputs, filters)
            yield f"{name}_conv2", (3, 3, filters, filters)
            inputs = filters
    yield OUTPUT, (512, 10)


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
    "resnet18": dict(_resnet18()),
}
"""Shapes by network and layer."""
