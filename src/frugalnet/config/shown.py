"""Write values, keys and names for messages: as YAML, on one line, without control characters."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

SHOWN, NAMED, LISTED = 60, 100, 20
"""Maximum number of characters of a value and of a key in a message, and of names in a list."""
PLAIN = re.compile(r"(?!(?:null|true|false)\Z)[A-Za-z_][\w./-]*", re.ASCII | re.IGNORECASE)
"""Text that needs no quotes inside a list."""


def shown(value: Any, length: int = SHOWN) -> str:
    """Return a value as YAML, cut if it is long; text is in quotes."""
    return _beginning(_text(value, length) if isinstance(value, str) else _inner(value), length)


def bare(text: str) -> str:
    """Return a key, a name or a line without quotes, cut if it is long."""
    return _beginning(printable(text[: NAMED + 1]), NAMED)


def printable(text: str) -> str:
    """Return text with its unprintable characters escaped as in YAML."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def joined(place: Iterable[int | str]) -> str:
    """Return keys joined to one, as `a.b`; an empty key as ''."""
    return ".".join(str(step) if step != "" else "''" for step in place)


def some(names: Iterable[str]) -> str:
    """Return names as a list for messages; of many, the first ones and the number of the rest."""
    known = list(names)
    more = [f"and {len(known) - LISTED} more"] if len(known) > LISTED else []
    return ", ".join([*known[:LISTED], *more])


def _beginning(text: str, length: int = SHOWN) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _text(text: str, length: int = SHOWN) -> str:
    start = text[: length + 1]
    if start.isprintable():
        return "'" + start.replace("'", "''") + "'" * (start == text)
    return '"' + printable(start.replace("\\", "\\\\").replace('"', '\\"')) + '"' * (start == text)


def _inner(value: Any) -> str:
    """Return a value as it is written inside a list, up to the length that is shown."""
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) else _text(value)
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        digits = round(value.bit_length() * math.log10(2))
        return str(value) if digits <= SHOWN else f"a number of {digits:,} digits"
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else f".{value}".replace(".-", "-.")
    if isinstance(value, Mapping):
        return "{" + _entries(f"{_inner(key)}: {_inner(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + _entries(map(_inner, value)) + "]"
    return printable(str(value))


def _entries(entries: Iterable[str]) -> str:
    """Return entries joined, up to the length that is shown."""
    text = ""
    for each in entries:
        text += f", {each}" if text else each
        if len(text) > SHOWN:
            break
    return text
