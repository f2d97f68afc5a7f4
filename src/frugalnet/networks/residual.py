"""Residual networks."""

from collections.abc import Callable
from typing import Any

from frugalnet.backend import keras

layers = keras.layers

STAGES = (64, 128, 256, 512)
Shortcut = Callable[[Any, int, int, str], Any]
"""Returns its input in the shape that a block gives it: filters, strides, name."""


def resnet18(x: Any, output: keras.Layer) -> Any:
    """Return four stages of two basic blocks (64, 128, 256, 512 filters): ResNet-18 for images of CIFAR's size.

    The stem is one 3x3 convolution without pooling, and a shortcut that changes the shape is a 1x1 convolution (He et al. 2016,
    doi:10.1109/CVPR.2016.90, sections 3.3 and 4.2).
    """
    x = layers.ReLU(name="stem_relu")(_convolution(x, STAGES[0], 3, 1, "stem"))
    for stage, filters in enumerate(STAGES, start=1):
        for block in (1, 2):
            x = _basic_block(x, filters, 2 if stage > 1 and block == 1 else 1, f"stage{stage}_block{block}")
    return output(layers.GlobalAveragePooling2D(name="pool")(x))


def _projected(x: Any, filters: int, strides: int, name: str) -> Any:
    """Return a 1x1 convolution (option B of He et al. 2016)."""
    return _convolution(x, filters, 1, strides, name)


def _basic_block(x: Any, filters: int, strides: int, name: str, reshaped: Shortcut = _projected) -> Any:
    shortcut = x
    if strides != 1 or x.shape[-1] != filters:
        shortcut = reshaped(x, filters, strides, f"{name}_shortcut")
    x = layers.ReLU(name=f"{name}_relu1")(_convolution(x, filters, 3, strides, f"{name}_conv1"))
    x = layers.Add(name=f"{name}_add")([_convolution(x, filters, 3, 1, f"{name}_conv2"), shortcut])
    return layers.ReLU(name=f"{name}_relu2")(x)


def _convolution(x: Any, filters: int, size: int, strides: int, name: str) -> Any:
    """Return a convolution followed by batch normalization, which has the bias."""
    x = layers.Conv2D(filters, size, strides, "same", use_bias=False, kernel_initializer="he_normal", name=name)(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)  # 0.99 is too slow for short trainings


def resnet8(x: Any, output: keras.Layer) -> Any:
    """Return three stages of one basic block (16, 32, 64 filters) for images of CIFAR's size (He et al. 2016, section 4.2, n = 1)."""
    return _of_cifar(x, output, 1)


def resnet20(x: Any, output: keras.Layer) -> Any:
    """Return three stages of three basic blocks (16, 32, 64 filters) for images of CIFAR's size (He et al. 2016, section 4.2, n = 3)."""
    return _of_cifar(x, output, 3)


def _of_cifar(x: Any, output: keras.Layer, blocks: int) -> Any:
    """Return a network of 6n + 2 layers, whose shortcuts have no parameters."""
    x = layers.ReLU(name="stem_relu")(_convolution(x, 16, 3, 1, "stem"))
    for stage, filters in enumerate((16, 32, 64), start=1):
        for block in range(1, blocks + 1):
            x = _basic_block(x, filters, 2 if stage > 1 and block == 1 else 1, f"stage{stage}_block{block}", _padded)
    return output(layers.GlobalAveragePooling2D(name="pool")(x))


def _padded(x: Any, filters: int, strides: int, name: str) -> Any:
    """Return every second pixel, with as many channels of zeros more (option A of He et al. 2016)."""
    x = layers.AveragePooling2D(1, strides, name=f"{name}_pool")(x)
    return layers.Concatenate(name=name)([x, layers.Rescaling(0.0, name=f"{name}_zeros")(x)])
