"""Samples for a model's inputs: made ones if none are given, and samples in the structure that the model is called with."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from frugalnet.backend import keras
from frugalnet.networks.graph import functional_of

log = logging.getLogger(__name__)


def made_samples(model: keras.Model, count: int) -> list[np.ndarray] | None:
    """Return noise for each input: bytes over their range, other integers 0 or 1, floats normal.

    None, with a line in the log, for inputs that are unknown (of a model without a graph) or of open size.
    """
    inputs = getattr(model, "inputs", None)
    if inputs is None:
        log.warning("%s: no samples are made for inputs that are not known; give some", model.name)
        return None
    shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
    if any(None in shape for shape in shapes):
        log.warning("%s: no samples are made for inputs of open size; give some", model.name)
        return None
    generator = np.random.default_rng(0)
    types = [keras.backend.standardize_dtype(tensor.dtype) for tensor in inputs]
    return [
        generator.standard_normal((count, *shape)).astype(dtype)
        if dtype.startswith(("float", "bfloat"))
        else generator.integers(0, 256 if dtype == "uint8" else 2, (count, *shape)).astype(dtype)
        for shape, dtype in zip(shapes, types, strict=True)
    ]


def rows(samples: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """Return `count` rows of each array, repeated from the start if there are fewer."""
    return [np.resize(part, (count, *part.shape[1:])) for part in samples]


def packed(model: keras.Model, samples: Sequence[Any]) -> Any:
    """Return arrays or tensors in the structure of the model's inputs (as a dict); unchanged where it is not known."""
    structure = getattr(functional_of(model) or model, "_inputs_struct", None)
    if structure is not None:
        return keras.tree.pack_sequence_as(structure, list(samples))
    return list(samples) if len(samples) > 1 else samples[0]
