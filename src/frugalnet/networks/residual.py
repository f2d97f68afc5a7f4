"""Residual networks: ResNet-18 and ResNet-50, and those for images of CIFAR's size (He et al. 2016, doi:10.1109/CVPR.2016.90).

`width` is a factor of the number of filters: that of the first stage is rounded, and each further stage has twice as many.
"""

import math
from collections.abc import Callable
from typing import Any

from frugalnet.backend import keras

layers = keras.layers

Block = Callable[[Any, int, int, str], Any]
"""Returns the output of a block: its input, filters, strides and name."""
Shortcut = Callable[[Any, int, int, str], Any]
"""Returns its input in the shape that a block gives it: filters, strides, name."""


def resnet18(x: Any, output: keras.Layer, stem: str, width: float) -> Any:
    """Return four stages of two basic blocks (64, 128, 256, 512 filters): ResNet-18.

    A shortcut that changes the shape is a 1x1 convolution (He et al. 2016, section 3.3).
    """
    return _of_four_stages(x, output, stem, width, _basic_block, (2, 2, 2, 2))


def resnet50(x: Any, output: keras.Layer, stem: str, width: float) -> Any:
    """Return four stages of 3, 4, 6 and 3 bottlenecks (64, 128, 256, 512 filters, and four times as many at their ends): ResNet-50.

    As in the paper, and in `keras.applications.ResNet50`, the first 1x1 convolution of a stage has the stride.
    """
    return _of_four_stages(x, output, stem, width, _bottleneck, (3, 4, 6, 3))


def resnet8(x: Any, output: keras.Layer, width: float) -> Any:
    """Return three stages of one basic block (16, 32, 64 filters) for images of CIFAR's size (He et al. 2016, section 4.2, n = 1)."""
    return _of_cifar(x, output, 1, width)


def resnet20(x: Any, output: keras.Layer, width: float) -> Any:
    """Return three stages of three basic blocks (16, 32, 64 filters) for images of CIFAR's size (He et al. 2016, section 4.2, n = 3)."""
    return _of_cifar(x, output, 3, width)


def _of_four_stages(x: Any, output: keras.Layer, stem: str, width: float, block: Block, blocks: tuple[int, ...]) -> Any:
    x = STEMS[stem](x, _first_filters(64, width))
    return _stages(x, output, _first_filters(64, width), blocks, block)


def _of_cifar(x: Any, output: keras.Layer, blocks: int, width: float) -> Any:
    """Return a network of 6n + 2 layers, whose shortcuts have no parameters."""
    x = _small_stem(x, _first_filters(16, width))
    return _stages(x, output, _first_filters(16, width), (blocks,) * 3, _block_without_projection)


def _first_filters(filters: int, width: float) -> int:
    return max(1, math.floor(width * filters + 0.5))


def _stages(x: Any, output: keras.Layer, filters: int, blocks: tuple[int, ...], block: Block) -> Any:
    """Return stages of some blocks; the first block of each further stage halves the image, and doubles the filters."""
    for stage, number in enumerate(blocks, start=1):
        for index in range(1, number + 1):
            strides = 2 if stage > 1 and index == 1 else 1
            x = block(x, filters * 2 ** (stage - 1), strides, f"stage{stage}_block{index}")
    return output(layers.GlobalAveragePooling2D(name="pool")(x))


def _small_stem(x: Any, filters: int) -> Any:
    """Return one 3x3 convolution without pooling, for images of CIFAR's size (He et al. 2016, section 4.2)."""
    return layers.ReLU(name="stem_relu")(_convolution(x, filters, 3, 1, "stem"))


def _imagenet_stem(x: Any, filters: int) -> Any:
    """Return a 7x7 convolution and max-pooling, both with stride 2, padded as in `keras.applications`."""
    x = _convolution(layers.ZeroPadding2D(3, name="stem_pad")(x), filters, 7, 2, "stem", "valid")
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(layers.ReLU(name="stem_relu")(x))
    return layers.MaxPooling2D(3, 2, name="stem_pool")(x)


STEMS = {"small": _small_stem, "imagenet": _imagenet_stem}
"""The first layers of networks of four stages."""


def _projected(x: Any, filters: int, strides: int, name: str) -> Any:
    """Return a 1x1 convolution (option B of He et al. 2016)."""
    return _convolution(x, filters, 1, strides, name)


def _padded(x: Any, filters: int, strides: int, name: str) -> Any:
    """Return every second pixel, with as many channels of zeros more (option A of He et al. 2016)."""
    x = _thinned(x, strides, name)
    return layers.Concatenate(name=name)([x, layers.Rescaling(0.0, name=f"{name}_zeros")(x)])


def _basic_block(x: Any, filters: int, strides: int, name: str, reshaped: Shortcut = _projected) -> Any:
    shortcut = x
    if strides != 1 or x.shape[-1] != filters:
        shortcut = reshaped(x, filters, strides, f"{name}_shortcut")
    x = layers.ReLU(name=f"{name}_relu1")(_convolution(x, filters, 3, strides, f"{name}_conv1"))
    x = layers.Add(name=f"{name}_add")([_convolution(x, filters, 3, 1, f"{name}_conv2"), shortcut])
    return layers.ReLU(name=f"{name}_relu2")(x)


def _block_without_projection(x: Any, filters: int, strides: int, name: str) -> Any:
    return _basic_block(x, filters, strides, name, _padded)


def _bottleneck(x: Any, filters: int, strides: int, name: str) -> Any:
    """Return 1x1, 3x3 and 1x1 convolutions, the last one with four times as many filters (He et al. 2016, figure 5)."""
    shortcut = x
    if strides != 1 or x.shape[-1] != 4 * filters:
        shortcut = _projected(x, 4 * filters, strides, f"{name}_shortcut")
    x = layers.ReLU(name=f"{name}_relu1")(_convolution(x, filters, 1, strides, f"{name}_conv1"))
    x = layers.ReLU(name=f"{name}_relu2")(_convolution(x, filters, 3, 1, f"{name}_conv2"))
    x = layers.Add(name=f"{name}_add")([_convolution(x, 4 * filters, 1, 1, f"{name}_conv3"), shortcut])
    return layers.ReLU(name=f"{name}_relu3")(x)


def _convolution(x: Any, filters: int, size: int, strides: int, name: str, padding: str = "same") -> Any:
    """Return a convolution followed by batch normalization, which has the bias.

    A 1x1 convolution with strides is one of every second pixel: with fewer than 16 channels its gradient corrupts the memory
    of TensorFlow 2.21 on a CPU (oneDNN).
    """
    if size == 1 and strides > 1:
        x, strides = _thinned(x, strides, name), 1
    x = layers.Conv2D(filters, size, strides, padding, use_bias=False, kernel_initializer="he_normal", name=name)(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)  # 0.99 is too slow for short trainings


def _thinned(x: Any, strides: int, name: str) -> Any:
    """Return every second pixel, or every nth one."""
    return layers.AveragePooling2D(1, strides, name=f"{name}_pool")(x)
