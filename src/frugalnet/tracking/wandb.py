"""Weights & Biases: a folder for each run beside the results, which `wandb sync` sends; `online` sends it at once."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from frugalnet.config.tracking import ONLINE
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing
from frugalnet.record import paths
from frugalnet.tracking import servers
from frugalnet.tracking.content import Content
from frugalnet.tracking.secrets import WANDB
from frugalnet.tracking.where import AwayError, RefusedByServerError, Where

STAMP = "frugalnet.json"
"""In the folder of a run, written last: which run it is, and whether it was sent."""
SERVER, BASE = "https://api.wandb.ai", "WANDB_BASE_URL"
STEPS = {"by_epoch": "epoch", "by_trial": "trial"}
"""The step of each group of curves."""
FORBIDDEN = "/\\#?%:"
SYNC_S = 120.0
"""How long sending a run may take."""
SETTINGS = {"WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}


def check(where: Where, secrets: Mapping[str, str]) -> None:
    """Raise an error for a name that no project can have, and where the server does not let us in."""
    if wrong := [each for each in FORBIDDEN if each in where.name]:
        raise FrugalNetError(f"{where.name}: no name of a project of W&B; expected one without {' '.join(wrong)}")
    if where.place != ONLINE:
        return
    key = secrets.get(WANDB[0])
    if not key:
        raise FrugalNetError(
            f"W&B online needs {WANDB[0]} in the environment, .env or secrets.yaml; or write `offline`, and send the runs by "
            "`wandb sync`"
        )
    body = {"query": "query {viewer {id}}"}
    answer = servers.ask(f"{_server()}/graphql", _what(), WANDB[0], body, {"user": "api", "password": key})
    if not (answer.get("data") or {}).get("viewer"):
        raise RefusedByServerError(f"{_what()} does not know the key in {WANDB[0]}")


def to_open(where: Where) -> str:
    """Return what to do to see the runs."""
    if where.place == ONLINE:
        return f"open {_server().replace('api.', '')}, project {where.name}"
    return f"wandb sync {where.results / paths.WANDB}/offline-run-*"


@contextmanager
def opened(where: Where, secrets: Mapping[str, str]) -> Iterator["Tracker"]:
    """Give the folder of runs."""
    check(where, {**secrets})
    before = {name: os.environ.get(name) for name in SETTINGS}
    os.environ.update(SETTINGS)
    try:
        yield Tracker(where)
    finally:
        if loaded := sys.modules.get("wandb"):
            loaded.teardown()  # its own process
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Tracker:
    """A folder with a folder for each run."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._folder = where.results / paths.WANDB
        self._stamps = {path.parent: json.loads(path.read_text()) for path in self._folder.glob(f"*/{STAMP}")}

    def exported(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Return the marks of the runs that are there, and sent if that is asked for, by key."""
        return {
            stamp["run"]: {stamp["mark"]}
            for stamp in self._stamps.values()
            if stamp["run"] in keys
            and stamp["project"] == self._where.name
            and (stamp["sent"] or self._where.place != ONLINE)
        }

    def export(self, content: Content) -> None:
        """Write the folder of a run in place of what is there of it, and send it if that is asked for."""
        stamp = {"run": content.key, "mark": content.mark, "project": self._where.name, "sent": False}
        folder = next((path for path, found in self._stamps.items() if found == stamp), None)
        if folder is None:
            self._delete(content)
            folder = self._write(content)
            self._note(folder, stamp)
        if self._where.place == ONLINE:
            _send(folder)
            self._note(folder, stamp | {"sent": True})

    def _delete(self, content: Content) -> None:
        """Delete the folders of an earlier or interrupted export of the run."""
        named = [
            path
            for path, found in self._stamps.items()
            if (found["run"], found["project"]) == (content.key, self._where.name)
        ]
        for path in {*named, *self._folder.glob(f"offline-run-*-{self._id(content)}")}:
            shutil.rmtree(path)
            self._stamps.pop(path, None)

    def _note(self, folder: Path, stamp: Mapping[str, Any]) -> None:
        with replacing(folder / STAMP) as new:
            new.write_text(json.dumps(stamp) + "\n")
        self._stamps[folder] = dict(stamp)

    def _id(self, content: Content) -> str:
        """Return an id that the same export has each time: a run of W&B cannot be written a second time."""
        return sha256(f"{self._where.name}\n{content.key}\n{content.mark}".encode()).hexdigest()[:16]

    def _write(self, content: Content) -> Path:
        import wandb

        self._folder.mkdir(parents=True, exist_ok=True)
        settings = wandb.Settings(
            mode="offline", root_dir=str(self._where.results.resolve()), project=self._where.name, run_id=self._id(content),
            run_name=content.name, run_group=content.study, run_job_type=str(content.parameters.get("method", "figures")),
            console="off", silent=True, save_code=False, disable_git=True, x_disable_stats=True, x_disable_meta=True,
            x_disable_machine_info=True,
        )  # fmt: skip
        run = wandb.init(settings=settings, config={**content.parameters, **content.known})
        for group, step in STEPS.items():
            run.define_metric(f"{group}/{step}", hidden=True)
            run.define_metric(f"{group}/*", step_metric=f"{group}/{step}")
        for row in _rows(content):
            run.log(row)
        run.summary.update(dict(content.numbers))
        for path in content.files.values():
            if path.suffix == ".png":
                run.log({f"figures/{path.stem}": wandb.Image(str(path))})
            else:
                run.save(str(path.resolve()), base_path=str(path.resolve().parent), policy="now")
        run.finish(exit_code=0 if content.complete else 1)
        return next(iter(self._folder.glob(f"offline-run-*-{self._id(content)}")))


def _rows(content: Content) -> Iterator[dict[str, float]]:
    """Yield the points of all curves of a group at each step."""
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for curve in content.curves:
        group = curve.name.partition("/")[0]
        for step, value in zip(curve.steps, curve.values, strict=True):
            found[group, step][curve.name] = value
    for (group, step), values in sorted(found.items()):
        yield {f"{group}/{STEPS[group]}": step, **values}


def _send(folder: Path) -> None:
    """Send the folder of a run by W&B's own command; raises AwayError where that fails."""
    try:
        done = subprocess.run([sys.executable, "-m", "wandb", "sync", str(folder)], capture_output=True, timeout=SYNC_S)
    except subprocess.TimeoutExpired:
        raise AwayError(f"{_what()} is away (sending took more than {SYNC_S:.0f} s)") from None
    if done.returncode:
        raise AwayError(f"{_what()} did not take the run (`wandb sync {folder}` says why)")


def _server() -> str:
    return os.environ.get(BASE, SERVER).rstrip("/")


def _what() -> str:
    return f"the W&B server at {_server()}"
