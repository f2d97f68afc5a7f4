"""Read the raw files of a dataset, as `fetch` leaves them, after checking them against their manifest."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet import catalogue
from frugalnet.datasets import official
from frugalnet.datasets.source import AGAIN, LEVELS, MANIFEST, SAMPLE_FILE, Arrays, Source
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, read_json, reading, understanding


def read_raw(dataset: str, raw: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the manifest of raw files, and all samples in them.

    Raises:
        FrugalNetError: there is no manifest, a file does not have the content or level in the manifest, or it holds no samples.
    """
    module = import_module(catalogue.DATASETS[dataset].module)
    manifest = _manifest(dataset, module.SOURCE, raw)
    with understanding(raw, f"raw files of {dataset}; {AGAIN}"):
        arrays = _read_sample(raw / SAMPLE_FILE) if manifest["source"] == "sample" else module.read(raw)
        if wrong := _wrong(arrays, module.SOURCE):
            raise FrugalNetError(f"{raw}: {wrong}; {AGAIN}")
    return manifest, arrays


def _manifest(dataset: str, source: Source, raw: Path) -> dict[str, Any]:
    """Return the manifest of raw files after checking them against it."""
    path = raw / MANIFEST
    if not path.is_file():
        raise FrugalNetError(
            f"{path}: not found. Expected the raw files of {dataset}; get them with the rule `download`."
        )
    expected = f"the manifest of raw files; {AGAIN}"
    manifest = read_json(path, expected)
    with understanding(path, expected):
        known = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
        level, made = manifest["level"], manifest["source"] == "sample"
        if manifest["source"] not in ("sample", "official") or level not in LEVELS or made != (level == "sample"):
            told = f"source = {manifest['source']!r}, level = {level!r}"
            raise FrugalNetError(
                f"{path}: {told[:100]}; expected sample and sample, or official and another level; {AGAIN}"
            )
    for file in _needed(source, made, raw):
        if not file.is_file() or digest(file) != known.get(file.relative_to(raw).as_posix()):
            what = "was changed since it was got" if file.is_file() else "is missing"
            raise FrugalNetError(f"{file}: {what}: it does not fit its checksum in {path}; {AGAIN}")
    if not made and source.files and LEVELS.index(level) < LEVELS.index(found := official.level_in(source, raw)):
        raise FrugalNetError(f"{path}: level = {level!r}, but by their checksums the files are {found}; {AGAIN}")
    return manifest


def _needed(source: Source, made: bool, raw: Path) -> list[Path]:
    """Return the raw files that are read."""
    if made:
        return [raw / SAMPLE_FILE]
    return sorted(raw.glob("*.mat")) if source.check else [raw / file.name for file in source.files]


def _read_sample(path: Path) -> Arrays:
    with reading(path, f"arrays of NumPy; {AGAIN}"), np.load(path) as made:
        return Arrays(made["x"], made["y"])


def _wrong(arrays: Arrays, source: Source) -> str | None:
    """Return why arrays cannot hold the samples of a dataset; None if they can."""
    x, y = arrays.x, arrays.y
    if not len(x) or y.shape != (len(x),):
        return f"x {x.shape}, y {y.shape}; expected one y for each x"
    wanted = "int64" if source.classes else "float32"
    if x.dtype.kind not in "uf" or y.dtype != wanted:
        return f"x {x.dtype}, y {y.dtype}; expected numbers, and {wanted}"
    if source.classes and not 0 <= y.min() <= y.max() < len(source.classes):
        return f"classes from {y.min()} to {y.max()}; expected 0 to {len(source.classes) - 1}"
    return None
