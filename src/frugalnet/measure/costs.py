"""What a model costs to store and to run, as it is and after compaction: one row of a table."""

import logging
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, scratch
from frugalnet.measure.memory import activation_bytes, weight_bytes
from frugalnet.measure.operations import macs
from frugalnet.measure.peaks import NAMES, peaks
from frugalnet.measure.samples import made_samples, packed, rows
from frugalnet.measure.size import (
    TFLiteBytes,
    count_nonzero,
    count_parameters,
    gzip_bytes,
    save_without_optimizer,
    tflite_bytes,
)
from frugalnet.pruning import compact
from frugalnet.record import paths, record

log = logging.getLogger(__name__)

WITHOUT_TWIN = ("parameters_nonzero", "macs_nonzero", "host_runtime_mib")
"""Columns without a twin: bounds of what compaction can save, and memory that belongs to no model."""
TWINS = {"model_bytes": "compacted_bytes"}
"""Columns of the compacted model that are not named `<column>_compacted`."""
COMPARED = 256
"""Most samples on which the outputs of model and compacted model are compared."""
ERROR_LIMIT = 1e-5
"""Limit relative to the outputs' scale: float32 rounding when sums are taken in another order."""
COARSER = {"float16": 2**13, "bfloat16": 2**16}
"""How many times as coarsely as float32 these types round."""

Samples = np.ndarray | list[Any] | tuple[Any, ...] | dict[str, Any]


def cost(
    model: keras.Model,
    *,
    batch_size: int = 256,
    samples: Samples | None = None,
    memory: bool = True,
    compacted: keras.Model | None = None,
    path: Path | None = None,
    tflite: TFLiteBytes | None = None,
) -> dict[str, Any]:
    """Return what a built Keras model takes, as it is and compacted: a row of columns, None for what is not known.

    `samples` are real and unscaled, arrays in the structure of the model's inputs; without them, made ones are used.
    `batch_size` is that of the memory columns. `memory` says whether peaks of memory are measured, each in a process of
    its own. Give `compacted`, the result of `compaction`, if you have it, and `tflite`, the sizes of a model of the same
    shape, to save time. The model stays as it was, and is saved at `path` if one is given. Raises FrugalNetError for
    anything but a built Keras 3 model.
    """
    _check(model)
    small = compaction(model) if compacted is None else compacted
    given = made_samples(model, COMPARED) if samples is None else keras.tree.flatten(samples)
    batch = rows(given, batch_size) if memory and given else None
    with scratch() as folder, ThreadPoolExecutor() as pool:
        own = _own(model, path or folder / paths.MODEL, batch_size, batch, pool, tflite)
        twin = own
        if small is not model:
            twin = {} if small is None else _own(small, folder / f"small-{paths.MODEL}", batch_size, batch, pool)
        row = {
            **own,
            **{TWINS.get(name, f"{name}_compacted"): twin.get(name) for name in own if name not in WITHOUT_TWIN},
            "activation_batch": batch_size,
            "compaction_error": None if small is None or given is None else _compaction_error(model, small, given),
        }
        return {name: value.result() if isinstance(value, Future) else value for name, value in row.items()}


def save(model: keras.Model, path: Path, **given: Any) -> record.Model:
    """Save the model without its optimizer, and return its cost; `given` are the other arguments of `cost`."""
    row = cost(model, path=path, **given)
    return record.Model(**row, sha256=digest(path))


def compaction(model: keras.Model) -> keras.Model | None:
    """Return the compacted model; the model itself if that is not smaller; None, with a line in the log, if there is none."""
    try:
        small = compact(model)
    except FrugalNetError as error:
        log.warning("%s is not compacted: %s", model.name, error)
        return None
    return small if weight_bytes(small) < weight_bytes(model) else model


def _check(model: object) -> None:
    kind = type(model)
    if not isinstance(model, keras.Model):
        raise FrugalNetError(f"{kind.__module__}.{kind.__qualname__} has no cost: expected a built Keras 3 model")
    if not model.built:
        raise FrugalNetError(
            f"{model.name} ({kind.__name__}) is not built: expected a built Keras 3 model; give it an Input, or call it once"
        )


def _own(
    model: keras.Model,
    path: Path,
    batch_size: int,
    batch: list[np.ndarray] | None,
    pool: Executor,
    tflite: TFLiteBytes | None = None,
) -> dict[str, Any]:
    """Save a model at `path`, and return the columns that model and compacted model share; no peaks without a batch.

    Slow work that needs no TensorFlow is left to the pool, as a Future.
    """
    save_without_optimizer(model, path)
    operations = macs(model)
    floats, integers = tflite or tflite_bytes(model)
    return {
        "parameters": count_parameters(model),
        "parameters_nonzero": count_nonzero(model),
        "model_bytes": path.stat().st_size,
        "gzip_bytes": pool.submit(gzip_bytes, path),
        "tflite_bytes": floats,
        "tflite_int8_bytes": integers,
        "macs": operations.dense,
        "macs_nonzero": operations.nonzero,
        "weight_bytes": weight_bytes(model),
        "activation_bytes": activation_bytes(model, batch_size),
        **(dict.fromkeys(NAMES) if batch is None else peaks(model, path, batch)),
    }


def _compaction_error(model: keras.Model, small: keras.Model, samples: list[np.ndarray]) -> float | None:
    """Return the largest difference of the outputs, relative to the largest output; None where one is not finite."""
    if small is model:
        return 0.0
    inputs = [tf.constant(part[:COMPARED]) for part in samples]
    exact = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        pairs = zip(*(_outputs(each, inputs) for each in (model, small)), strict=True)
        errors = [np.abs(own - other).max() / (np.abs(own).max() or 1) for own, other in pairs]
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(exact)
    error, limit = float(max(errors)), _error_limit(model)
    if not error <= limit:
        log.warning(
            "%s: compaction changed the outputs by %.1e of their scale, expected %.0e at most",
            model.name,
            error,
            limit,
        )
    return error if np.isfinite(error) else None


def _error_limit(model: keras.Model) -> float:
    """Return the rounding error of the coarsest type that a layer computes in."""
    types = (layer.compute_dtype for layer in model._flatten_layers(include_self=False))
    return ERROR_LIMIT * max((COARSER.get(each, 1) for each in types), default=1)


def _outputs(model: keras.Model, inputs: list[tf.Tensor]) -> list[np.ndarray]:
    outputs = model(packed(model, inputs), training=False)
    return [np.asarray(each, "float32") for each in keras.tree.flatten(outputs)]
