"""Values of recipe keys that name code: a name, a list of names or a number; or a mapping with settings.

A value is kept in its shortest form, so that what is not set leaves no trace in a row: `sgd`, `{name: sgd, momentum:
0.9}`, `[mixup]`, `5`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from frugalnet.catalogue.recipes import Level, Setting
from frugalnet.config.section import TINY, unknown
from frugalnet.config.shown import bare, some

NONE = "none"
NAME = "name"


def one_of(kind: str, levels: Mapping[str, Level], *plain: str, optional: bool = False) -> Any:
    """Return the type of a key that takes the name of a level, or a mapping of `name` and settings; `plain` names have no code.

    An `optional` key takes null too.
    """
    known = {**{name: Level("") for name in plain}, **levels}

    def check(value: Any) -> Any:
        return None if optional and value is None else _one(kind, value, known)

    schema = {"anyOf": [*_schemas(known), *([{"type": "null"}] if optional else [])]}
    return Annotated[Any, BeforeValidator(check), WithJsonSchema(schema)]


def several_of(kind: str, levels: Mapping[str, Level]) -> Any:
    """Return the type of a key that takes a name, a mapping, or a list of them; `none` stands for no name."""

    def check(value: Any) -> tuple[Any, ...]:
        given = [] if value == NONE else list(value) if isinstance(value, list | tuple) else [value]
        if NONE in given:
            raise ValueError(f"expected {NONE} alone, or a list without it")
        found = tuple(_one(kind, each, levels) for each in given)
        names = [name_of(each) for each in found]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"names {bare(twice[0])} twice; expected it once")
        return found

    one = {"anyOf": [*_schemas(levels)]}
    schema = {"anyOf": [{"const": NONE}, *one["anyOf"], {"type": "array", "items": one}], "default": []}
    return Annotated[Any, BeforeValidator(check), WithJsonSchema(schema)]


def number_of(kind: str, settings: Mapping[str, Setting]) -> Any:
    """Return the type of a key that takes null, the number of the first setting, or a mapping of settings."""
    first = next(iter(settings))

    def check(value: Any) -> Any:
        if value is None:
            return None
        given = value if isinstance(value, Mapping) else {first: value}
        try:
            found = _checked(kind, given, settings)
        except ValueError as error:
            raise ValueError(f"expected null, a number ({first}) or a mapping of settings: {error}") from None
        return found[first] if found.keys() == {first} else found

    schema = {"anyOf": [{"type": "null"}, _schema(settings[first]), _mapping(settings)]}
    return Annotated[Any, BeforeValidator(check), WithJsonSchema(schema)]


def name_of(value: Any) -> str:
    """Return the name in the value of a key."""
    return str(value[NAME] if isinstance(value, Mapping) else value)


def given_settings(value: Any) -> dict[str, Any]:
    """Return the settings that the mapping form of a value sets."""
    return {key: each for key, each in value.items() if key != NAME} if isinstance(value, Mapping) else {}


def settings_of(value: Any, settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return the settings of a value, with the defaults of those that it does not set; without those that are None."""
    number = {} if isinstance(value, Mapping | str) else {next(iter(settings)): value}
    all_of_them = {key: setting.default for key, setting in settings.items()} | number | given_settings(value)
    return {key: each for key, each in all_of_them.items() if each is not None}


