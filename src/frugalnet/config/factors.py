"""Factors of the learning rates of layers."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from frugalnet.config.shown import bare, some

MOST = 1000
NO_EFFECT = 1
EXPECTED = f"expected a factor above 0 and at most 1, or factors from 0 to {MOST} by names or patterns of layers"


def _checked(value: Any) -> Any:
    """Return a factor or factors by pattern as floats; None for a factor of 1, which changes nothing."""
    if isinstance(value, Mapping) and value:
        return {_pattern(key): _number(each, f"{bare(str(key))}: ") for key, each in value.items()}
    if value is None or _number(value) == NO_EFFECT:
        return None
    if not 0 < value < 1:
        raise ValueError(EXPECTED)
    return float(value)


def _pattern(key: Any) -> str:
    if not isinstance(key, str) or not key:
        raise ValueError(EXPECTED)
    return key


def _number(value: Any, place: str = "") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise ValueError(place + EXPECTED)
    return float(value)


_NUMBER = {"type": "number", "minimum": 0}
FACTORS: Any = Annotated[
    Any,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "null"},
                _NUMBER | {"maximum": 1},
                {"type": "object", "additionalProperties": _NUMBER | {"maximum": MOST}, "minProperties": 1},
            ],
            "default": None,
        }
    ),
]
"""The type of a key that takes null, a factor, or factors by names or patterns of layers."""


def factors_of(value: float | Mapping[str, float], layers: Sequence[str]) -> list[float]:
    """Return the factor of each trained layer, named from input to output.

    A number is the factor from each layer to the next, from the output back; of a mapping the longest name or pattern that
    matches a layer counts, and the others have 1. Raises ValueError, which says what was expected, for a pattern that matches
    no layer, and where nothing is left to train.
    """
    if not isinstance(value, Mapping):
        return [value**n for n in reversed(range(len(layers)))]
    for pattern in value:
        if not any(fnmatchcase(name, pattern) for name in layers):
            raise ValueError(f"{bare(pattern)} matches no layer with weights; expected some of {some(layers)}")
    longest_first = sorted(value, key=lambda pattern: (-len(pattern), pattern))
    found = [next((value[each] for each in longest_first if fnmatchcase(name, each)), 1) for name in layers]
    if not any(found):
        raise ValueError("freezes all layers; expected a factor above 0 for one")
    return found
