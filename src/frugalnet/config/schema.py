"""Generate the JSON schema, and the table of keys in `config/README.md`, from the models of the configuration.

`python -m frugalnet.config.schema` renews both; with `--check` it fails if they are out of date.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic_core import to_jsonable_python

from frugalnet.config.section import Section
from frugalnet.config.whole import Config

SCHEMA = Path("workflow/schemas/config.schema.json")
README = Path("config/README.md")
HEADING = "## Keys\n"


def config_schema() -> str:
    """Return the schema of `Config`, closed at every level, as the text of its file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    return json.dumps(schema, indent=1) + "\n"


def described_keys(section: type[Section] = Config, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield path, default and description of every key; sections are replaced by their keys."""
    for name, field in section.model_fields.items():
        path, annotation = f"{prefix}{name}", field.annotation
        if get_origin(annotation) is dict:
            of, of_each = name.removeprefix("per_").removesuffix("s"), get_args(annotation)[1]
            if field.default:  # its entries have defaults of their own
                yield path, [*field.default], field.description or ""
            yield from described_keys((get_args(of_each) or [of_each])[0], f"{path}.<{of}>.")
        elif (
            isinstance(annotation, type)
            and issubclass(annotation, Section)
            and not annotation.__name__.endswith("Overrides")
        ):
            yield from described_keys(annotation, f"{path}.")
        else:
            default = None if field.is_required() else to_jsonable_python(field.default, exclude_none=True)
            yield path, default, field.description or ""


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
