"""What commands start from: the configuration, prepared data, and the packages that measuring needs."""

import logging
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.config.reading import read_files
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import hold_lock, read_json
from frugalnet.record import paths

log = logging.getLogger(__name__)


CONFIG = Path("config/config.yaml")


NEEDED = (
    "tensorflow",
    "keras",
    "tensorflow_model_optimization",
    "autokeras",
    "keras_tuner",
    "pynvml",
    "pooch",
    "sklearn",
)
"""Packages of the extra `measuring` that a measured run imports, and that are therefore checked."""


PATIENCE_S = 600


def configuration(files: Iterable[Path], settings: Iterable[str]) -> Config:
    """Return the configuration from files and settings `key=value`; the default file may be missing."""
    return read_files([file for file in files if file != CONFIG or file.exists()], settings)


def need_measuring() -> None:
    """Raise FrugalNetError where packages that measured runs need are missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise FrugalNetError(
            f"{', '.join(missing)}: not installed here; measuring needs the packages of the extra `measuring`, unlike "
            "tables and pages. Install the whole environment by `make env`, or these packages by "
            "`pip install 'frugalnet[measuring]'`"
        )


def prepared(dataset: str, config: Config) -> Path:
    """Return the folder of a prepared dataset, the same as the workflow's; fetch and prepare it if it is not there."""
    from frugalnet.datasets.fetch import fetch
    from frugalnet.datasets.prepared import prepare

    manifest, card = paths.manifest(config.data.source, dataset), paths.card(config.data.source, dataset)
    held = f"another process prepares {dataset}"
    with hold_lock(card.parent.with_suffix(".lock"), held, PATIENCE_S):
        if not is_prepared(dataset, config):
            if not _is_of(manifest, {"source": config.data.source}, config):
                log.info("getting the files of %s (data.source: %s)", dataset, config.data.source)
                fetch(dataset, config.data, manifest.parent)
            log.info("preparing %s", dataset)
            prepare(dataset, manifest.parent, card.parent)
    return card.parent


def is_prepared(dataset: str, config: Config) -> bool:
    """Tell whether a dataset is prepared as the configuration asks."""
    card = paths.card(config.data.source, dataset)
    return _is_of(card, {"name": dataset, "version": catalogue.DATASETS[dataset].version}, config)


def _is_of(path: Path, expected: Mapping[str, Any], config: Config) -> bool:
    """Tell whether a JSON file, written after the files that it describes, is there and says what is expected.

    Data of a level that is not accepted have to be fetched again.
    """
    if not path.is_file():
        return False
    written = read_json(path, f"what FrugalNet writes there; delete {path}, and the same command makes it anew")
    right = all(written.get(name) == value for name, value in expected.items())
    return right and (config.data.allow_subset or written.get("level") != "subset")
