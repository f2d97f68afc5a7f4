"""What is exported of a finished run: parameters, curves, final numbers and how each is known. Nothing unknown becomes 0."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from frugalnet.analysis import integrity
from frugalnet.analysis.factors import UNUSED
from frugalnet.analysis.runs import run_row
from frugalnet.config.levels import written
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, understanding
from frugalnet.record import paths, record
from frugalnet.record.record import Record
from frugalnet.tracking import numbers
from frugalnet.tracking.curves import Curve, curves_of

LAYOUT = 1
"""Number of the layout of exports: a higher one makes those of earlier layouts anew."""
MODEL, FIGURES = "model", "figures"
KEYS = (
    *("study", "dataset", "network", "method", "variant", "family", "seed", "metric"),
    *("parent", "teacher", "threads"),
)


@dataclass(frozen=True)
class Source:
    """Something that can be exported, without its content: cheap to make for thousands of runs."""

    key: str
    """`<study>/<run>`, or `<study>/figures`."""
    study: Path
    files: tuple[Path, ...]
    """The record, or the figures."""
    mark: str
    """Digest of what is exported: a run with another mark in the tracker is out of date."""

    @property
    def run(self) -> str:
        """Return the id of the run; `figures` for the figures of a study."""
        return self.key.partition("/")[2]


@dataclass(frozen=True)
class Content:
    """What one run is in a tracker. Values that are not known are left out."""

    key: str
    mark: str
    name: str
    study: str
    status: str
    started: datetime
    ended: datetime
    parameters: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Final numbers by `<group>/<column of the table runs>`."""
    known: Mapping[str, str] = field(default_factory=dict)
    """How the numbers are known, and where they are from: sources, scopes, levels of data, flags, machine, software."""
    curves: Sequence[Curve] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    """What is sent as artifacts, by name."""

    @property
    def complete(self) -> bool:
        """Tell whether the run got a model."""
        return self.status == record.COMPLETE

    def at(self, seconds: float) -> datetime:
        """Return the time of day of a moment of the run."""
        return self.started + timedelta(seconds=seconds)


def source_of_run(study: Path, path: Path, artifacts: Iterable[str]) -> Source:
    """Return a finished run as something to export; `path` is its record."""
    run = path.parent.relative_to(study / paths.RAW).as_posix()
    model = MODEL in artifacts and path.with_name(paths.MODEL).exists()
    return Source(f"{study.name}/{run}", study, (path,), _mark(digest(path), *([MODEL] if model else [])))


def source_of_figures(study: Path, files: Iterable[Path]) -> Source:
    """Return the figures of a study as something to export."""
    given = tuple(sorted(files))
    names = "\n".join(f"{path.name} {digest(path)}" for path in given)
    return Source(f"{study.name}/{FIGURES}", study, given, _mark(sha256(names.encode()).hexdigest()))


def content_of(source: Source) -> Content:
    """Return what is exported; raises FrugalNetError for a damaged run."""
    if source.run == FIGURES:
        return _of_figures(source)
    path = source.files[0]
    rec, problems = integrity.checked(path, source.study)
    if rec is None:
        raise FrugalNetError("; ".join(problem.text for problem in problems))
    tries, _ = integrity.checked_tries(paths.failed(source.study, rec.run.id), source.study)
    with understanding(path, "a record that can be exported"):
        return _of_record(source, rec, run_row(rec, tries), path.parent)


def _of_record(source: Source, rec: Record, row: Mapping[str, Any], folder: Path) -> Content:
    """Return what is exported of a run; `row` is its row of the table `runs`."""
    parameters = {key: row[key] for key in KEYS} | _choices(row) | _search(rec)
    left_out = {*parameters, *(numbers.OF_TRIES if not row["failed_tries"] else ())}
    final, known = numbers.split({name: value for name, value in row.items() if name not in left_out})
    started = datetime.fromisoformat(next((each.started for each in rec.windows if each.started), None) or rec.started)
    length_s = max((window.end_s for window in rec.windows), default=0.0)
    model = folder / paths.MODEL
    return Content(
        key=source.key,
        mark=source.mark,
        name=rec.run.id,
        study=rec.run.study,
        status=rec.status,
        started=started,
        ended=started + timedelta(seconds=length_s),
        parameters={name: value for name, value in parameters.items() if value is not None},
        numbers=final | numbers.of_whole_run(rec),
        known=known | ({"error": rec.error} if rec.error else {}),
        curves=curves_of(folder, rec),
        files={paths.MODEL: model} if source.mark.endswith(MODEL) and model.exists() else {},
    )


def _choices(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys of recipe and pruning in their short form, and levels of factors; without what has no effect."""
    return {
        name: value
        for name, value in row.items()
        if name.startswith(("recipe.", "pruning.", "factor.")) and value is not None and UNUSED.get(name) != value
    }


def _search(rec: Record) -> dict[str, Any]:
    """Return the keys of a search that were set."""
    found: dict[str, Any] = {}
    given = rec.run.nas.model_dump(mode="json", exclude_unset=True) if rec.run.nas else {}
    for name, value in given.items():
        if isinstance(value, dict):
            found |= {f"nas.{name}.{key}": each for key, each in value.items() if each}
        else:
            found[f"nas.{name}"] = written(value)
    return {name: value for name, value in found.items() if value is not None}


def _of_figures(source: Source) -> Content:
    newest = datetime.fromtimestamp(max(path.stat().st_mtime for path in source.files)).astimezone()
    return Content(
        key=source.key,
        mark=source.mark,
        name=f"{source.study.name}: figures",
        study=source.study.name,
        status=record.COMPLETE,
        started=newest,
        ended=newest,
        parameters={"study": source.study.name},
        files={path.name: path for path in source.files},
    )


def _mark(of: str, *sent: str) -> str:
    """Return what tells one export of a run from another: its digest, the layout, and what is sent beside numbers."""
    return " ".join([of, f"layout {LAYOUT}", *sent])
