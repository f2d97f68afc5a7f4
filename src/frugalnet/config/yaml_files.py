"""Read and write settings as YAML: version 1.2, each key once, limited in size.

Version 1.1, which PyYAML reads, takes `010` for 8, `1:30` for 90, `2:4` for 124 and `no` for false. Underscores in numbers
(`2_000_000`) and merged mappings (`<<`) are read as in version 1.1; tags (`!!float`) are refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from frugalnet.config.shown import bare, joined, printable
from frugalnet.errors import FrugalNetError

Place = tuple[int | str, ...]
"""Keys, and positions in lists, from the top to a value."""
BYTES, DEEP, VALUES, DIGITS = 200_000, 20, 20_000, 40
"""Limits of a file of settings: bytes, levels of nesting, values with all aliases written out, and characters of a number."""
TAG = "tag:yaml.org,2002:"
TAGS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "null": (r"~|null|Null|NULL|", "~nN\0"),
    "merge": (r"<<", "<"),
}
"""Types of unquoted values in the core schema of YAML 1.2: pattern and possible first characters. All other values are text."""


class _Loader(yaml.SafeLoader):
    """Read values by TAGS, and note the explicit tag of each node."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        tag = getattr(self.peek_event(), "tag", None)  # type: ignore[no-untyped-call]
        node: Any = super().compose_node(parent, index)
        if tag:
            node.written_tag = tag
        return node


class _Dumper(yaml.SafeDumper):
    """Quote text that would otherwise be read as another type."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for tag, (pattern, first) in TAGS.items():
    for each in (_Loader, _Dumper):
        each.add_implicit_resolver(
            f"{TAG}{tag}", re.compile(rf"(?:{pattern})\Z"), ["" if one == "\0" else one for one in first]
        )


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = node.value.replace("_", "")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_yaml_float(node)) + 0.0  # -0.0 is 0.0


_Loader.add_constructor(f"{TAG}int", _number)
_Loader.add_constructor(f"{TAG}float", _decimal)


@dataclass(frozen=True)
class Source:
    """A source of a configuration: its name, its values and, if it is a file, the lines of its keys."""

    name: str
    values: Mapping[str, Any]
    lines: Mapping[Place, int] = field(default_factory=lambda: MappingProxyType({}))

    def where(self, place: Place) -> str:
        """Return where a value stands: file and line."""
        line = next((self.lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in self.lines), None)
        return self.name if line is None else f"{self.name}, line {line}"


def read_source(path: Path, name: str, expected: str) -> Source:
    """Return the settings in a file; raises FrugalNetError, with what was `expected`, for a file without settings."""
    name = printable(name)
    try:
        if path.exists() and not path.is_file():
            raise FrugalNetError(
                f"{name}: {'a folder' if path.is_dir() else 'not a regular file'}; expected {expected}"
            )
        size = path.stat().st_size
        if size > BYTES:
            raise FrugalNetError(f"{name}: {size:,} bytes; expected {expected}, and {BYTES:,} bytes at most")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FrugalNetError(f"{name}: no such file; expected {expected}") from None
    except OSError as error:
        raise FrugalNetError(f"{name}: {error.strerror}; expected {expected}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FrugalNetError(
            f"{name}, line {line}: not UTF-8 text (byte {error.start:,}); expected {expected}"
        ) from None
    lines: dict[Place, int] = {}
    values = _read(text, name, expected, lines)
    if values is not None and not isinstance(values, dict):
        raise FrugalNetError(f"{name}, line 1: has no keys; expected {expected}")
    return Source(name, values or {}, lines)


def read_value(text: str, name: str, expected: str) -> Any:
    """Return the value that text means; raises FrugalNetError as `read_source`."""
    return _read(text, printable(name), expected, {})


def written(values: Mapping[str, Any]) -> str:
    """Return settings as the text of a file."""
    return str(yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False))


def _read(text: str, name: str, expected: str, lines: dict[Place, int]) -> Any:
    try:
        _check_events(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _check(node)
        return _value(loader, node, (), lines)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line, problem = _told(error, text)
        raise FrugalNetError(f"{name}, line {line}: not valid YAML ({problem}); expected {expected}") from None


def _told(error: Exception, text: str) -> tuple[int, str]:
    """Return the line of an error in YAML, and what is wrong."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return (mark.line + 1 if mark else 1), _short(error.problem or error.context or "cannot be read")
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1, _short(str(error).partition("\n")[0])


