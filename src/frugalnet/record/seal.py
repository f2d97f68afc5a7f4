"""The checksum that a record holds of itself, which shows that nobody has changed it since, and what JSON cannot hold."""

import hashlib
import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

NEWER_THAN_SEALS = "teacher"
"""A key that only records of later versions than the first checksums have: a record with it must have a checksum."""


def digest_of(values: dict[str, Any]) -> str:
    """Return the checksum of a record, without the key that holds it."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def finite(value: Any) -> Any:
    """Return values with None in place of each number that is not finite."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def is_as_written(path: Path) -> bool:
    """Tell whether the record in a file is unchanged since it was written.

    A record without a checksum counts as changed, unless it is older than checksums: nothing can be said of such a record.
    """
    with suppress(FrugalNetError), reading(path, "a record"):
        values = json.loads(path.read_text(encoding="utf-8"))
        seal = values.pop("sha256", None)
        return NEWER_THAN_SEALS not in values if seal is None else bool(seal == digest_of(values))
    return False
