"""Integrity of raw files: what is damaged, duplicated, unfinished or of another kind, each with its path."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from frugalnet import catalogue
from frugalnet.analysis.resampled import unlike_the_record
from frugalnet.config.checks import Checks
from frugalnet.errors import FrugalNetError, listed
from frugalnet.files import digest
from frugalnet.record import paths, record
from frugalnet.record.record import Record
from frugalnet.record.seal import is_as_written

NAMED = 3
"""Most runs that a sentence names; of more it gives the number."""
CHECKS = {"damaged": "damaged", "duplicate": "duplicates", "mixed_data": "mixed_data", "mixed_code": "mixed_code"}
"""The key of `checks` that decides about a problem; all other problems are warnings."""


@dataclass(frozen=True)
class Problem:
    """Something that readers of the tables have to know: a row of the table `problems`."""

    problem: Literal["damaged", "duplicate", "mixed_data", "mixed_code", "incomplete", "unsealed", "without_model"]
    run: str | None
    file: str | None
    """Path from the study's folder."""
    text: str


@dataclass(frozen=True)
class Traits:
    """What the runs of a study should have in common: whether their data are made samples, and versions of code."""

    run: str
    made: bool
    versions: Mapping[str, Any]


def is_there(folder: Path) -> bool:
    """Tell whether a raw folder holds a run, damaged or not; unfinished runs are elsewhere."""
    return any((folder / name).exists() for name in paths.COMPLETE)


def checked(path: Path, study: Path) -> tuple[Record | None, list[Problem]]:
    """Return the record in a raw folder, None unless all files are as they were written, and the problems of the folder."""
    if not path.exists():
        return None, [_without_record(path.parent, study)]
    run = path.parent.relative_to(study / paths.RAW).as_posix()
    rec, wrong = _as_written(path, study, run)
    file = path.relative_to(study).as_posix()
    if rec and rec.run.id != run:
        return None, [_misplaced(rec, file)]
    if rec and rec.status not in record.FINISHED:
        text = f"{file} is of a try that did not end as it should: its status is {rec.status}; expected {' or '.join(record.FINISHED)}."
        return None, [Problem("damaged", run, file, text)]
    return rec, wrong


def checked_tries(folder: Path, study: Path) -> tuple[list[Record | None], list[Problem]]:
    """Return the failed tries of a run, None for one that is damaged or has no record, and their problems."""
    run = folder.relative_to(study / paths.FAILED).as_posix()
    tries = [path / paths.RECORD for path in sorted(folder.glob("*")) if path.is_dir()]
    found = [_try(path, study, run) for path in tries]
    return [rec for rec, _ in found], [each for _, wrong in found for each in wrong]


def _try(path: Path, study: Path, run: str) -> tuple[Record | None, list[Problem]]:
    if path.exists():
        return _as_written(path, study, run)
    file = path.relative_to(study).as_posix()
    text = f"{file} is missing: what this try of {run} took is not known."
    return None, [Problem("incomplete", run, file, text)]


def _as_written(path: Path, study: Path, run: str) -> tuple[Record | None, list[Problem]]:
    """Return the record in a file, None unless it and the files beside it are as they were written, and their problems."""
    file = path.relative_to(study).as_posix()
    try:
        rec = record.read_record(path)
    except FrugalNetError as error:
        return None, [unusable(path, study, error)]
    if not is_as_written(path):
        what = "its own checksum was taken out" if rec.sha256 is None else "it does not fit its own checksum"
        return None, [Problem("damaged", run, file, f"{file} was edited: {what}.")]
    wrong = [(damaged.relative_to(study).as_posix(), what) for damaged, what in _damaged_files(path, rec, study)]
    problems = [Problem("damaged", run, name, f"{name} {what}.") for name, what in wrong]
    if rec.sha256 is None:
        text = f"{file} is of an earlier version, without a checksum of its own: whether it was edited cannot be told."
        problems.append(Problem("unsealed", run, file, text))
    return (None if wrong else rec), problems


def unusable(path: Path, study: Path, error: FrugalNetError) -> Problem:
    """Return as a problem what the reader of a record, or of a file beside it, complained about."""
    run = path.parent.relative_to(study).as_posix().partition("/")[2]
    return Problem("damaged", run, path.relative_to(study).as_posix(), str(error).replace(f"{study}/", "") + ".")


def _damaged_files(path: Path, rec: Record, study: Path) -> Iterator[tuple[Path, str]]:
    left_out = paths.HEAVY if (study / paths.LIGHT).exists() else ()
    for name, checksum in rec.files.items():
        file = path.with_name(name)
        if not file.is_file():
            if file.exists() or name not in left_out:
                yield file, "is no file" if file.exists() else "is missing"
        elif digest(file) != checksum:
            yield file, f"is torn or was edited: it does not fit its checksum in {paths.RECORD}"
        elif name == paths.TEST_SCORES and (unlike := unlike_the_record(file, rec)):
            yield file, unlike


