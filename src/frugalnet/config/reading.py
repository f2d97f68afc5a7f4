"""Turn written settings into a `Config`, or into messages with key, value, expectation and place."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from frugalnet.config.section import WrongValueError, expected
from frugalnet.config.shown import bare, joined, printable, shown
from frugalnet.config.whole import MOVED, Config
from frugalnet.config.yaml_files import Place, Source, read_source, read_value, written
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing

SETTINGS = "settings as in config/config.yaml"
SETTING = "a key and its value, as in measure.threads=2"
WITH_SECRETS = "tracking"
"""Section whose values, and what is wrong in the place of its keys, messages never show: they may be passwords or keys."""
AFTER_WORD = re.compile(r"([a-z_]{0,20}+).+", re.DOTALL)
"""What is after the first word of a key."""
LONGEST = 480
"""Maximum number of characters of all lines about wrong keys; further lines are only counted."""


def read_config(sources: Sequence[Source], hours: Path | None = None) -> Config:
    """Return the validated configuration of several sources; later ones win.

    `hours` is read instead of the file `carbon.hourly`. Raises FrugalNetError with one line per wrong key.
    """
    try:
        together: dict[str, Any] = reduce(_merge, (dict(source.values) for source in sources), {})
        return Config.model_validate(together, context=hours)
    except ValidationError as errors:
        lines = list(dict.fromkeys(_line(error, sources) for error in errors.errors()))
        raise FrugalNetError(
            "\n  ".join(["the configuration is not valid:", *_first(lines), "(config/README.md describes every key)"])
        ) from None


def read_files(files: Iterable[str | Path], settings: Iterable[str] = ()) -> Config:
    """Return the configuration of YAML files and of settings `key.key=value`; later ones win, as Snakemake merges them.

    Raises FrugalNetError for a missing file, invalid YAML, a setting without a value, and wrong keys.
    """
    return read_config([*sources_of(files), _of_command_line(settings, "--set")])


def read_settings(path: Path, hours: Path) -> Config | None:
    """Return the configuration that results were made with, even by an earlier version; None without a file.

    `hours` is the copy of the file `carbon.hourly` that the results keep. Raises FrugalNetError for an invalid configuration.
    """
    if not path.exists():
        return None
    return read_config([Source(each.name, renewed(each.values)) for each in sources_of([path])], hours)


def renewed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the keys of earlier versions moved to their present places."""
    stayed: dict[str, Any] = {key: value for key, value in settings.items() if key not in MOVED}
    moved = ((MOVED[key], value) for key, value in settings.items() if key in MOVED)
    return reduce(_merge, (_nested(key, value) for key, value in moved), stayed)


def write_settings(settings: Mapping[str, Any], path: Path) -> None:
    """Write the configuration that results are made with."""
    with replacing(path) as new:
        new.write_text(written(settings), encoding="utf-8")


def sources_of(files: Iterable[str | Path], command_line: Iterable[str] = ()) -> list[Source]:
    """Return the sources of a configuration, in the order in which they are merged.

    `command_line` holds the entries `key=value` of `--config`. Raises FrugalNetError for a missing file or one without settings.
    """
    parts = []
    for file in files:
        path = Path(file)
        inside = path.is_absolute() and path.is_relative_to(Path.cwd())
        parts.append(read_source(path, str(path.relative_to(Path.cwd()) if inside else path), SETTINGS))
    return [*parts, _of_command_line(command_line, "--config")]


def _of_command_line(settings: Iterable[str], option: str) -> Source:
    """Return the settings in entries `key=value` of an option; later ones win."""
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        name = f"{option} {f'{WITH_SECRETS}…' if setting.lstrip().startswith(WITH_SECRETS) else shown(setting)}"
        if not (key and equals and key == printable(key)):
            raise FrugalNetError(f"{name}: expected {SETTING}")
        values = _merge(values, _nested(key, read_value(value, name, SETTING)))
    return Source(option, values)


def _nested(key: str, value: Any) -> dict[str, Any]:
    """Return `{a: {b: value}}` for the key `a.b`."""
    for step in reversed(key.split(".")):
        value = {step: value}
    return dict(value)


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two nested mappings as one; values of the second win."""
    both = {
        key: _merge(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping)
    }
    return {**below, **above, **both}


def _first(lines: list[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    shown = [line for number, line in enumerate(lines) if sum(map(len, lines[: number + 1])) <= LONGEST]
    shown = shown or [f"{lines[0][:LONGEST]}…"]
    more = len(lines) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _line(error: ErrorDetails, sources: Sequence[Source]) -> str:
    """Return key, value, place and expectation of an error."""
    place: Place = error["loc"]
    if place[-1:] == ("[key]",) and place[-2:-1] == (error["input"],):  # the key itself is wrong
        place = place[:-1]
    wrong = error.get("ctx", {}).get("error")
    if isinstance(wrong, WrongValueError):
        place = (*place, *(int(step) if step.isdecimal() else step for step in wrong.key.split(".")))
    key, where = joined(_told(place)) if place else "configuration", _where(place, sources)
    if error["type"] == "extra_forbidden":
        moved = f"has moved; write {MOVED[key]} instead" if key in MOVED else None
        return f"{bare(key)} ({where}): {moved or f'unknown key; {_known_keys(place)}'}"
    if error["type"] == "missing":
        return f"{bare(key)} ({where}): is missing; expected it beside the other keys there"
    if place[:1] == (WITH_SECRETS,):
        return f"{bare(key)} ({where}): {expected(error)}"
    value = wrong.value if isinstance(wrong, WrongValueError) else error["input"]
    return f"{bare(key)} = {shown(value)} ({where}): {expected(error)}"


def _told(place: Place) -> Place:
    """Return a place as it is shown: of a key of WITH_SECRETS that is written together with its value, the first word."""
    if place[:1] != (WITH_SECRETS,):
        return place
    return tuple(step if isinstance(step, int) else AFTER_WORD.sub(r"\1…", step) for step in place)


def _where(place: Place, sources: Sequence[Source]) -> str:
    """Return the source that set the value at a place, or the section around it; with the line if it is a file."""
    for end in range(len(place), 0, -1):
        for source in reversed(sources):
            held, wins = _held(source.values, place[:end])
            if held:
                return source.where(place)
            if wins:
                break
    return "defaults"


def _held(part: Any, place: Place) -> tuple[bool, bool]:
    """Tell whether a source sets the value at a place, and whether it replaces what is around it: only mappings are merged."""
    wins = False
    for step in place:
        wins = wins or not isinstance(part, Mapping)
        if not (step in part if isinstance(part, Mapping) else isinstance(part, list) and step in range(len(part))):
            return False, wins
        part = part[step]
    return True, wins


def _known_keys(place: Place) -> str:
    section: Any = Config
    for step in place[:-1]:
        if (
            step in section.model_fields
        ):  # else the step is a dataset or a position in a list: `section` is already that of the values
            section = _innermost(section.model_fields[step].annotation)
    known = list(section.model_fields)
    close = get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here are {', '.join(known)}"


def _innermost(annotation: Any) -> Any:
    """Return the section that a mapping, a list or an optional value holds."""
    while values := get_args(annotation):
        annotation = values[-1] if get_origin(annotation) is dict else values[0]
    return annotation
