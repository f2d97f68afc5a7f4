"""What all sections of the configuration are: closed, strict, immutable, and described key by key."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator
from pydantic_core import ErrorDetails

from frugalnet import catalogue
from frugalnet.config.shown import bare, joined, shown, some

MOST_SEEDS = 100
"""Most repetitions."""
TINY = 1e-9
"""Smaller positive numbers are refused: nobody can mean them."""
NAME, LABEL, TEXT = r"^[a-z0-9][a-z0-9_-]*$", r"^[a-z0-9]+$", r"^[^\x00-\x1f\x7f]+$"
PATTERNS = {
    NAME: "lower-case letters, digits, - and _, a letter or digit first",
    LABEL: "lower-case letters and digits",
    TEXT: "text of at least one character, without line breaks and control characters",
}
"""What a message says is expected, by the pattern that a text has to match."""
WORDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text (in quotes, where it looks like a number)",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_unicode": "text of whole characters",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
}
"""What a message says is expected, by pydantic's type of the error."""


class Section(BaseModel):
    """A part of the configuration: closed (an unknown key is refused), strict (text or true is not taken for a number) and immutable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @field_validator("*")
    @classmethod
    def _can_be_meant(cls, value: Any) -> Any:
        if isinstance(value, float) and 0 < abs(value) < TINY:
            raise ValueError(f"expected at least {TINY:g}, or 0 where that is allowed")
        return value

    def written(self, *keys: str) -> str:
        """Return the first of some keys that was set and not left at its default; the first key if none was."""
        return next((key for key in keys if key in self.model_fields_set), keys[0])


class WrongValueError(ValueError):
    """A value that does not fit the others; `key` is its path below the section that refuses it, as in `per_dataset.mnist.network`."""

    def __init__(self, key: str, value: Any, expected: str) -> None:
        super().__init__(f"{key} = {shown(value)}: {expected}")
        self.key, self.value, self.expected = key, value, expected

    @classmethod
    def first(cls, errors: ValidationError) -> "WrongValueError":
        """Return the first error of a validation."""
        error = errors.errors()[0]
        wrong = error.get("ctx", {}).get("error")
        return wrong if isinstance(wrong, cls) else cls(joined(error["loc"]), error["input"], expected(error))


def expected(error: ErrorDetails) -> str:
    """Return what was expected where an error is."""
    context, kind, value = error.get("ctx", {}), error["type"], error["input"]
    if isinstance(wrong := context.get("error"), WrongValueError):
        return wrong.expected
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        names = [each.strip("'") for each in str(context["expected"]).replace(" or ", ", ").split(", ")]
        close = get_close_matches(value, names, n=1) if isinstance(value, str) else []
        return f"expected {context['expected']}" + (f"; did you mean {close[0]}?" if close else "")
    if kind == "string_pattern_mismatch":
        return f"expected {PATTERNS[context['pattern']]}"
    return f"expected {WORDS[kind].format(**context) if kind in WORDS else 'another value'}"


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a message that a name is unknown, with the known ones."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"unknown {kind}; known are {some(names)}" + (f"; did you mean {close[0]}?" if close else "")


def _once(names: Any) -> Any:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"names {bare(twice)} twice; expected it once")
    return names


ONCE = AfterValidator(_once)
"""Refuses a list that names something twice."""


def known(kind: str, names: Iterable[str]) -> AfterValidator:
    """Return a check that a text is one of some names of a kind."""
    names = list(names)

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(unknown(kind, name, names))
        return name

    return AfterValidator(check)


DatasetName = Annotated[str, known("dataset", catalogue.DATASETS)]


def anything(kind: str, default: Any = None) -> Any:
    """Return the field of free text of a kind: a `path`, a `uri` or `text`."""
    return Field(default, max_length=1000, pattern=TEXT, json_schema_extra={"format": kind})


def overrides(section: type[Section], module: str) -> Any:
    """Return the section with every key optional, for the keys that one dataset sets differently; `module` has it by its name."""
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation | None, Field(description=field.description), *field.metadata], None)  # type: ignore[operator]
        for name, field in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Overrides", __base__=Section, __module__=module, **fields)


def merged(shared: Any, differing: Section, exclude: set[str] | None = None) -> Any:
    """Return a section with other values for some of its keys, nested ones too, checked."""
    values = shared.model_dump(exclude_unset=True)
    for key, value in differing.model_dump(exclude_unset=True, exclude=exclude).items():
        values[key] = values.get(key, {}) | value if isinstance(value, dict) else value
    return type(shared).model_validate(values)


def beside(usual: Mapping[str, Section | None], given: Any) -> Any:
    """Return usual entries with those given: keys of these, and of their `recipe`, replace those of a usual one of the same name."""
    if not isinstance(given, Mapping):
        return given
    return {**usual, **{name: _with_usual_keys(usual.get(name), entry) for name, entry in given.items()}}


def _with_usual_keys(usual: Section | None, given: Any) -> Any:
    if usual is None or not isinstance(given, Mapping):
        return given
    values = usual.model_dump(exclude_unset=True)
    if isinstance(given.get("recipe"), Mapping):
        given = {**given, "recipe": {**values.get("recipe", {}), **given["recipe"]}}
    return {**values, **given}
