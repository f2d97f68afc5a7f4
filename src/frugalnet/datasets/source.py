"""The words in which a dataset's own module describes it: its files, how they are known, and the arrays read from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from frugalnet.files import digest

Level = Literal["official", "equivalent", "subset", "sample"]
"""How real data is, best first: the official files; the same values in another container; a part of them; made."""
LEVELS: tuple[Level, ...] = ("official", "equivalent", "subset", "sample")
SAMPLE_FILE = "sample.npz"
MANIFEST = "manifest.json"
AGAIN = f"delete {MANIFEST}, and the same command gets the files anew"


@dataclass(frozen=True)
class File:
    """A file, named by its path below `<mirror>/<dataset>/`, with the checksums that it may have and the level each means."""

    name: str
    checksums: Mapping[str, Level]
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """How a file without direct address and published checksum is known: by its content.

    `level_of` takes a path, the address to name in errors and `allow_subset`; it returns the level or refuses the file.
    `archive`, which `page` offers, holds the file.
    """

    name: str
    archive: str
    page: str
    level_of: Callable[..., Level]


@dataclass(frozen=True)
class Source:
    """Where a dataset comes from, under which terms, and what its labels and columns mean.

    Either `files`, with the `archive` that holds all of them where the official addresses offer them together, or `check`.
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
    """All samples of a dataset, unscaled, with the positions of its own test and validation parts where it has them."""

    x: np.ndarray
    y: np.ndarray
    test: np.ndarray | None = None
    validation: np.ndarray | None = None


@dataclass(frozen=True)
class Entry:
    """A file that was accepted: one line of the manifest."""

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
    """Return training samples followed by test samples, as they come from files that hold them apart."""
    n_train, n_test = len(train[0]), len(test[0])
    x, y = (np.concatenate(pair) for pair in zip(train, test, strict=True))
    return Arrays(x, y.astype(np.int64), test=np.arange(n_train, n_train + n_test))
