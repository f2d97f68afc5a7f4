"""Where the samples of a training lie: in memory, or on disk, from which each batch is read when it is due."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from frugalnet.datasets import Data, Part
from frugalnet.errors import FrugalNetError

DISK = "disk"
PIECE_BYTES = 2**22
"""How much of the samples is in memory at once where all of them are needed."""


@dataclass(frozen=True)
class OnDisk(Data):
    """Data of which the samples of the training part stay on disk; targets and the other parts are read into memory."""

    held: Data

    def positions(self, part: str) -> np.ndarray:
        return self.held.positions(part)

    def _part(self, name: str) -> Part:
        if name != "train":
            part: Part = getattr(self.held, name)
            return part
        index = self.positions(name)
        x: Any = Stored(self.folder / "x.npy", index)  # what a training asks of an array, it has
        return Part(x, np.load(self.folder / "y.npy", mmap_mode="r")[index])


def with_input(data: Data, name: str) -> Data:
    """Return data whose training samples lie in memory or on disk, as a recipe's `input` says; a file is opened at first use."""
    return OnDisk(data.folder, data.card, data) if name == DISK else data


class Stored:
    """Samples at some positions of a file of an array: an index reads those that it names, and nothing of them is kept.

    They are read by calls and not through a memory map, whose pages would count as memory of the process. Raises
    FrugalNetError for a file that is not written sample by sample, or ends too early.
    """

    def __init__(self, path: Path, positions: np.ndarray) -> None:
        array = cast(np.memmap, np.load(path, mmap_mode="r"))
        if not array.flags.c_contiguous:
            raise FrugalNetError(f"{path}: is not written sample by sample; expected that for recipe.input = {DISK}")
        self.dtype = array.dtype
        self.shape = (len(positions), *array.shape[1:])
        self.ndim = array.ndim
        self._first_byte, self._sample_bytes = array.offset, array[:1].nbytes
        self._positions = positions
        self._file = path.open("rb", buffering=0)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, wanted: slice | np.ndarray) -> np.ndarray:
        """Return samples by a slice or an array of numbers; neighbours in the file are read together."""
        at = self._positions[wanted]
        first = np.flatnonzero(np.diff(at, prepend=-2) != 1)
        numbers = np.diff(first, append=len(at))
        runs = zip(at[first].tolist(), numbers.tolist(), strict=True)
        content = b"".join([self._read(start, number) for start, number in runs])
        return np.frombuffer(content, self.dtype).reshape(len(at), *self.shape[1:])

    def _read(self, start: int, number: int) -> bytes:
        size = number * self._sample_bytes
        content = os.pread(self._file.fileno(), size, self._first_byte + start * self._sample_bytes)
        if len(content) != size:
            raise FrugalNetError(f"{self._file.name}: ends before sample {start + number}; expected it unchanged")
        return content

    def mean(self, axes: tuple[int, ...], dtype: str) -> np.ndarray:
        """Return the mean over axes, of which one is that of the samples, as an array does."""
        return self._mean_of(lambda piece: piece, axes, dtype)

    def std(self, axes: tuple[int, ...], dtype: str) -> np.ndarray:
        """Return the standard deviation over axes, of which one is that of the samples, as an array does."""
        mean = self.mean(axes, dtype)
        return np.sqrt(self._mean_of(lambda piece: (piece - mean) ** 2, axes, dtype))

    def _mean_of(self, function: Any, axes: tuple[int, ...], dtype: str) -> np.ndarray:
        """Return the mean of a function of the samples; `mean` keeps no axis, so it fits the last ones."""
        total = sum(function(piece).sum(axes, dtype=dtype) for piece in pieces(self))
        return np.asarray(total / np.prod([self.shape[axis] for axis in axes]))


Samples = np.ndarray | Stored


def pieces(x: Samples) -> Iterator[np.ndarray]:
    """Yield all samples in their order, a few at a time."""
    step = max(1, PIECE_BYTES // max(1, x[:1].nbytes))
    return (x[at : at + step] for at in range(0, len(x), step))


def feature(x: Samples, number: int) -> np.ndarray:
    """Return all values of a feature, an entry of the last axis."""
    return np.concatenate([piece[..., number].ravel() for piece in pieces(x)])


def numbers_of(x: Samples) -> np.ndarray:
    """Return what stands for samples in the order of batches: the samples themselves, or their numbers if they are on disk."""
    return np.arange(len(x)) if isinstance(x, Stored) else x
