"""A trained network as it is deployed: an int8 file, run by the interpreter of TensorFlow Lite on the processor."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data, Part
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.measure.turns import Predict
from frugalnet.recipes.internal import rounds_to_int8
from frugalnet.recipes.quantization import int8_file
from frugalnet.recipes.training import metric
from frugalnet.record import paths, record

log = logging.getLogger(__name__)

AT_ONCE = 256
"""Samples per batch when quality is measured."""


@dataclass
class Int8:
    """An int8 file, and how many threads its interpreter has; one interpreter per batch size."""

    content: bytes
    threads: int
    _interpreters: dict[tuple[int, ...], Any] = field(default_factory=dict)

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """Return the output for unscaled samples: copies them in, and the output out."""
        interpreter = self._interpreters.get(batch.shape) or self._prepared(batch.shape)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    def predicting(self, x: np.ndarray, sizes: Sequence[int]) -> list[Predict]:
        """Return functions that predict a batch of each size, as `measure.turns.predicting` does for a Keras model."""

        def predict(batch: np.ndarray) -> None:
            self.predict(batch)

        return [partial(predict, np.ascontiguousarray(x[:size])) for size in sizes]

    def _prepared(self, shape: tuple[int, ...]) -> Any:
        """Return an interpreter that has taken memory for batches of a shape."""
        interpreter = tf.lite.Interpreter(model_content=self.content, num_threads=self.threads)
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
        interpreter.allocate_tensors()
        self._interpreters[shape] = interpreter
        return interpreter


def deployed(
    recipe: Recipe, model: keras.Model, compacted: keras.Model | None, data: Data, threads: int, ledger: Ledger
) -> tuple[Int8 | None, str | None]:
    """Return the int8 file of a trained model, or else why there is none, in the ledger's window `quantization`.

    It is made from the compacted model, if there is one. Neither, and no window, for a recipe that does not round.
    """
    if not rounds_to_int8(recipe):
        return None, None
    with ledger.window("quantization"):
        try:
            made = Int8(int8_file(compacted or model, data, trained=model), threads)
            made.predict(data.validation.x[:1])  # a file that does not run is no result either
        except (FrugalNetError, ValueError, RuntimeError) as error:
            reason = str(error).partition("\n")[0]
            log.warning("%s", reason)
            return None, reason
    return made, None


def save_deployed(made: Int8, data: Data, float_bytes: int | None, folder: Path) -> record.Deployed:
    """Write the int8 file into a folder, and return what the record says of it."""
    (folder / paths.DEPLOYED).write_bytes(made.content)
    parts = {"test": data.test, "validation": data.validation}
    found = record.Deployed(
        bytes=len(made.content),
        float_bytes=float_bytes,
        quality={f"{name}_{metric(data)}": _quality(made, part, data) for name, part in parts.items()},
    )
    log.info("int8: %s, %d bytes", ", ".join(f"{key} {value:.4f}" for key, value in found.quality.items()), found.bytes)
    return found


def _quality(made: Int8, part: Part, data: Data) -> float:
    """Return the share of right classes, or the mean absolute error of a regression."""
    outputs = np.concatenate([made.predict(part.x[at : at + AT_ONCE]) for at in range(0, len(part.x), AT_ONCE)])
    if data.n_classes:
        return float((outputs.argmax(axis=-1) == part.y).mean())
    return float(np.abs(outputs[:, 0] - part.y).mean(dtype=float))
