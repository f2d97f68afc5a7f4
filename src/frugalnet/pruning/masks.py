"""Masks that grow along a schedule while a model is trained, by the mask update of tensorflow-model-optimization (TFMOT).

The optimizer applies a variable's constraint after each of its updates, inside the compiled step; the constraint here
multiplies by the mask. So it takes no wrapper and no copy of the model, and `steps_per_execution`, XLA and mixed
precision (the masks are on the float32 variables) work as usual. The callback only renews the masks at intervals of
steps.
"""

import math
from typing import Any

import numpy as np
import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.sparsity.keras import pruning_impl

from frugalnet.backend import keras, tf
from frugalnet.config.pruning import Pruning
from frugalnet.errors import DivergedError
from frugalnet.pruning.allocation import Pool, pools
from frugalnet.pruning.scores import Candidates

FIRST_STEP = 1
"""Step at which TFMOT chooses the mask of a 2:4 pattern."""


class Mask(keras.constraints.Constraint):
    """Multiply a variable by its mask, after its own constraint if it has one, so that pruned values stay zero."""

    def __init__(self, mask: tf.Variable, own: Any) -> None:
        self.own = own
        self._mask = mask

    def __call__(self, variable: Any) -> Any:
        values = self.own(variable) if self.own else variable
        return values * tf.cast(self._mask, values.dtype)


def steps_of(pruning: Pruning, samples: int, batch_size: int) -> int:
    """Return the optimizer steps of a training over the epochs of the pruning section, from the samples of an epoch."""
    return pruning.epochs * math.ceil(samples / batch_size)


class Engine(pruning_impl.Pruning):
    """TFMOT's engine, but its threshold is found by selection instead of sorting: a quarter of the time, the same masks."""

    def _update_mask(self, weights: tf.Variable) -> tuple[Any, Any]:
        sparsity = self._pruning_schedule(self._step_fn())[1]
        scores = weights.numpy()
        # In float32, as TFMOT rounds.
        kept = int(tf.math.maximum(tf.math.round(tf.cast(scores.size, tf.float32) * (1 - sparsity)), 1))
        alive = scores[scores > 0]  # numpy's selection is slow with many equal values, such as zeros
        threshold = np.partition(alive, alive.size - kept)[alive.size - kept] if kept <= alive.size else np.float32(0)
        return threshold, (scores >= threshold).astype(scores.dtype)


class Masking(keras.callbacks.Callback):
    """Raise the sparsity of the candidates along a schedule, dropping those with the lowest scores.

    `steps` is the number of optimizer steps of the whole training. The optimizer counts them, so that a training that
    is resumed continues where it was. Each epoch's logs get `sparsity`, the fraction of the candidates that is dropped.
    Raises FrugalNetError for a sparsity that would empty a layer, and DivergedError for weights that are not finite.
    """

    def __init__(self, candidates: Candidates, pruning: Pruning, steps: int) -> None:
        super().__init__()
        self._candidates = candidates
        self._once = pruning.granularity == "2:4"
        self._ramp_steps = FIRST_STEP if self._once else max(1, round(steps * pruning.ramp))
        self._update_steps = pruning.update_steps
        self._next_update: float = 0
        self._traced: Any = None
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._pools = pools(candidates, pruning)
        self._engines = [self._engine(pool, pruning) for pool in self._pools]

    def _engine(self, pool: Pool, pruning: Pruning) -> Engine:
        """Return TFMOT's engine on the scores of a pool; this class decides when it is called."""
        variables = [(pool.scores, pool.mask, pool.threshold)]
        pattern = (2, 4) if self._once else None
        return Engine(lambda: self._step, variables, self._schedule(pool.sparsity, pruning), (1, 1), "AVG", pattern)

    def _schedule(self, sparsity: float, pruning: Pruning) -> tfmot.sparsity.keras.PruningSchedule:
        if pruning.schedule == "constant":
            return tfmot.sparsity.keras.ConstantSparsity(sparsity, begin_step=0, frequency=1)
        initial = sparsity * pruning.initial_sparsity / pruning.sparsity if pruning.sparsity else 0
        return tfmot.sparsity.keras.PolynomialDecay(
            initial, sparsity, begin_step=0, end_step=self._ramp_steps, frequency=1
        )

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        for variable, mask in self._candidates.masks:
            own = variable.constraint
            variable.constraint = Mask(
                mask, own.own if isinstance(own, Mask) else own
            )  # a mask may be left from an interrupted training
        if self.model.train_function is not self._traced:  # it was traced before, without these masks
            self.model.make_train_function(force=True)
            self._traced = self.model.train_function
        self._renew(self._steps_done())

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        step = self._steps_done()
        if step >= self._next_update:
            self._renew(step)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        kept = sum(float(tf.reduce_sum(pool.mask)) for pool in self._pools)
        logs["sparsity"] = 1 - kept / sum(math.prod(pool.mask.shape) for pool in self._pools)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._apply()  # an optimizer that averages weights has replaced the values
        for variable, mask in self._candidates.masks:
            variable.constraint = variable.constraint.own
            mask.assign(tf.ones_like(mask))  # the traced step still multiplies by it

    def _steps_done(self) -> int:
        return int(self.model.optimizer.iterations)

    def _renew(self, step: int) -> None:
        """Update the masks to a step, and apply them."""
        self._step.assign(min(step, self._ramp_steps))
        scores = self._candidates.scores()
        for name, own in zip(self._candidates.names, scores, strict=True):
            if not np.isfinite(own).all():
                what = f"{name}: its weights are not finite at step {step}; nothing can be pruned by them"
                raise DivergedError(what=what)
        for pool, engine in zip(self._pools, self._engines, strict=True):
            pool.rank(scores)
            engine.conditional_mask_update()
        self._candidates.choose([kept for pool in self._pools for kept in pool.kept(scores)])
        self._apply()
        # The update at the end of the ramp is the last one.
        following = min(step + self._update_steps, self._ramp_steps)
        self._next_update = following if step < self._ramp_steps else math.inf

    def _apply(self) -> None:
        for variable, mask in self._candidates.masks:
            variable.assign(variable.value * tf.cast(mask, variable.dtype))
