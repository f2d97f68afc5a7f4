"""Several devices that share each batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from frugalnet.backend import keras, tf
from frugalnet.errors import RefusedError


@contextmanager
def shared(model: keras.Model, devices: int) -> Iterator[keras.Model]:
    """Give what is trained in place of a model: with several devices a copy that lies on all of them, else the model itself.

    What is made inside belongs to all devices. The copy's weights are those of the model afterwards. Raises
    RefusedError where there are fewer devices.
    """
    if devices == 1:
        yield model
        return
    strategy = _strategy(first_devices(devices))
    with strategy.scope():
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        yield copy
    model.set_weights(copy.get_weights())


@cache
def _strategy(devices: tuple[str, ...]) -> tf.distribute.Strategy:
    """Return the only strategy on some devices: two in one process would number their reductions alike, and clash."""
    return tf.distribute.MirroredStrategy(list(devices))


def first_devices(count: int) -> tuple[str, ...]:
    """Return the names of the first devices of the best kind that is there; raises RefusedError where there are fewer."""
    gpus = len(tf.config.list_physical_devices("GPU"))  # these have no context yet, which would draw power
    kind, there = ("GPU", gpus) if gpus else ("CPU", len(tf.config.list_logical_devices("CPU")))
    if there < count:
        raise RefusedError(
            f"recipe.devices = {count}: this machine has {there} of the kind {kind}; expected {there} at most"
        )
    return tuple(f"/device:{kind}:{number}" for number in range(count))