def written(value: Any) -> Any:
    """Return the value of a key as a cell of a table: a name or number, or names with their settings."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} {_plain(each)}" for key, each in given_settings(value).items())
        if NAME not in value:
            return pairs
        return f"{value[NAME]} ({pairs})" if pairs else value[NAME]
    if isinstance(value, list | tuple):
        return ", ".join(str(written(each)) for each in value) or None
    return value


def text(level: Any) -> str:
    """Return the value of a key as the level of a factor, a cell of a table."""
    return NONE if level is None or level == () else str(written(level)).removesuffix(".0")


def _plain(value: Any) -> str:
    """Return the value of a setting as text, the same for 2 and 2.0."""
    return " ".join(map(_plain, value)) if isinstance(value, list | tuple) else str(value).removesuffix(".0")


def _one(kind: str, value: Any, levels: Mapping[str, Level]) -> Any:
    name = value.get(NAME) if isinstance(value, Mapping) else value
    if not isinstance(name, str):
        raise ValueError(f"expected the name of {kind}, or a mapping with its name; known are {some(levels)}")
    if name not in levels:
        raise ValueError(unknown(kind, name, levels))
    given = given_settings(value)
    found = _checked(name, given, levels[name].settings)
    return {NAME: name, **found} if found else name


def _checked(kind: str, given: Mapping[Any, Any], settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return settings that are known and within their bounds; those that have their default are left out."""
    given = {key: [each] if _is_one_of_many(settings.get(key), each) else each for key, each in given.items()}
    for key, value in given.items():
        if key not in settings:
            raise ValueError(f"{bare(str(key))} is no setting of {kind}; {_known_settings(settings)}")
        check_setting(str(key), value, settings[key])
    if missing := [key for key, setting in settings.items() if setting.needed and given.get(key) is None]:
        raise ValueError(f"{kind} needs {some(missing)}")
    kept = {key: given[key] for key in settings if key in given and given[key] != settings[key].default}
    return {key: _typed(value, settings[key]) for key, value in kept.items()}


def _is_one_of_many(setting: Setting | None, value: Any) -> bool:
    """Tell whether a value is a number where a list of them is expected, too."""
    return setting is not None and setting.many and isinstance(value, int | float) and not isinstance(value, bool)


def _typed(value: Any, setting: Setting) -> Any:
    """Return a value as code expects it: lists as lists, and numbers that need not be whole as floats."""
    if isinstance(value, list | tuple):
        return [_typed(each, setting) for each in value]
    return float(value) if isinstance(value, int) and setting.low is not None and not setting.whole else value


def check_setting(key: str, value: Any, setting: Setting) -> None:
    """Raise ValueError, with what was expected, for a value that a setting does not take."""
    if value is None and setting.default is None and not setting.needed:
        return
    if setting.many:
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"{key} needs a list of numbers")
        for each in value:
            _check_number(key, each, setting)
    elif setting.choices:
        if value not in setting.choices:
            raise ValueError(f"{key} is {' or '.join(setting.choices)}")
    elif setting.low is None:
        if not isinstance(value, bool):
            raise ValueError(f"{key} is true or false")
    else:
        _check_number(key, value, setting)


def _check_number(key: str, value: Any, setting: Setting) -> None:
    assert setting.low is not None and setting.high is not None
    kind = "a whole number" if setting.whole else "a number"
    right = isinstance(value, int if setting.whole else int | float) and not isinstance(value, bool)
    if not (right and setting.low <= value <= setting.high):
        raise ValueError(f"expected {key} to be {kind} from {setting.low:g} to {setting.high:g}")
    if 0 < abs(value) < TINY:
        raise ValueError(f"expected {key} to be at least {TINY:g}, or 0 where that is allowed")


def _known_settings(settings: Mapping[str, Setting]) -> str:
    return f"known are {some(settings)}" if settings else "it has none"


def _schemas(levels: Mapping[str, Level]) -> Any:
    yield {"enum": [name for name, level in levels.items() if not any(each.needed for each in level.settings.values())]}
    if bare_names := [name for name, level in levels.items() if not level.settings]:
        yield _mapping({}, {NAME: {"enum": bare_names}})
    for name, level in levels.items():
        if level.settings:
            yield _mapping(level.settings, {NAME: {"const": name}})


def _mapping(settings: Mapping[str, Setting], more: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = (more or {}) | {key: _schema(setting) for key, setting in settings.items()}
    needed = [*(more or {}), *(key for key, setting in settings.items() if setting.needed)]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _schema(setting: Setting) -> dict[str, Any]:
    if setting.choices:
        found: dict[str, Any] = {"enum": list(setting.choices)}
    elif setting.low is None:
        found = {"type": "boolean"}
    else:
        kind = "integer" if setting.whole else "number"
        found = {"type": kind, "minimum": setting.low, "maximum": setting.high}
    if setting.many:
        found = {"anyOf": [found, {"type": "array", "items": found, "minItems": 1}]}
    if setting.default is not None:
        found["default"] = setting.default
    elif not setting.needed:
        found = {"anyOf": [found, {"type": "null"}], "default": None}
    return found | {"description": setting.meaning}
