"""Size of a model: parameters, and the file it is saved in."""

from pathlib import Path

import numpy as np

from frugalnet import record
from frugalnet.backend import keras


def save(model: keras.Model, path: Path) -> record.Model:
    """Save the model without its optimizer, and return its size."""
    model.compile()  # drops the optimizer, which triples the file
    model.save(path)
    weights = [np.asarray(variable) for variable in model.trainable_variables]
    return record.Model(
        parameters=sum(array.size for array in weights),
        parameters_nonzero=sum(int(np.count_nonzero(array)) for array in weights),
        model_bytes=path.stat().st_size,
        sha256=record.sha256(path),
    )
