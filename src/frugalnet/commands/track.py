"""Export the finished runs of a folder of results to a tracker."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from frugalnet.config.section import unknown
from frugalnet.config.shown import shown
from frugalnet.config.tracking import OFFLINE, ONLINE, checked_uri
from frugalnet.errors import FrugalNetError, listed
from frugalnet.tracking import export
from frugalnet.tracking.where import MODULES, Where

log = logging.getLogger(__name__)

EVERY_S = 5.0
"""How often progress is said."""
ARTIFACTS = ("model", "figures")


def track(results: Path, tracker: str, uri: str | None, experiment: str | None, artifacts: str) -> None:
    """Export all finished runs of all studies, and print what became of them and what to open.

    Raises FrugalNetError for wrong options, a folder without finished runs, and as `tracking.export.export`.
    """
    where = _where(results, tracker, uri, experiment, artifacts)
    sources = export.finished(results, where.artifacts)
    if not sources:
        raise FrugalNetError(f"{results}: no finished runs; expected a folder of results, as results/quick")
    outcome = export.export(sources, where, _progress(len(sources)))
    for line in _told(where, outcome):
        Console(soft_wrap=True, markup=False, highlight=False).print(line)
    if outcome.damaged:
        raise FrugalNetError(f"damaged runs are not exported:{listed(list(outcome.damaged.values()))}")


def _where(results: Path, tracker: str, uri: str | None, experiment: str | None, artifacts: str) -> Where:
    """Return where to export to; raises FrugalNetError for wrong options."""
    if tracker not in MODULES:
        raise FrugalNetError(f"--to {shown(tracker)}: {unknown('tracker', tracker, MODULES)}")
    names = tuple(dict.fromkeys(name.strip() for name in artifacts.split(",") if name.strip()))
    if wrong := [name for name in names if name not in ARTIFACTS]:
        raise FrugalNetError(f"--artifacts {shown(wrong[0])}: expected {' or '.join(ARTIFACTS)}, or both with a comma")
    return Where(tracker, results, _place(tracker, uri) if uri else "", experiment or "", names)


def _place(tracker: str, uri: str) -> str:
    """Return where a tracker keeps its runs; messages do not show what may have a password or be a key."""
    if tracker == "wandb" and uri not in (OFFLINE, ONLINE):
        raise FrugalNetError(f"--uri: expected {OFFLINE} or {ONLINE} for W&B")
    if tracker == "tensorboard" and "://" in uri:
        raise FrugalNetError("--uri: expected a folder for TensorBoard")
    if tracker != "mlflow":
        return uri
    try:
        return checked_uri(uri)
    except ValueError as error:
        raise FrugalNetError(f"--uri: {error}") from None


def _progress(number: int) -> Callable[[int, str], None]:
    """Return what says every few seconds how far the export is, and how long it will take."""
    first: list[float] = []
    said_s = time.monotonic()

    def said(done: int, key: str) -> None:
        nonlocal said_s
        now_s = time.monotonic()
        first[:] = first or [now_s, done]  # before the first one, the tracker was opened
        if now_s - said_s >= EVERY_S and done > first[1]:
            said_s = now_s
            left_s = (now_s - first[0]) / (done - first[1]) * (number - done)
            log.info("%d of %d runs, %s; about %.0f s to go", done, number, key, left_s)

    return said


def _told(where: Where, outcome: export.Outcome) -> list[str]:
    """Return the lines that say what became of the runs, and what to open."""
    lines = [
        f"{where.tracker}, experiment {where.name}: {len(outcome.new)} new, {len(outcome.there)} there already, "
        f"{len(outcome.delayed)} delayed"
    ]
    if outcome.delayed:
        return [*lines, f"delayed, because {outcome.why}; the same command catches up"]
    return [*lines, f"to see them: {export.module_of(where).to_open(where)}"]
