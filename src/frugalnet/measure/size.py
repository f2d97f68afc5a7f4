"""Size of a model: parameters, and the files it is saved in."""

import gzip
import io
import json
import logging
import math
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet.backend import keras, tf

log = logging.getLogger(__name__)

SHARED = re.compile(rb'("shared_object_id":\s*)\d+')
"""Where Keras writes the address of an object that several parts of a model share."""
TFLiteBytes = tuple[int | None, int | None]
"""Bytes with float32 weights, and with int8 weights; None where they are not known."""


def count_parameters(model: keras.Model) -> int:
    """Return the number of trainable parameters, frozen ones included."""
    return sum(math.prod(variable.shape) for variable in _parameters(model))


def count_nonzero(model: keras.Model) -> int:
    """Return the number of trainable parameters that are not zero."""
    return sum(int(np.count_nonzero(variable)) for variable in _parameters(model))


def _parameters(model: keras.Model) -> list[keras.Variable]:
    """Return the variables that were made trainable, each once; no batch statistics, counters or seeds."""
    found = [variable for layer in model._flatten_layers() for variable in layer._trainable_variables]
    return list({id(variable): variable for variable in found}.values())


def save_without_optimizer(model: keras.Model, path: Path) -> None:
    """Save the model alone; the optimizer's state may be twice as large, and users of the model do not need it."""
    with _uncompiled(model):
        model.save(path)


@contextmanager
def _uncompiled(model: keras.Model) -> Iterator[None]:
    compiled, optimizer = model.compiled, getattr(model, "optimizer", None)
    model.compiled, model.optimizer = False, None
    try:
        yield
    finally:
        model.compiled, model.optimizer = compiled, optimizer


def gzip_bytes(path: Path) -> int:
    """Return the size of a `model.keras`, itself uncompressed, after gzip at level 9; it does not depend on when it was saved."""
    return len(gzip.compress(_of_the_model(path), compresslevel=9, mtime=0))


def _of_the_model(path: Path) -> bytes:
    """Return the content of a `model.keras` without what differs between savings: dates, and addresses of shared objects."""
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "metadata.json":
                content = json.dumps(json.loads(content) | {"date_saved": "1980-01-01@00:00:00"}).encode()
            if entry.filename == "config.json":
                content = _renumbered(content)
            copy.writestr(zipfile.ZipInfo(entry.filename), content)
    return target.getvalue()


def _renumbered(config: bytes) -> bytes:
    """Return a configuration whose shared objects are numbered in order of appearance."""
    numbers: dict[bytes, bytes] = {}
    return SHARED.sub(lambda found: numbers.setdefault(found[0], b"%s%d" % (found[1], len(numbers))), config)


def tflite_bytes(model: keras.Model) -> TFLiteBytes:
    """Return the sizes as TensorFlow Lite files: with float32 weights, and with int8 weights (dynamic range quantization).

    None, with a line in the log, where the converter cannot convert the model. It converts none that computes in bfloat16,
    and says so with a page of operations: that is not tried.
    """
    from keras.src.export.export_utils import get_input_signature, make_tf_tensor_spec
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    if any(layer.compute_dtype == "bfloat16" for layer in model._flatten_layers(include_self=False)):
        log.info("%s is not converted to TensorFlow Lite, which has no bfloat16", model.name)
        return None, None
    try:
        signature = keras.tree.map_structure(make_tf_tensor_spec, get_input_signature(model))
        traced = tf.function(lambda *inputs: model(*inputs, training=False)).get_concrete_function(*signature)
        frozen = convert_variables_to_constants_v2(traced)  # the usual way by a SavedModel takes four times as long
        return _converted_bytes(frozen, []), _converted_bytes(frozen, [tf.lite.Optimize.DEFAULT])
    except Exception as error:  # the converter's errors have no common class
        log.warning("%s is not converted to TensorFlow Lite: %s", model.name, str(error).partition("\n")[0])
        return None, None


def _converted_bytes(frozen: Any, optimizations: list[tf.lite.Optimize]) -> int:
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = optimizations
    return len(converter.convert())
