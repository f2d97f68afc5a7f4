"""What commands outside of the workflow share: configuration, run sheet, prepared data, and a process for what needs TensorFlow."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from frugalnet import catalogue, locks
from frugalnet.config import Config, Run
from frugalnet.errors import FrugalNetError
from frugalnet.validation import read_files
from frugalnet.workflow_job import OWNER, workflow_job

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
"""Packages of the extra `measuring` that are looked for: those that a measured run imports."""
PATIENCE_S = 600


def configuration(files: Iterable[Path], settings: Iterable[str]) -> Config:
    """Return the configuration of files, the usual one only where it is there, and of settings `key=value`."""
    return read_files([file for file in files if file != CONFIG or file.exists()], settings)


def run_sheet(config: Config) -> list[Run]:
    """Return the rows of the main study's sheet, as the workflow hands them to its jobs, to the last digit."""
    sheet = catalogue.resolve(catalogue.STUDIES[catalogue.MAIN_STUDY].sheet)(config)
    return [Run.model_validate(run.model_dump(mode="json", exclude_defaults=True)) for run in sheet]


def need_measuring() -> None:
    """Raise FrugalNetError where packages are missing that measured runs need."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise FrugalNetError(
            f"{', '.join(missing)}: not installed here; measuring needs the packages of the extra `measuring`, which "
            "tables and pages do without. Install the whole environment by `make env`, or them by "
            "`pip install 'frugalnet[measuring]'`"
        )


def prepared(dataset: str, config: Config) -> Path:
    """Return the folder of a prepared dataset, where the workflow has it too; fetched and prepared if it is not there."""
    from frugalnet.datasets.fetch import fetch
    from frugalnet.datasets.prepared import CARD, MANIFEST, prepare

    source = Path("data") / config.data.source
    raw, folder = source / "raw" / dataset, source / "prepared" / dataset
    held = f"another process prepares {dataset}"
    with locks.hold(source / "prepared" / f"{dataset}.lock", held, PATIENCE_S):
        refused = [] if config.data.allow_subset else ["subset"]
        if not _is_of(folder / CARD, {"name": dataset, "version": catalogue.DATASETS[dataset].version}, refused):
            if not _is_of(raw / MANIFEST, {"source": config.data.source}, refused):
                log.info("getting the files of %s (data.source: %s)", dataset, config.data.source)
                fetch(dataset, config.data, raw)
            log.info("preparing %s", dataset)
            prepare(dataset, raw, folder)
    return folder


def _is_of(path: Path, expected: Mapping[str, Any], refused: Sequence[str]) -> bool:
    """Tell whether a JSON file, which is written after those that it describes, is there and says what is expected.

    Data of the levels that are refused are to be got anew.
    """
    if not path.is_file():
        return False
    written = json.loads(path.read_text())
    right = all(written.get(name) == value for name, value in expected.items())
    return right and written.get("level") not in refused


def in_own_process(function: str, given: Mapping[str, Any], name: str, log_file: Path) -> Any:
    """Call `module:attribute` with keywords in a new process, and return what it returns; both are JSON.

    TensorFlow fixes threads and seeds once in a process. What it prints goes to the log alone, progress to the terminal too.
    Raises FrugalNetError where the process fails, which has said why by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        job, answer = Path(folder) / "job.json", Path(folder) / "answer.json"
        asked = {"function": function, "given": given, "name": name, "log": str(log_file), "answer": str(answer)}
        job.write_text(json.dumps(asked | {"spawned_s": time.time()}))
        done = subprocess.run(
            [sys.executable, "-m", "frugalnet.standalone", str(job)], env=os.environ | {OWNER: str(os.getpid())}
        )
        if done.returncode or not answer.exists():
            raise FrugalNetError(
                f"{name}: did not come to its end (exit code {done.returncode}); its log is {log_file}"
            )
        return json.loads(answer.read_text())


SPAWNED_S = "FRUGALNET_SPAWNED_S"
"""Variable of a process that has the time of the clock at which it was asked for."""


def main(path: Path) -> None:
    """Do the job that `in_own_process` of another process wrote."""
    job = json.loads(path.read_text())
    os.environ[SPAWNED_S] = str(job["spawned_s"])
    with workflow_job(job["log"], job["name"]):
        answer = catalogue.resolve(job["function"])(**job["given"])
        Path(job["answer"]).write_text(json.dumps(answer, allow_nan=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
