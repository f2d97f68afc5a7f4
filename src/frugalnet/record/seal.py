"""The checksum that a record has of itself, and which shows that it is as it was written."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

NEWER_THAN_SEALS = "teacher"
"""A key that every record has which was written when records had checksums, and a while later."""


def digest_of(values: dict[str, Any]) -> str:
    """Return the checksum of a record, without the key that holds it."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def is_as_written(path: Path) -> bool:
    """Tell whether the record in a file is the one that was written.

    One without its checksum is not, unless it is of before records had them: of that it cannot be told.
    """
    with suppress(FrugalNetError), reading(path, "a record"):
        values = json.loads(path.read_text(encoding="utf-8"))
        seal = values.pop("sha256", None)
        return NEWER_THAN_SEALS not in values if seal is None else bool(seal == digest_of(values))
    return False
