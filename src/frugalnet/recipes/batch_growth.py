"""A batch size that grows while a network is trained, instead of a learning rate that falls (Smith et al. 2018, arXiv 1711.00489)."""

import logging
import resource
import sys
from typing import Any

import numpy as np
import psutil

from frugalnet import backend
from frugalnet.backend import keras, tf
from frugalnet.catalogue.recipes import BATCH_GROWTH
from frugalnet.config.levels import settings_of
from frugalnet.config.recipe import Recipe
from frugalnet.recipes.fit import Fit
from frugalnet.record.host import host

log = logging.getLogger(__name__)

MIB = 2**20


def batch_growth(fit: Fit, value: Any) -> None:
    """Let the batch size grow at intervals of epochs, as far as memory allows."""
    fit.batch_sizes = planned_sizes(fit.recipe, fit.epochs, len(fit.data.train.x))
    fit.batch_size = tf.Variable(fit.batch_sizes[0], dtype=tf.int64, trainable=False)
    # The number of batches is not known to Keras, whose single steps count one too many at the end of such an epoch.
    fit.steps_per_execution = max(2, fit.steps_per_execution)
    fit.callbacks.append(Growth(fit))


def planned_sizes(recipe: Recipe, epochs: int, samples: int) -> list[int]:
    """Return the batch size of each epoch, as long as memory allows: never more than the samples."""
    growth = settings_of(recipe.batch_growth, BATCH_GROWTH)
    most = min(samples, growth.get("most", samples))
    return [
        int(min(recipe.batch_size * growth["factor"] ** min(epoch // growth["every"], 64), most))
        for epoch in range(epochs)
    ]


class Growth(keras.callbacks.Callback):
    """Raise the batch size to what is planned when an epoch begins; where memory is too small, it stays, with a line in the log."""

    def __init__(self, fit: Fit) -> None:
        super().__init__()
        self._size: Any = fit.batch_size
        self._planned = fit.batch_sizes
        self._samples = fit.data.train.x

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        now, wanted = int(self._size), self._planned[epoch]
        if wanted <= now or (epoch and wanted == self._planned[epoch - 1]):  # tried before
            return
        if told := self._too_large(now, wanted):
            log.info("epoch %d: the batch size stays at %d: %d samples would take %s", epoch + 1, now, wanted, told)
            return
        self._size.assign(wanted)
        log.info("epoch %d: the batch size grows from %d to %d", epoch + 1, now, wanted)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        logs["batch_size"] = int(self._size)

    def _too_large(self, now: int, wanted: int) -> str | None:
        """Return why a batch size does not fit into memory; None if it does."""
        if backend.on_gpu():
            return None if trial_step(self.model, self._samples[:1], wanted) else "more memory than the GPU has"
        taken, free = memory()
        more = (wanted / now - 1) * taken
        return f"up to {more / MIB:,.0f} MiB more, {free / MIB:,.0f} are free" if more > free else None


def memory() -> tuple[int, int]:
    """Return the largest memory that this process has had, and the memory that is free for it, in bytes.

    A larger batch is taken to need more in proportion to all of it, though only a part grows: an estimate on the safe side,
    because a system without memory ends processes without a word.
    """
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    free, limit = psutil.virtual_memory().available, host()["cgroup_memory_mib"]
    if isinstance(limit, int):
        free = min(free, limit * MIB - psutil.Process().memory_info().rss)
    return taken, free


def trial_step(model: keras.Model, sample: np.ndarray, size: int) -> bool:
    """Tell whether a step forward and back on a batch of copies of a sample fits into memory; the model stays as it is."""
    kept = [np.asarray(variable) for variable in model.non_trainable_variables]
    try:
        with tf.GradientTape() as tape:
            output = tf.reduce_mean(tf.cast(model(np.repeat(sample, size, axis=0), training=True), tf.float32))
        tape.gradient(output, model.trainable_variables)
        backend.synchronize()
    except tf.errors.ResourceExhaustedError:
        return False
    finally:
        for variable, value in zip(model.non_trainable_variables, kept, strict=True):
            variable.assign(value)
    return True
