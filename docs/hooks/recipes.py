"""What the page on recipes says of each key: from the configuration's model and the catalogue of recipe parts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from frugalnet import catalogue
from frugalnet.catalogue.recipes import Setting
from frugalnet.config.combinations import ANY, COMBINATIONS
from frugalnet.config.levels import NAME, NONE, written
from frugalnet.config.recipe import Recipe

MAPPING = "mapping"


def keys() -> str:
    """Return the table of the keys of a recipe: default, what each takes, and what it does."""
    described = Recipe.model_json_schema()["properties"]
    rows = [
        (f"`{key}`", _value(about["default"]), ", ".join(_forms(about)), about["description"])
        for key, about in described.items()
    ]
    return table(("key", "default", "takes", "what it does"), rows)


def settings(key: str) -> str:
    """Return the table of the settings in the mapping form of a key; raises ValueError for a key that has none."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name, setting, about in _settings(key):
        default = "must be set" if about.needed else _value(about.default)
        found.setdefault((f"`{setting}`", about.meaning, default, _values(about)), []).append(f"`{name}`")
    if not found:
        raise ValueError(f"settings {key}: expected a key of a recipe with a mapping form")
    head = ("setting", "what it is", "default", "values")
    if any(part.settings for part in _parts(key)):
        return table(head, found)
    return table(("name", *head), [(", ".join(names), *row) for row, names in found.items()])


def combinations() -> str:
    """Return the table of combinations that cannot work: levels, what is done about them, and why."""
    rows = []
    for each in COMBINATIONS:
        levels = (f"{key}: {'set' if ANY in names else ' or '.join(names)}" for key, names in each.levels.items())
        instead = (f"`{key}: {NONE if value is None else written(value)}`" for key, value in each.instead.items())
        rows.append((", ".join(levels), ", ".join(instead) or "refused", each.because))
    return table(("together", "a run has instead", "because"), rows)


def _parts(key: str) -> list[Any]:
    return [part for part in catalogue.RECIPE_PARTS.values() if part.key == f"recipe.{key}"]


def _settings(key: str) -> Iterator[tuple[str, str, Setting]]:
    """Yield the settings of a key: the name that they are of (none: of the key), their own name, and what they are."""
    for part in _parts(key):
        for name, level in part.levels.items():
            yield from ((name, each, setting) for each, setting in level.settings.items())
        yield from (("", each, setting) for each, setting in part.settings.items())


def _values(setting: Setting) -> str:
    if setting.low is None or setting.high is None:
        return "true or false"
    number = "whole number" if setting.whole else "number"
    bounds = f"from {_number(setting.low)} to {_number(setting.high)}"
    return f"{f'list of {number}s' if setting.many else number} {bounds}"


def _forms(schema: Mapping[str, Any]) -> Iterable[str]:
    """Return what a key takes; a mapping comes last."""
    forms = [_form(each) for each in schema.get("anyOf", [schema])]
    return sorted(dict.fromkeys(form for form in forms if form), key=lambda form: form == MAPPING)


def _form(schema: Mapping[str, Any]) -> str:
    """Return a form that a key takes; empty for a mapping that says no more than its name."""
    if "enum" in schema:
        return ", ".join(f"`{name}`" for name in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema["type"]
    if kind == "object":
        return "" if schema.get("properties", {}).keys() == {NAME} else MAPPING
    if kind in ("integer", "number"):
        return f"{'whole number' if kind == 'integer' else 'number'}{_range(schema)}"
    return {"array": "a list of them", "null": "`null`", "string": "text"}[kind]


def _range(schema: Mapping[str, Any]) -> str:
    ends = {"from": "minimum", "above": "exclusiveMinimum", "to": "maximum", "below": "exclusiveMaximum"}
    return "".join(f" {word} {_number(schema[key])}" for word, key in ends.items() if key in schema)


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def _value(value: Any) -> str:
    if value in ((), []):
        return f"`{NONE}`"
    if isinstance(value, bool) or value is None:
        return {True: "`true`", False: "`false`", None: "`null`"}[value]
    return f"`{value}`" if isinstance(value, str) else f"`{value:g}`"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
