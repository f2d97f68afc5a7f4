"""Read JSON files of results back as checked models: whole, or not at all."""

import textwrap
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

AnyModel = TypeVar("AnyModel", bound=BaseModel)
LONGEST = 200
"""Maximum number of characters of the reason in a message."""


def read_model(kind: type[AnyModel], path: Path, what: str, then: str) -> AnyModel:
    """Return the model in a file; raises FrugalNetError for a missing or torn file, and for one that is not `what` it should be.

    The message says what to do `then`.
    """
    with reading(path, f"{what}; {then.removeprefix('expected one, ')}"):
        text = path.read_text(encoding="utf-8")
        try:
            return kind.model_validate_json(text)
        except ValidationError as errors:
            first = errors.errors()[0]
            why = f"{'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}"
    raise FrugalNetError(f"{path}: not {what} ({textwrap.shorten(why, LONGEST)}); {then}")
