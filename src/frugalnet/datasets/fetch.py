"""Get the files of a dataset, or make its stand-in, and describe them in a manifest."""

import json
import logging
from contextlib import suppress
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path

import numpy as np

from frugalnet import catalogue
from frugalnet.config.data import Data
from frugalnet.datasets import by_content, official
from frugalnet.datasets.folder_and_mirror import Shelf
from frugalnet.datasets.mirror import check_mirror, mirror_of
from frugalnet.datasets.source import LEVELS, MANIFEST, SAMPLE_FILE, Arrays, Entry, Source
from frugalnet.errors import FrugalNetError
from frugalnet.files import read_json, replacing

log = logging.getLogger(__name__)


def fetch(dataset: str, data: Data, folder: Path) -> None:
    """Fill `folder` with the raw files of a dataset and write `manifest.json` last.

    The manifest holds source, level (the worst among the files) and, for each file, its name, sha256, size, level and origin.

    Raises:
        FrugalNetError: the mirror is missing, no address answers, or a file is not the expected one.
    """
    check_mirror(data)
    module = import_module(catalogue.DATASETS[dataset].module)
    manifest = folder / MANIFEST
    origins = _origins(manifest)
    manifest.unlink(missing_ok=True)
    sample = data.source == "sample"
    entries = (
        [_make(module.sample(), module.__name__, folder)] if sample else _bring(module.SOURCE, dataset, data, folder)
    )
    entries = [replace(entry, origin=origins.get(entry.sha256, entry.origin)) for entry in entries]
    level = max((entry.level for entry in entries), key=LEVELS.index)
    content = {"source": data.source, "level": level, "files": [asdict(entry) for entry in entries]}
    for entry in entries:
        log.info("%s: %s, %.1f MB, %s", entry.name, entry.level, entry.bytes / 1e6, entry.origin)
    with replacing(manifest) as new:
        new.write_text(json.dumps(content, indent=2) + "\n")


def _origins(manifest: Path) -> dict[str, str]:
    """Return the origins in an earlier manifest by sha256, for files that are still there."""
    with suppress(FrugalNetError, KeyError, TypeError):
        return {entry["sha256"]: entry["origin"] for entry in read_json(manifest, "a manifest")["files"]}
    return {}


def _bring(source: Source, dataset: str, data: Data, folder: Path) -> list[Entry]:
    mirror = mirror_of(data)
    shelf = Shelf(folder, f"{mirror.rstrip('/')}/{dataset}" if mirror else None)
    if source.check is not None:
        return by_content.bring(source.check, shelf, data.allow_subset)
    return official.bring(source, shelf)


def _make(arrays: Arrays, maker: str, folder: Path) -> Entry:
    path = folder / SAMPLE_FILE
    with replacing(path) as new, new.open("wb") as stream:
        np.savez(stream, x=arrays.x, y=arrays.y)
    return Entry.of(path, folder, "sample", f"made by {maker}")
