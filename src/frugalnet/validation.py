"""Turn what a person wrote into a `Config`, or into messages that say key, value, expectation and place."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from frugalnet.config import Config
from frugalnet.errors import FrugalNetError

Place = tuple[int | str, ...]


def read_config(written: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]]) -> Config:
    """Return the validated configuration.

    `sources` are the parts that `written` was merged from, by name (a file, `--config`), the later winning; they only serve the messages.
    Raises FrugalNetError with one line per wrong key.
    """
    try:
        return Config.model_validate(written)
    except ValidationError as errors:
        lines = [_line(error, sources) for error in errors.errors()]
        raise FrugalNetError(
            "\n  ".join(["the configuration is not valid:", *lines, "(config/README.md describes every key)"])
        ) from None


def _line(error: ErrorDetails, sources: Mapping[str, Mapping[str, Any]]) -> str:
    place = tuple(part for part in error["loc"] if part != "[key]")
    key = ".".join(map(str, place)) or "configuration"
    source = next((name for name, part in reversed([*sources.items()]) if _holds(part, place)), "defaults")
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
        parts[name] = yaml.safe_load(path.read_text()) or {}
    return parts | {"--config": command_line}