def strays(study: Path, records: Iterable[Path]) -> list[Problem]:
    """Return the problems of what is in raw folders beside some records and is no other finished run."""
    known, found = set(records), []
    for folder, folders, files in os.walk(study / paths.RAW):
        folders.sort()
        path = Path(folder) / paths.RECORD
        if path in known or not {*paths.COMPLETE, paths.TRIALS} & set(files):
            continue
        if paths.RECORD not in files:
            found.append(_without_record(path.parent, study))
            continue
        file = path.relative_to(study).as_posix()
        try:
            rec = record.read_record(path)
        except FrugalNetError:
            text = f"{file} is no record of this version of FrugalNet, and of no run that these tables are of."
            found.append(Problem("incomplete", None, file, text))
            continue
        if rec.run.id != path.parent.relative_to(study / paths.RAW).as_posix():
            found.append(_misplaced(rec, file))
    return found


def _without_record(folder: Path, study: Path) -> Problem:
    """Return the problem that a folder has no record."""
    file = (folder / paths.RECORD).relative_to(study).as_posix()
    run = folder.relative_to(study / paths.RAW).as_posix()
    return Problem("damaged", run, file, f"{file} is missing, other files of the run are not.")


def _misplaced(rec: Record, file: str) -> Problem:
    text = f"{file} is a record of {rec.run.id}, which has a folder of its own: one of them is a copy."
    return Problem("duplicate", rec.run.id, file, text)


def left_out(dataset: str, runs: Sequence[str]) -> Problem:
    """Return the problem that the tables lack a dataset of the run sheet because some of its runs are missing."""
    title = catalogue.DATASETS[dataset].title
    text = f"{title} is left out: {_some(runs)} of the run sheet are not there as the settings say."
    return Problem("incomplete", None, None, text)


def without_model(runs: Iterable[tuple[str, str | None]]) -> list[Problem]:
    """Return for each method and variant how many seeds got no model, from the ids of all runs and why they got none."""
    groups: dict[str, dict[str, str | None]] = defaultdict(dict)
    for run, reason in runs:
        group, _, seed = run.rpartition("/")
        groups[group][seed] = reason
    found = []
    for group, seeds in groups.items():
        told = [f"{seed}: {reason}" for seed, reason in seeds.items() if reason]
        if told:
            more = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
            text = (
                f"{group} is compared without {len(told)} of {len(seeds)} seeds ({'; '.join([*told[:NAMED], *more])})."
            )
            found.append(Problem("without_model", None, None, text))
    return found


def mixed(of_runs: Sequence[Traits]) -> list[Problem]:
    """Return differences that runs should not have: made samples beside other data, and versions of code."""
    return [*_mixed_data(of_runs), *_mixed_code(of_runs)]


def _mixed_data(of_runs: Sequence[Traits]) -> Iterator[Problem]:
    levels: dict[bool, list[str]] = defaultdict(list)
    for each in of_runs:
        levels[each.made].append(each.run)
    if len(levels) > 1:
        text = f"{_some(levels[True])} had made samples, beside {_some(levels[False])} with other data."
        yield Problem("mixed_data", None, None, text)


def _mixed_code(of_runs: Sequence[Traits]) -> Iterator[Problem]:
    found: dict[str, dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in of_runs:
        for name, version in each.versions.items():
            found[name][version].append(each.run)
    for name, versions in found.items():
        if len(versions) > 1:
            parts = [f"{version or 'not known'} in {_some(runs)}" for version, runs in versions.items()]
            yield Problem("mixed_code", None, None, f"Not all runs had the same {name}: {', '.join(parts)}.")


def traits(rec: Record) -> Traits:
    """Return what a run should have in common with the others."""
    run, packages = rec.done, rec.software["packages"]
    versions = {
        f"version of method {run.method}": run.method_version,
        **{f"version of recipe part {part}": version for part, version in run.versions_of_parts.items()},
        f"version of network {run.network}": run.network_version,
        **({f"file {run.recipe.weights}": rec.weights_sha256} if run.recipe.weights else {}),
        **(
            {f"version of space {catalogue.space_name(run.dataset, run.nas.space)}": run.space_version}
            if run.nas
            else {}
        ),
        **{f"version of {name}": version for name, version in packages.items()},
        "commit": (rec.software["git"] or {}).get("commit"),
    }
    return Traits(run.id, rec.data["level"] == "sample", versions)


def _some(runs: Sequence[str]) -> str:
    """Return the names of a few runs, or the number of many."""
    return ", ".join(runs) if len(runs) <= NAMED else f"{len(runs)} runs"


def refuse(problems: Iterable[Problem], checks: Checks) -> None:
    """Raise FrugalNetError for all problems that the configuration refuses."""
    refused = [
        each for each in problems if each.problem in CHECKS and getattr(checks, CHECKS[each.problem]) == "refuse"
    ]
    if refused:
        keys = " and ".join(dict.fromkeys(f"checks.{CHECKS[each.problem]}" for each in refused))
        raise FrugalNetError(
            f"raw files do not fit, and {keys} is `refuse`; expected them as their runs left them:"
            f"{listed([each.text for each in refused])}\n  "
            "(get them from where they came from, or delete their folders to make the runs anew; `warn` goes on, and says so)"
        )
