"""Turn what a person wrote into a `Config`, or into messages that say key, value, expectation and place."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from frugalnet.config.whole import MOVED, Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing

Place = tuple[int | str, ...]


def read_config(
    written: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]], hours: Path | None = None
) -> Config:
    """Return the validated configuration.

    `sources` are the parts that `written` was merged from, by name (a file, `--config`), the later winning; they only serve the
    messages. `hours` is read in the place of the file `carbon.hourly`. Raises FrugalNetError with one line per wrong key.
    """
    try:
        return Config.model_validate(written, context=hours)
    except ValidationError as errors:
        lines = [_line(error, sources) for error in errors.errors()]
        raise FrugalNetError(
            "\n  ".join(["the configuration is not valid:", *lines, "(config/README.md describes every key)"])
        ) from None


def read_files(files: Iterable[str | Path], settings: Iterable[str] = ()) -> Config:
    """Return the configuration of YAML files and then of settings `key.key=value`, the later winning, as Snakemake merges them.

    Raises FrugalNetError for a file that is not there, a setting without a value, what is no YAML, and wrong keys.
    """
    files = list(files)
    if missing := [str(file) for file in files if not Path(file).exists()]:
        raise FrugalNetError(f"{', '.join(missing)}: no such file; expected files of settings, as config/config.yaml")
    command_line: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not (key and equals):
            raise FrugalNetError(f"setting {setting!r}; expected a key and its value, as in measure.threads=2")
        parsed = _parsed(value, f"setting {setting!r}", "a key and its value, as in measure.threads=2")
        command_line = _merge(command_line, _nested(key, parsed))
    sources = sources_of(files, {}) | {"--set": command_line}
    return read_config(reduce(_merge, sources.values(), {}), sources)


def read_settings(path: Path, hours: Path) -> Config | None:
    """Return the configuration that results were made with, also by an earlier version; None without a file.

    `hours` is the copy of the file `carbon.hourly` that the results keep. Raises FrugalNetError for one that is not valid.
    """
    if not path.exists():
        return None
    sources = sources_of([path], {})
    sources = {name: renewed(part) for name, part in sources.items()}
    return read_config(reduce(_merge, sources.values(), {}), sources, hours)


def renewed(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the keys of earlier versions in the places that they have now."""
    stayed: dict[str, Any] = {key: value for key, value in written.items() if key not in MOVED}
    moved = ((MOVED[key], value) for key, value in written.items() if key in MOVED)
    return reduce(_merge, (_nested(key, value) for key, value in moved), stayed)


def _nested(key: str, value: Any) -> dict[str, Any]:
    """Return `{a: {b: value}}` for the key `a.b`."""
    for step in reversed(key.split(".")):
        value = {step: value}
    return dict(value)


def write_settings(settings: Mapping[str, Any], path: Path) -> None:
    """Write the configuration that results are made with."""
    with replacing(path) as new:
        new.write_text(yaml.safe_dump(dict(settings), sort_keys=False))


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two nested mappings as one, the values of the second winning."""
    both = {
        key: _merge(below[key], above[key])
        for key in below.keys() & above.keys()
        if _are_mappings(below[key], above[key])
    }
    return {**below, **above, **both}


def _are_mappings(*values: Any) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def _line(error: ErrorDetails, sources: Mapping[str, Mapping[str, Any]]) -> str:
    place = tuple(part for part in error["loc"] if part != "[key]")
    key = ".".join(map(str, place)) or "configuration"
    source = next((name for name, part in reversed([*sources.items()]) if _holds(part, place)), "defaults")
    if error["type"] == "extra_forbidden" and key in MOVED:
        return f"{key} ({source}): stands elsewhere now; write {MOVED[key]} in its place"
    if error["type"] == "extra_forbidden":
        return f"{key} ({source}): unknown key; {_known_keys(place)}"
    value = "" if isinstance(error["input"], dict | BaseModel) else f" = {error['input']!r}"
    expected = error["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{key}{value} ({source}): {expected}"


def _holds(part: Any, place: Place) -> bool:
    for step in place:
        if isinstance(part, list) and isinstance(step, int):
            part = part[step] if step < len(part) else None
        elif isinstance(part, Mapping) and step in part:
            part = part[step]
        else:
            return False
    return True


def _known_keys(place: Place) -> str:
    section: Any = Config
    for step in place[:-1]:
        if (
            step in section.model_fields
        ):  # else it is a place in a mapping or list, whose values' section we are in already
            section = _innermost(section.model_fields[step].annotation)
    known = list(section.model_fields)
    close = get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here are {', '.join(known)}"


def _innermost(annotation: Any) -> Any:
    """Return the section that a mapping, a list or an optional value is of."""
    while values := get_args(annotation):
        annotation = values[-1] if get_origin(annotation) is dict else values[0]
    return annotation


def sources_of(files: Iterable[str | Path], command_line: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the parts of a configuration by name, in the order in which they are merged."""
    parts: dict[str, Mapping[str, Any]] = {}
    for file in files:
        path = Path(file)
        name = str(path.relative_to(Path.cwd()) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path)
        expected = "settings as in config/config.yaml"
        parts[name] = _parsed(path.read_text(), name, expected) or {}
        if not isinstance(parts[name], Mapping):
            raise FrugalNetError(f"{name}: has no keys; expected {expected}")
    return parts | {"--config": command_line}


def _parsed(text: str, source: str, expected: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FrugalNetError(f"{source}: no YAML ({' '.join(str(error).split())}); expected {expected}") from None
