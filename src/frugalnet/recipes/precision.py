"""Types of numbers: Keras' dtype policy while a network is built, and the scale of the loss while it is trained."""

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


def with_scaled_loss(optimizer: keras.Optimizer, name: str) -> keras.Optimizer:
    """Return the optimizer of a precision: small gradients are zero in float16, so that a loss in it is scaled up.

    Keras does the same by the policy of a model, which a model that was loaded from a file does not have.
    """
    return keras.optimizers.LossScaleOptimizer(optimizer) if name == "mixed_float16" else optimizer
