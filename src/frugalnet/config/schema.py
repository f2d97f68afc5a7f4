"""Generate the JSON schema, and the table of keys in `config/README.md`, from the models of the configuration.

`python -m frugalnet.config.schema` renews both; with `--check` it fails if they are out of date.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic_core import to_jsonable_python

from frugalnet.config.axes import SOME_KEYS
from frugalnet.config.section import Section
from frugalnet.config.whole import Config

SCHEMA = Path("workflow/schemas/config.schema.json")
README = Path("config/README.md")
HEADING = "## Keys\n"


def config_schema() -> str:
    """Return the schema of `Config`, closed at every level, as the text of its file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    return json.dumps(_with_recipes(schema), indent=1) + "\n"


def _with_recipes(part: Any) -> Any:
    """Return a part of the schema that refers to the schema of a recipe where some keys of one stand."""
    if part == SOME_KEYS:
        return {"$ref": "#/$defs/Recipe"}
    if isinstance(part, dict):
        return {key: _with_recipes(each) for key, each in part.items()}
    return [_with_recipes(each) for each in part] if isinstance(part, list) else part


def described_keys(
    section: type[Section] = Config, prefix: str = "", given: Section | None = None
) -> Iterator[tuple[str, Any, str]]:
    """Yield path, default and description of every key; sections are replaced by their keys.

    Defaults are those of a `given` section, or else of its class.
    """
    for name, field in section.model_fields.items():
        path, annotation = f"{prefix}{name}", field.annotation
        default = None if field.is_required() else field.default if given is None else getattr(given, name)
        if get_origin(annotation) is dict:
            of, inner = name.removeprefix("per_").removesuffix("s"), _section(get_args(annotation)[1])
            if default or not inner:  # its entries have defaults of their own, or are no sections
                yield path, list(default or ()), field.description or ""
            yield from described_keys(inner, f"{path}.<{of}>.") if inner else ()
        elif inner := _section(annotation):
            yield from described_keys(inner, f"{path}.", default)
        else:
            yield path, to_jsonable_python(default, exclude_none=True), field.description or ""


def _section(annotation: Any) -> type[Section] | None:
    """Return the section that a key holds, or that it holds if it is not null; None for any other key."""
    optional = get_origin(annotation) in (Union, UnionType)
    kind = next((each for each in get_args(annotation) if each is not NoneType), None) if optional else annotation
    is_one = isinstance(kind, type) and issubclass(kind, Section) and not kind.__name__.endswith("Overrides")
    return kind if is_one else None


def key_table() -> str:
    """Return the table of keys in Markdown."""
    rows = [f"| `{path}` | {json.dumps(default)} | {text} |" for path, default, text in described_keys()]
    return "\n".join(["", "| key | default | what it is |", "|---|---|---|", *rows]) + "\n"


def generated() -> dict[Path, str]:
    """Return what each generated file should hold."""
    prose = README.read_text().partition(HEADING)[0]
    return {SCHEMA: config_schema(), README: prose + HEADING + key_table()}


if __name__ == "__main__":
    for file, text in generated().items():
        if "--check" not in sys.argv:
            file.write_text(text)
        elif file.read_text() != text:
            sys.exit(f"{file} is not in step with src/frugalnet/config/whole.py: run `make format`")
