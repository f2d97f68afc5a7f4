"""Fully connected networks."""

from typing import Any

from frugalnet.backend import keras


def softmax_big(x: Any, output: keras.Layer) -> Any:
    """Return 784-528-128-10, the network for MNIST."""
    return output(_stack(keras.layers.Flatten(name="flatten")(x), 528, 128))


def housing_mlp(x: Any, output: keras.Layer) -> Any:
    """Return 8-80-80-48-13-1, the network for California housing."""
    return output(_stack(x, 80, 80, 48, 13))


def _stack(x: Any, *widths: int) -> Any:
    for position, width in enumerate(widths, start=1):
        x = keras.layers.Dense(width, activation="relu", name=f"dense{position}")(x)
    return x
