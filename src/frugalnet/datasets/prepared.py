"""The prepared form of a dataset: unscaled arrays of all samples, and index files of the parts, the same for every run.

A folder holds `x.npy`, `y.npy`, `train.npy`, `validation.npy`, `test.npy` and the card `dataset.json`, which is written last and has
their checksums. `checked.json` keeps the size and times of the files at the last successful check.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet import catalogue
from frugalnet.datasets.raw import read_raw
from frugalnet.datasets.source import Arrays, Source
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, read_json, reading, replacing, understanding

CARD = "dataset.json"
CHECKED = "checked.json"
AXES, PARTS = ("x", "y"), ("train", "validation", "test")
AGAIN = "delete that folder, and the same command prepares the data anew"
SPLIT_SEED = 0
TEST_FRACTION = 0.2
"""Share of all samples, for a dataset without its own test part."""
VALIDATION_FRACTION = 0.1
"""Share of the training samples, for a dataset without its own validation part."""


@dataclass(frozen=True)
class Part:
    """Samples of one part: `x` (n, ...) unscaled; `y` (n,), class numbers (int64) or targets (float32).

    They are in memory; `recipes/input.py` has a part whose `x` is on disk.
    """

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Data:
    """A prepared dataset; a part is read at its first use, so the test part stays unread until the end.

    `card` is the content of `dataset.json`: name, source, level, task, sizes, files, licence, citation.
    """

    folder: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.card["name"])

    @property
    def task(self) -> str:
        """Return `classification` or `regression`."""
        return str(self.card["task"])

    @property
    def n_classes(self) -> int | None:
        """Return the number of classes, None for a regression."""
        n_classes: int | None = self.card["n_classes"]
        return n_classes

    @cached_property
    def train(self) -> Part:
        return self._part("train")

    @cached_property
    def validation(self) -> Part:
        return self._part("validation")

    @cached_property
    def test(self) -> Part:
        return self._part("test")

    def positions(self, part: str) -> np.ndarray:
        """Return the sorted positions (int64) of a part's samples in the arrays."""
        found: np.ndarray = np.load(self.folder / f"{part}.npy")
        return found

    def _part(self, name: str) -> Part:
        index = self.positions(name)
        x, y = (np.load(self.folder / f"{axis}.npy", mmap_mode="r") for axis in "xy")
        return Part(x[index], y[index])


def load(folder: Path, dataset: str | None = None) -> Data:
    """Open a prepared dataset; if a name is given, it must be the name of the dataset.

    Raises:
        FrugalNetError: the folder holds no prepared dataset, an incomplete one, or one that was changed.
    """
    if not (folder / CARD).is_file():
        raise FrugalNetError(
            f"{folder / CARD}: not found. Expected a prepared dataset; let the workflow make it with its rule `prepare`."
        )
    card = check(folder)
    if dataset not in (None, card.get("name")):
        raise FrugalNetError(f"{folder / CARD}: name = {card.get('name')!r}; expected {dataset}; {AGAIN}")
    return Data(folder, card)


def check(folder: Path, whole: bool = False) -> dict[str, Any]:
    """Return the card of a prepared dataset after checking that its arrays are unchanged.

    The content of an array is only read if its size or times differ from those at the last successful check, or if `whole` is set.

    Raises:
        FrugalNetError: the card is torn or has no checksums, an array is missing or was changed, or the parts do not fit.
    """
    card = read_json(folder / CARD, f"the card of a prepared dataset; {AGAIN}")
    arrays = card.get("arrays")
    if not isinstance(arrays, dict) or arrays.keys() != {*AXES, *PARTS}:
        raise FrugalNetError(f"{folder / CARD}: has not the checksums of all arrays; {AGAIN}")
    found = {name: [checksum, *_state(folder / f"{name}.npy")] for name, checksum in arrays.items()}
    seen = {} if whole else _seen(folder)
    for name, checksum in arrays.items():
        path = folder / f"{name}.npy"
        if found[name] != seen.get(name) and digest(path) != checksum:
            raise FrugalNetError(f"{path}: was changed: it does not fit its checksum in {CARD}; {AGAIN}")
    if found != seen:
        _check_arrays(folder, card)
        with suppress(OSError), replacing(folder / CHECKED) as new:  # the data may be read-only
            new.write_text(json.dumps(found) + "\n")
    return card


def _state(path: Path) -> tuple[int, int, int]:
    """Return what shows a change of a file: its size, and the times of its content and of its inode."""
    with reading(path, f"an array; {AGAIN}"):
        found = path.stat()
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _seen(folder: Path) -> dict[str, Any]:
    """Return the checksums and states of the arrays at the last successful check; empty if that is not known."""
    with suppress(FrugalNetError):
        return read_json(folder / CHECKED, "states of arrays")
    return {}


