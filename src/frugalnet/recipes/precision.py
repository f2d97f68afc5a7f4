"""Types of numbers: Keras' dtype policy while a network is built."""

from collections.abc import Iterator
from contextlib import contextmanager

from frugalnet.backend import keras


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Build networks with the named policy; each layer keeps that which it was made with."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
