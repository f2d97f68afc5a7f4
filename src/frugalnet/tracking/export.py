"""Export finished runs to a tracker: each once, and later where a server is away."""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError
from frugalnet.files import hold_lock, replacing
from frugalnet.record import paths
from frugalnet.tracking import content
from frugalnet.tracking.content import FIGURES, Source
from frugalnet.tracking.secrets import in_environment, read_secrets
from frugalnet.tracking.where import AwayError, RefusedByServerError, Where, need

log = logging.getLogger(__name__)

PATIENCE_S = 600
"""How long an export waits for another one into the same results."""
EXPORTED, DELAYED = "exported", "delayed"
LOCK = ".tracking.lock"


@dataclass
class Outcome:
    """What became of each run, by `<study>/<run>`; `why` is the reason of the delays."""

    new: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    delayed: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    why: str = ""


def export(
    sources: Sequence[Source], where: Where, said: Callable[[int, str], None] = lambda number, key: None
) -> Outcome:
    """Export what is not in the tracker yet, and note for each run what became of it; `said` hears of each.

    A server that is away delays what is left. Raises FrugalNetError where the tracker is not installed, the server refuses
    the password, or others can read the secrets.
    """
    need(where.tracker)
    secrets, outcome = read_secrets(), Outcome()
    if not sources:
        return outcome
    held = f"another export into {where.results} is going on"
    with hold_lock(where.results / LOCK, held, PATIENCE_S), in_environment(secrets):
        left = iter(sources)
        try:
            with module_of(where).opened(where, secrets) as tracker:
                there = tracker.exported([source.key for source in sources])
                for source in left:
                    _export_one(source, tracker, there, where, outcome)
                    said(len(outcome.new) + len(outcome.there) + len(outcome.damaged), source.key)
        except AwayError as error:
            outcome.why = str(error)
            done = {*outcome.new, *outcome.there, *outcome.damaged}
            for source in sources:
                if source.key not in done:
                    outcome.delayed.append(source.key)
                    _note(source, where, DELAYED, str(error))
    return outcome


def _export_one(
    source: Source, tracker: Any, there: Mapping[str, Collection[str]], where: Where, outcome: Outcome
) -> None:
    if source.mark in there.get(source.key, ()):
        outcome.there.append(source.key)
    else:
        try:
            found = content.content_of(source)
        except FrugalNetError as error:
            outcome.damaged[source.key] = str(error)
            return
        tracker.export(found)
        outcome.new.append(source.key)
    _note(source, where, EXPORTED)


def module_of(where: Where) -> ModuleType:
    """Return the module of a tracker."""
    return import_module(f"frugalnet.tracking.{where.tracker}")


def check(where: Where) -> str | None:
    """Return why exports are delayed, None where the server answers, or there is none; raises FrugalNetError as `export`."""
    need(where.tracker)
    try:
        module_of(where).check(where, read_secrets())
    except AwayError as error:
        return str(error)
    return None


def finished(results: Path, artifacts: Iterable[str]) -> list[Source]:
    """Return all finished runs of a folder of results, and the figures of its studies if they are asked for."""
    return list(_finished(results, tuple(artifacts)))


def _finished(results: Path, artifacts: Sequence[str]) -> Iterator[Source]:
    for study in (results / name for name in catalogue.STUDIES):
        for path in sorted((study / paths.RAW).glob(f"*/*/*/*/{paths.RECORD}")):
            yield content.source_of_run(study, path, artifacts)
        if FIGURES in artifacts and (figures := figures_of(study)):
            yield content.source_of_figures(study, figures)


def figures_of(study: Path) -> list[Path]:
    """Return the pictures of a study that are there, for two columns of print."""
    names = catalogue.STUDIES[study.name].figures
    return [path for name in names if (path := paths.figure(study, name)).exists()]


def is_delayed(stamp: Path) -> bool:
    """Tell whether a file of `paths.tracked` says that an export is delayed; also where it cannot be read."""
    try:
        return json.loads(stamp.read_text())["state"] != EXPORTED
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError):
        return True


def caught_up(where: Where) -> str:
    """Return how delayed exports are caught up with."""
    return f"the next call of the workflow exports it, or `frugalnet track {where.results} --to {where.tracker}`"


def _note(source: Source, where: Where, state: str, why: str = "") -> None:
    """Write what became of the export of a run; a file that says the same stays as it is."""
    path = paths.tracked(source.study, source.run, where.tracker)
    said = {"state": state, "mark": source.mark, "place": where.place, "experiment": where.name} | (
        {"why": why} if why else {}
    )
    text = json.dumps(said, indent=1) + "\n"
    if not (path.exists() and path.read_text() == text):
        with replacing(path) as new:
            new.write_text(text)


__all__ = [
    "AwayError",
    "Outcome",
    "RefusedByServerError",
    "caught_up",
    "check",
    "export",
    "figures_of",
    "finished",
    "is_delayed",
]