def _check_arrays(folder: Path, card: dict[str, Any]) -> None:
    """Raise FrugalNetError unless the arrays are as the card describes and each sample is in exactly one part."""
    with understanding(folder / CARD, f"the card of a prepared dataset; {AGAIN}"):
        number = {part: int(card["samples"][part]) for part in PARTS}
        samples, classes = sum(number.values()), card["n_classes"]
        kinds = {"x": (card["dtype"], (samples, *card["shape"])), "y": ("int64" if classes else "float32", (samples,))}
        kinds |= {part: ("int64", (number[part],)) for part in PARTS}
    found = {name: _array(folder / f"{name}.npy", *kind) for name, kind in kinds.items()}
    if not np.array_equal(np.sort(np.concatenate([found[part] for part in PARTS])), np.arange(samples)):
        raise FrugalNetError(
            f"{folder}: {', '.join(f'{part}.npy' for part in PARTS)} do not have each of the {samples} samples once; {AGAIN}"
        )
    with understanding(folder / "y.npy", f"the classes that {CARD} counts; {AGAIN}"):
        counts = classes and {part: np.bincount(found["y"][found[part]], minlength=classes).tolist() for part in PARTS}
        if counts != card["class_counts"]:
            raise FrugalNetError(f"{folder / 'y.npy'}: has not as many samples of each class as {CARD} says; {AGAIN}")


def _array(path: Path, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the memory-mapped array in a file; raises FrugalNetError for another type or shape."""
    expected = f"{dtype} of shape {shape}, as {CARD} says"
    with reading(path, f"{expected}; {AGAIN}"):
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if (str(found.dtype), found.shape) != (dtype, shape):
            raise FrugalNetError(f"{path}: {found.dtype} of shape {found.shape}; expected {expected}; {AGAIN}")
    return found


def prepare(dataset: str, raw: Path, folder: Path) -> None:
    """Turn the raw files in `raw`, as `fetch` leaves them, into the prepared form in `folder`.

    Raises:
        FrugalNetError: `raw` has no manifest, a file that differs from the manifest, or a damaged file.
    """
    files, arrays = read_raw(dataset, raw)
    source = import_module(catalogue.DATASETS[dataset].module).SOURCE
    parts = split(arrays, stratified=source.classes is not None)

    (folder / CARD).unlink(missing_ok=True)
    for name, array in {"x": arrays.x, "y": arrays.y, **parts}.items():
        with replacing(folder / f"{name}.npy") as new, new.open("wb") as stream:
            np.save(stream, array)
    checksums = {name: digest(folder / f"{name}.npy") for name in (*AXES, *PARTS)}
    card = card_of(dataset, source, files, arrays, parts) | {"arrays": checksums}
    with replacing(folder / CARD) as new:
        new.write_text(json.dumps(card, indent=2) + "\n")


def split(arrays: Arrays, stratified: bool) -> dict[str, np.ndarray]:
    """Return the sorted positions (int64) of the samples of each part; test and validation parts that a dataset lacks are drawn.

    Drawn parts take the same fraction of every class if `stratified`.
    """
    strata = arrays.y if stratified else np.zeros(len(arrays.y))
    everything = np.arange(len(arrays.y))
    test = draw(everything, strata, TEST_FRACTION) if arrays.test is None else arrays.test
    rest = np.setdiff1d(everything, test)
    validation = draw(rest, strata, VALIDATION_FRACTION) if arrays.validation is None else arrays.validation
    return {"train": np.setdiff1d(rest, validation), "validation": np.sort(validation), "test": np.sort(test)}


def draw(positions: np.ndarray, strata: np.ndarray, fraction: float) -> np.ndarray:
    """Return a fraction of the positions: shuffle them, sort them by stratum, take every k-th."""
    generator = np.random.RandomState(SPLIT_SEED)  # the generator whose numbers NumPy promises never to change (NEP 19)
    shuffled = generator.permutation(positions)
    ordered = shuffled[np.argsort(strata[shuffled], kind="stable")]
    count = round(fraction * len(ordered))
    return ordered[np.arange(count) * len(ordered) // count]


def card_of(
    dataset: str, source: Source, manifest: dict[str, Any], arrays: Arrays, parts: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Return the card of a prepared dataset, for records and figures; a stand-in has no licence and no citation."""
    entry = catalogue.DATASETS[dataset]
    real = manifest["source"] == "official"
    n_classes = len(source.classes) if source.classes else None
    counts = (
        {part: np.bincount(arrays.y[index], minlength=n_classes).tolist() for part, index in parts.items()}
        if n_classes
        else None
    )
    return {
        "name": dataset,
        "title": entry.title,
        "version": entry.version,
        "source": manifest["source"],
        "level": manifest["level"],
        "task": entry.task,
        "n_classes": n_classes,
        "classes": source.classes,
        "features": source.features,
        "shape": arrays.x.shape[1:],
        "dtype": str(arrays.x.dtype),
        "samples": {part: len(index) for part, index in parts.items()},
        "class_counts": counts,
        "files": manifest["files"],
        "licence": source.licence if real else None,
        "citation": source.citation if real else None,
    }
