"""The prepared form of a dataset: unscaled arrays of all samples, and index files of the parts, the same for every run.

A folder holds `x.npy`, `y.npy`, `train.npy`, `validation.npy`, `test.npy` and, written last, the card `dataset.json`.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet import catalogue
from frugalnet.datasets.source import SAMPLE_FILE, Arrays, Source
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing

CARD = "dataset.json"
MANIFEST = "manifest.json"
SPLIT_SEED = 0
TEST_FRACTION = 0.2
"""Of all samples, where a dataset has no test part of its own."""
VALIDATION_FRACTION = 0.1
"""Of the training samples, where a dataset has no validation part of its own."""


@dataclass(frozen=True)
class Part:
    """Samples of one part, in memory: `x` (n, ...) unscaled; `y` (n,), class numbers (int64) or targets (float32)."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Data:
    """A prepared dataset; a part is read when it is first asked for, so that the test part stays unread until the end.

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

    def _part(self, name: str) -> Part:
        index = np.load(self.folder / f"{name}.npy")
        x, y = (np.load(self.folder / f"{axis}.npy", mmap_mode="r") for axis in "xy")
        return Part(x[index], y[index])


def load(folder: Path) -> Data:
    """Open a prepared dataset.

    Raises:
        FrugalNetError: the folder holds no prepared dataset, or half of one.
    """
    card = folder / CARD
    if not card.is_file():
        raise FrugalNetError(
            f"{card}: not found. Expected a prepared dataset; let the workflow make it with its rule `prepare`."
        )
    return Data(folder, json.loads(card.read_text()))


def prepare(dataset: str, raw: Path, folder: Path) -> None:
    """Make the prepared form in `folder` of the raw files in `raw`, as `fetch` leaves them.

    Raises:
        FrugalNetError: `raw` has no manifest.
    """
    manifest = raw / MANIFEST
    if not manifest.is_file():
        raise FrugalNetError(
            f"{manifest}: not found. Expected the raw files of {dataset}; get them with the rule `download`."
        )
    files = json.loads(manifest.read_text())
    module = import_module(catalogue.DATASETS[dataset].module)
    arrays = _read_sample(raw) if files["source"] == "sample" else module.read(raw)
    parts = split(arrays, stratified=module.SOURCE.classes is not None)

    (folder / CARD).unlink(missing_ok=True)
    for name, array in {"x": arrays.x, "y": arrays.y, **parts}.items():
        with replacing(folder / f"{name}.npy") as new, new.open("wb") as stream:
            np.save(stream, array)
    with replacing(folder / CARD) as new:
        new.write_text(json.dumps(card_of(dataset, module.SOURCE, files, arrays, parts), indent=2) + "\n")


def _read_sample(raw: Path) -> Arrays:
    with np.load(raw / SAMPLE_FILE) as made:
        return Arrays(made["x"], made["y"])


def split(arrays: Arrays, stratified: bool) -> dict[str, np.ndarray]:
    """Return the sorted positions (int64) of the samples of each part: the dataset's own parts, and drawn ones in place of missing ones.

    Drawn parts take the same fraction of every class when `stratified`.
    """
    strata = arrays.y if stratified else np.zeros(len(arrays.y))
    everything = np.arange(len(arrays.y))
    test = _draw(everything, strata, TEST_FRACTION) if arrays.test is None else arrays.test
    rest = np.setdiff1d(everything, test)
    validation = _draw(rest, strata, VALIDATION_FRACTION) if arrays.validation is None else arrays.validation
    return {"train": np.setdiff1d(rest, validation), "validation": np.sort(validation), "test": np.sort(test)}


def _draw(positions: np.ndarray, strata: np.ndarray, fraction: float) -> np.ndarray:
    """Return a fraction of the positions: shuffle them, sort them by stratum, take every k-th."""
    generator = np.random.RandomState(SPLIT_SEED)  # the generator whose numbers NumPy promises never to change (NEP 19)
    shuffled = generator.permutation(positions)
    ordered = shuffled[np.argsort(strata[shuffled], kind="stable")]
    count = round(fraction * len(ordered))
    return ordered[np.arange(count) * len(ordered) // count]


def card_of(
    dataset: str, source: Source, manifest: dict[str, Any], arrays: Arrays, parts: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Return what is known of a prepared dataset, for records and figures; a stand-in has no licence and citation."""
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
