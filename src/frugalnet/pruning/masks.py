"""Masks on the kernels of a Keras 3 model, raised by a schedule while it is trained.

The optimizer applies a kernel's constraint after each of its updates, inside the compiled step; the constraint here
multiplies by the mask. So no wrapper and no copy of the model is needed, and `steps_per_execution` may be above 1. The
callback only renews the masks every so many steps.
"""

import math
from typing import Any

import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import Pruning as Engine

from frugalnet.backend import keras, tf
from frugalnet.config import Pruning


def prunable_layers(model: keras.Model, prune_output: bool = False) -> list[keras.Layer]:
    """Return the layers with a kernel, in the order of the graph; without the last one unless `prune_output`."""
    layers = [
        layer for layer in model._flatten_layers(include_self=False) if getattr(layer, "kernel", None) is not None
    ]
    return layers if prune_output else layers[:-1]


def sparsity(layers: list[keras.Layer]) -> float:
    """Return the fraction of the kernels' weights that is zero."""
    kernels = [layer.kernel.numpy() for layer in layers]
    zeros = sum(int((kernel == 0).sum()) for kernel in kernels)
    return zeros / sum(kernel.size for kernel in kernels)


class Mask(keras.constraints.Constraint):
    """Multiply a kernel by its mask: what is pruned stays zero."""

    def __init__(self, mask: tf.Variable) -> None:
        self._mask = mask

    def __call__(self, kernel: Any) -> Any:
        return kernel * tf.cast(self._mask, kernel.dtype)


class MagnitudePruning(keras.callbacks.Callback):
    """Raise each layer's sparsity along a polynomial of degree 3, zeroing its smallest weights (Zhu and Gupta 2017).

    `steps` is the number of optimizer steps of the whole training. Each epoch's logs get `sparsity`.
    """

    def __init__(self, layers: list[keras.Layer], pruning: Pruning, steps: int) -> None:
        super().__init__()
        self._layers = layers
        self._ramp_steps = max(1, round(steps * pruning.ramp))
        self._update_steps = pruning.update_steps
        self._next_update: float = 0
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        kernels = [layer.kernel.value for layer in layers]
        self._masks = [tf.Variable(tf.ones_like(kernel), trainable=False) for kernel in kernels]
        thresholds = [tf.Variable(0.0, dtype=kernel.dtype, trainable=False) for kernel in kernels]
        schedule = tfmot.sparsity.keras.PolynomialDecay(
            initial_sparsity=pruning.initial_sparsity,
            final_sparsity=pruning.sparsity,
            begin_step=0,
            end_step=self._ramp_steps,
            frequency=1,  # when to update is decided here: a compiled call may hold several steps
        )
        engine = Engine(
            lambda: self._step, list(zip(kernels, self._masks, thresholds, strict=True)), schedule, (1, 1), "AVG"
        )
        self._update_masks = tf.function(engine.conditional_mask_update)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        for layer, mask in zip(self._layers, self._masks, strict=True):
            layer.kernel.constraint = Mask(mask)
        self._renew_masks(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        step = int(self.model.optimizer.iterations)
        if step >= self._next_update:
            self._renew_masks(step)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        logs["sparsity"] = sparsity(self._layers)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if math.isfinite(self._next_update):  # the training ended before the update at the end of the ramp
            self._renew_masks(self._ramp_steps)
        for layer in self._layers:
            layer.kernel.constraint = None

    def _renew_masks(self, step: int) -> None:
        self._step.assign(min(step, self._ramp_steps))
        self._update_masks()
        for layer, mask in zip(self._layers, self._masks, strict=True):
            layer.kernel.assign(layer.kernel.value * tf.cast(mask, layer.kernel.dtype))
        # The update at the ramp's end is the last: the masks then stay.
        following = min(step + self._update_steps, self._ramp_steps)
        self._next_update = following if step < self._ramp_steps else math.inf