def _short(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= 200 else f"{text[:200]}…"


def _wrong(problem: str, found: yaml.Node | yaml.Event, place: Place = ()) -> yaml.YAMLError:
    """Return an error at the line where a node or an event begins; `place` is its path."""
    mark: Any = found.start_mark
    return yaml.MarkedYAMLError(problem=f"{bare(joined(place))}: {problem}" if place else problem, problem_mark=mark)


def _check_events(text: str) -> None:
    """Raise YAMLError for text that is nested too deeply, or too long, to be read."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, _Loader)):
        if number > VALUES:
            raise _wrong(f"more than {VALUES:,} values", event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEP:
            raise _wrong(f"nested deeper than {DEEP} levels", event)


def _check(top: yaml.Node) -> None:
    """Raise YAMLError for a node that holds itself, has too many values with aliases written out, or has an invalid part."""
    sizes: dict[int, int | None] = {}

    def size(node: yaml.Node, place: Place) -> int:
        if (known := sizes.get(id(node), 0)) is None:
            raise _wrong(f"the alias in line {node.start_mark.line + 1} holds itself", node, place)
        if known:
            return known
        sizes[id(node)] = None
        _check_node(node, place)
        found = sizes[id(node)] = 1 + sum(size(each, (*place, step)) for step, each in _inside(node))
        if found > VALUES:
            raise _wrong(f"more than {VALUES:,} values, with aliases written out", node, place)
        return found

    size(top, ())


def _inside(node: yaml.Node) -> Iterator[tuple[int | str, yaml.Node]]:
    """Yield the nodes inside a node, keys too, each with the step that leads to it."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, each) for key, value in node.value for each in (key, value))
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _value(loader: yaml.SafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    """Return the value of a node, and note the lines of the keys in it."""
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)  # what is merged comes first: the node's own keys win
        found = {}
        for key, value in node.value:
            lines[(*place, key.value)] = key.start_mark.line + 1
            found[key.value] = _value(loader, value, (*place, key.value), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(node.value):
            lines[(*place, number)] = each.start_mark.line + 1
        return [_value(loader, each, (*place, number), lines) for number, each in enumerate(node.value)]
    if node.tag == f"{TAG}merge":
        raise _wrong("<< is not a value; expected it as a key, or in quotes", node, place)
    return loader.construct_object(node)


def _check_node(node: yaml.Node, place: Place) -> None:
    """Raise YAMLError for a tag, a number with too many digits, text that is not Unicode, and invalid keys."""
    if tag := getattr(node, "written_tag", None):
        raise _wrong(f"the tag {bare(tag.replace(TAG, '!!'))}; expected a value without one", node, place)
    if isinstance(node, yaml.MappingNode):
        _check_keys(node, place)
    if not isinstance(node, yaml.ScalarNode):
        return
    if node.tag in (f"{TAG}int", f"{TAG}float") and len(node.value) > DIGITS:
        told = f"a number of {len(node.value):,} characters; expected {DIGITS} at most, and quotes around text"
        raise _wrong(told, node, place)
    try:
        node.value.encode()
    except UnicodeEncodeError:
        raise _wrong(
            f"{bare(node.value)} contains half of a character; expected whole characters", node, place
        ) from None


def _check_keys(node: yaml.MappingNode, place: Place) -> None:
    """Raise YAMLError for keys that are not text, or appear twice."""
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            what = "a list" if isinstance(key, yaml.SequenceNode) else "keys with values"
            raise _wrong(f"a key that is not text, but {what}", key, place)
        if key.tag not in (f"{TAG}str", f"{TAG}merge"):
            raise _wrong(f"a key that is not text: {bare(key.value)}", key, place)
        line = key.start_mark.line + 1
        if key.value in seen:
            told = f"the key {joined([bare(key.value)])} is in lines {seen[key.value]} and {line}; expected it once"
            raise _wrong(told, key, place)
        seen[key.value] = line
