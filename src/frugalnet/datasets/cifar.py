"""Pickled batches of images, as CIFAR-10 and CIFAR-100 have them."""

import codecs
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet.errors import FrugalNetError


def read_batch(path: Path, labels: str, n_classes: int, title: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a pickled batch: images (n, 32, 32, 3) uint8, and `labels` below `n_classes`; raises FrugalNetError for anything else."""
    try:
        with path.open("rb") as stream:
            batch = _Plain(stream, encoding="bytes").load()
        x, y = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(batch[labels.encode()])
        if x.dtype != np.uint8 or y.shape != (len(x),) or not np.isin(y, np.arange(n_classes)).all():
            raise ValueError(f"images {x.dtype} {x.shape}, labels {y.dtype} {y.shape}")
    except Exception as error:  # a damaged pickle makes its reader raise anything
        raise FrugalNetError(
            f"{path}: not a batch of {title} ({type(error).__name__}: {error}). Replace or delete it and run again."
        ) from None
    return x, y


class _Plain(pickle.Unpickler):
    """Read numbers, texts, lists, mappings and arrays only, because a pickle may call any function."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the functions that make arrays; refuse all others."""
        found = {
            ("numpy.core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
            ("numpy._core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): codecs.encode,
        }.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no part of an array")
        return found
