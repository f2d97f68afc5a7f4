"""The types with which a dataset's module describes it: its files, how they are recognized, and the arrays read from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from frugalnet.files import digest

Level = Literal["official", "equivalent", "subset", "sample"]
"""How real the data are, best first: the official files; the same values in another container; a part of them; made by us."""
LEVELS: tuple[Level, ...] = ("official", "equivalent", "subset", "sample")
SAMPLE_FILE = "sample.npz"
MANIFEST = "manifest.json"
AGAIN = f"delete {MANIFEST}, and the same command gets the files anew"


@dataclass(frozen=True)
class File:
    """A file, named by its path below `<mirror>/<dataset>/`, with its accepted checksums and the level that each means."""

    name: str
    checksums: Mapping[str, Level]
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """How to recognize a file without a direct address and a published checksum: by its content.

    `level_of` takes a path, the address to name in errors and `allow_subset`; it returns the level or refuses the file.
    The file is in `archive`, which `page` offers.
    """

    name: str
    archive: str
    page: str
    level_of: Callable[..., Level]


@dataclass(frozen=True)
class Source:
    """Where a dataset comes from, its terms of use, and the meaning of its labels and columns.

    It has either `files`, with the `archive` that holds them all if the official addresses offer only that, or `check`.
    """

    licence: str
    citation: str
    files: tuple[File, ...] = ()
    archive: File | None = None
    check: Check | None = None
    classes: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Arrays:
    """All samples of a dataset, unscaled, with the positions of its own test and validation parts if it has them."""

    x: np.ndarray
    y: np.ndarray
    test: np.ndarray | None = None
    validation: np.ndarray | None = None


@dataclass(frozen=True)
class Entry:
    """An accepted file: one entry of the manifest."""

    name: str
    sha256: str
    bytes: int
    level: Level
    origin: str

    @classmethod
    def of(cls, path: Path, folder: Path, level: Level, origin: str) -> "Entry":
        """Describe the file `path` below `folder`."""
        return cls(path.relative_to(folder).as_posix(), digest(path), path.stat().st_size, level, origin)


def joined(train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> Arrays:
    """Return training samples followed by test samples, for datasets that keep them in separate files."""
    n_train, n_test = len(train[0]), len(test[0])
    x, y = (np.concatenate(pair) for pair in zip(train, test, strict=True))
    return Arrays(x, y.astype(np.int64), test=np.arange(n_train, n_train + n_test))
