"""What pruning adds to a training epoch: our masks, against the same epoch without them and against TFMOT's own wrappers.

    python benchmarks/pruning_step.py [--pairs 30] [--steps-per-execution 10]

It trains the network for MNIST on made data of the same shape, an epoch of 200 steps at a time, in CPU seconds of this
process, interleaved. Ours is compared with plain Keras 3, with `prune_low_magnitude` and UpdatePruningStep on a twin in
tf_keras, and with that twin without pruning. All sides have the same batch, optimizer and `steps_per_execution`, no
XLA, the same pruned hidden layers, the polynomial schedule from 0 to 90 % over these steps, and two updates of the
masks. Each turn starts from the same weights; the begin and the end of a training are left out. Ratios are ours over
theirs; `aa` is ours over ours. The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow_model_optimization as tfmot
import tf_keras
from _alone import alone
from _pairs import interval, take_turns

from frugalnet import backend, networks
from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.pruning.masks import Masking
from frugalnet.pruning.scores import candidates
from frugalnet.recipes.scaling import scaling_layer

BATCH_SIZE, STEPS = 128, 200
SAMPLES = BATCH_SIZE * STEPS
SETTINGS = Pruning(sparsity=0.9, ramp=1.0, update_steps=100)
LOSS = "sparse_categorical_crossentropy"


class Side:
    """A network that is trained again and again from the same state."""

    def __init__(self, library: Any, model: Any, callbacks: Sequence[Any], steps_per_execution: int) -> None:
        draw = np.random.default_rng(0)
        self._x, self._y = draw.integers(0, 256, (SAMPLES, 28, 28), "uint8"), draw.integers(0, 10, SAMPLES)
        self._model, self._callbacks = model, callbacks
        self._start_s = self._end_s = 0.0
        self._clock = library.callbacks.LambdaCallback(on_epoch_begin=self._begin, on_epoch_end=self._end)
        optimizer = library.optimizers.Adam()
        model.compile(optimizer, LOSS, metrics=["accuracy"], steps_per_execution=steps_per_execution, jit_compile=False)
        optimizer.build(model.trainable_variables)
        self._state = [(variable, variable.numpy()) for variable in [*model.weights, *optimizer.variables]]

    def _begin(self, *_: Any) -> None:
        self._start_s = time.process_time()

    def _end(self, *_: Any) -> None:
        self._end_s = time.process_time()

    def cost(self) -> float:
        """Train, and return the CPU seconds of the epoch."""
        for variable, value in self._state:
            variable.assign(value)
        callbacks = [*self._callbacks, self._clock]
        self._model.fit(self._x, self._y, BATCH_SIZE, verbose=0, shuffle=False, callbacks=callbacks)
        return self._end_s - self._start_s

    def sparsities(self) -> list[float]:
        """Return the fraction of zeros in each kernel."""
        kernels = [variable.numpy() for variable, _ in self._state if variable.name.split("/")[-1].startswith("kernel")]
        return [round(float((values == 0).mean()), 3) for values in kernels[:3]]


def network() -> keras.Model:
    """Return the network for MNIST."""
    return networks.build("softmax_big", scaling_layer("unit", np.zeros(0)), (28, 28), "uint8", 10)


def twin(pruned: bool) -> tf_keras.Model:
    """Return the twin in tf_keras; if pruned, with TFMOT's wrappers around its hidden layers."""
    schedule = tfmot.sparsity.keras.PolynomialDecay(0.0, SETTINGS.sparsity, 0, STEPS, frequency=SETTINGS.update_steps)
    hidden = [tf_keras.layers.Dense(width, "relu") for width in (528, 128)]
    if pruned:
        hidden = [tfmot.sparsity.keras.prune_low_magnitude(layer, schedule) for layer in hidden]
    start = [tf_keras.Input((28, 28), dtype="uint8"), tf_keras.layers.Rescaling(1 / 255), tf_keras.layers.Flatten()]
    return tf_keras.Sequential([*start, *hidden, tf_keras.layers.Dense(10, "softmax")])


def sides(steps_per_execution: int) -> dict[str, Side]:
    """Return the sides that are compared."""
    ours, plain = network(), network()
    masking = Masking(candidates(ours, SETTINGS), SETTINGS, STEPS)
    wrapped = [tfmot.sparsity.keras.UpdatePruningStep()]
    return {
        "ours": Side(keras, ours, [masking], steps_per_execution),
        "plain": Side(keras, plain, [], steps_per_execution),
        "tfmot": Side(tf_keras, twin(pruned=True), wrapped, steps_per_execution),
        "tf_keras": Side(tf_keras, twin(pruned=False), [], steps_per_execution),
    }


def compared(own: np.ndarray, costs: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the ratios of ours to each other, and of ours to itself."""
    found = interval(own[:, 1] / own[:, 0], "aa") | {"pairs": len(own)}
    for name, theirs in costs.items():
        found |= interval(own.mean(1) / theirs, f"ratio_to_{name}")
    epochs_s = {"ours": own, **costs}
    return found | {f"{name}_epoch_cpu_s": float(np.median(each)) for name, each in epochs_s.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=30, help="rounds of ours, the others, ours (default 30)")
    parser.add_argument("--steps-per-execution", type=int, default=10, help="on every side (default 10)")
    options = parser.parse_args()
    alone()
    backend.configure(threads=2, seed=0)
    trained = sides(options.steps_per_execution)
    for side in trained.values():
        side.cost()  # tracing
    zeros = {f"{name}_sparsities": side.sparsities() for name, side in trained.items()}
    ours = trained.pop("ours")
    own, costs = take_turns(ours.cost, {name: side.cost for name, side in trained.items()}, options.pairs)
    print(json.dumps(compared(own, costs) | zeros | {"steps_per_execution": options.steps_per_execution}))
