"""What a model costs to keep and to run, as it is and after compaction: one row of a table."""

import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet import record
from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.measure.memory import activation_bytes, weight_bytes
from frugalnet.measure.operations import macs
from frugalnet.measure.peaks import NAMES, peaks
from frugalnet.measure.size import count_nonzero, count_parameters, gzip_bytes, save_without_optimizer, tflite_bytes
from frugalnet.pruning import compact

log = logging.getLogger(__name__)

OF_ZEROS = ("parameters_nonzero", "macs_nonzero")
"""Columns that have no twin: they say what compaction might save at most."""
TWINS = {"model_bytes": "compacted_bytes"}
"""Columns of the compacted model that are not named `<column>_compacted`."""
COMPARED = 256
"""Samples on which the outputs of model and compacted model are compared, at most."""
ERROR_LIMIT = 1e-5
"""Of the outputs' scale: what float32 rounds off when sums are taken in another order."""

Samples = np.ndarray | list[np.ndarray]


def cost(
    model: keras.Model,
    *,
    batch_size: int = 256,
    samples: Samples | None = None,
    memory: bool = True,
    compacted: keras.Model | None = None,
    path: Path | None = None,
) -> dict[str, Any]:
    """Return the cost of a built Keras model: the fields of `record.Model` but `sha256`; None for what is not known.

    `samples` are real and unscaled, a list of arrays where the model has several inputs; without them, made ones are used.
    `memory`: measure peaks in a process of its own, with one batch of `batch_size`. `compacted` is what `compaction` gave,
    where it was asked already. The model stays as it was, and is saved at `path` where one is given.
    """
    small = compaction(model) if compacted is None else compacted
    given = made_samples(model, COMPARED) if samples is None else samples if isinstance(samples, list) else [samples]
    with tempfile.TemporaryDirectory() as folder:
        saved = path or Path(folder) / record.MODEL
        own = _own(model, saved, batch_size)
        twin = own
        if small is not model:
            twin = {} if small is None else _own(small, Path(folder) / f"small-{record.MODEL}", batch_size)
        return {
            **own,
            **{TWINS.get(name, f"{name}_compacted"): twin.get(name) for name in own if name not in OF_ZEROS},
            "activation_batch": batch_size,
            "compaction_error": None if small is None or given is None else _compaction_error(model, small, given),
            **(peaks(model, saved, _rows(given, batch_size)) if memory and given else dict.fromkeys(NAMES)),
        }


def save(model: keras.Model, path: Path, **given: Any) -> record.Model:
    """Save the model without its optimizer, and return what it costs; `given` are the other arguments of `cost`."""
    row = cost(model, path=path, **given)
    return record.Model(**row, sha256=digest(path))


def compaction(model: keras.Model) -> keras.Model | None:
    """Return the compacted model; the model itself where that is not smaller; None, with a line in the log, where there is none."""
    try:
        small = compact(model)
    except FrugalNetError as error:
        log.warning("%s is not compacted: %s", model.name, error)
        return None
    return small if weight_bytes(small) < weight_bytes(model) else model


def made_samples(model: keras.Model, count: int) -> list[np.ndarray] | None:
    """Return noise for each input: bytes over their range, other integers 0 or 1, floats normal; None for inputs of open size."""
    generator = np.random.default_rng(0)
    shapes = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if any(None in shape for shape in shapes):
        log.warning("%s: no samples are made for inputs of open size; give some", model.name)
        return None
    types = [keras.backend.standardize_dtype(tensor.dtype) for tensor in model.inputs]
    return [
        generator.standard_normal((count, *shape)).astype(dtype)
        if dtype.startswith(("float", "bfloat"))
        else generator.integers(0, 256 if dtype == "uint8" else 2, (count, *shape)).astype(dtype)
        for shape, dtype in zip(shapes, types, strict=True)
    ]


def _own(model: keras.Model, path: Path, batch_size: int) -> dict[str, int | None]:
    """Save a model at `path`, and return the columns that model and compacted model both have."""
    save_without_optimizer(model, path)
    operations = macs(model)
    floats, integers = tflite_bytes(model)
    return {
        "parameters": count_parameters(model),
        "parameters_nonzero": count_nonzero(model),
        "model_bytes": path.stat().st_size,
        "gzip_bytes": gzip_bytes(path),
        "tflite_bytes": floats,
        "tflite_int8_bytes": integers,
        "macs": operations.dense,
        "macs_nonzero": operations.nonzero,
        "weight_bytes": weight_bytes(model),
        "activation_bytes": activation_bytes(model, batch_size),
    }


def _rows(samples: list[np.ndarray], count: int) -> list[np.ndarray]:
    """Return so many rows of each array, from the start again where there are fewer."""
    return [np.resize(part, (count, *part.shape[1:])) for part in samples]


def _compaction_error(model: keras.Model, small: keras.Model, samples: list[np.ndarray]) -> float | None:
    """Return the largest difference of the outputs, relative to the largest of them; None where one is not finite."""
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
    error = float(max(errors))
    if not error <= ERROR_LIMIT:
        log.warning(
            "%s: compaction changed the outputs by %.1e of their scale, expected %.0e at most",
            model.name,
            error,
            ERROR_LIMIT,
        )
    return error if np.isfinite(error) else None


def _outputs(model: keras.Model, inputs: list[tf.Tensor]) -> list[np.ndarray]:
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(each, "float32") for each in keras.tree.flatten(outputs)]
