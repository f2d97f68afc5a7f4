"""The exception whose message is meant for the user, and how such a message lists things."""

from collections.abc import Sequence
from typing import Any


class FrugalNetError(Exception):
    """A problem that the user can solve: the message says what was given, what was expected, and what to do.

    It is shown without a traceback. Errors of the program itself are other exceptions.
    """


class DivergedError(FrugalNetError):
    """A training whose loss is not finite; `rows` are its epochs."""

    def __init__(self, rows: Sequence[Any] = ()) -> None:
        super().__init__("the training diverged: its loss is not finite. Is recipe.learning_rate too high?")
        self.rows = rows


SHOWN = 5
"""Maximum number of lines that a message lists; the others are counted."""


def listed(lines: list[str]) -> str:
    """Return lines below each other; of many, the first ones and the number of the others."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n  ".join(["", *lines[:SHOWN], *more])
