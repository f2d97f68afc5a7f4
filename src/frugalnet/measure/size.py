"""Size of a model: parameters, and the file it is saved in."""

import math
from pathlib import Path

import numpy as np

from frugalnet import record
from frugalnet.backend import keras
from frugalnet.files import digest


def count_parameters(model: keras.Model) -> int:
    """Return the number of trainable parameters."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def save(model: keras.Model, path: Path) -> record.Model:
    """Save the model without its optimizer, and return its size."""
    model.compile()  # drops the optimizer, which triples the file
    model.save(path)
    return record.Model(
        parameters=count_parameters(model),
        parameters_nonzero=sum(int(np.count_nonzero(variable)) for variable in model.trainable_variables),
        model_bytes=path.stat().st_size,
        sha256=digest(path),
    )
