"""The exception whose message is meant for the user, and how such a message lists things."""

from collections.abc import Sequence
from typing import Any


class FrugalNetError(Exception):
    """A problem that the user can solve: the message says what was given, what was expected, and what to do.

    It is shown without a traceback. Errors of the program itself are other exceptions.
    """


class NothingToChooseError(FrugalNetError):
    """No run of a study has a result that a recipe could be chosen by: the message says why."""


class WithoutModelError(FrugalNetError):
    """A run that ends without a model, for a reason that is a result; `rows` are its epochs, `status` that of its record."""

    status: str
    begins: str
    """How the message begins."""

    def __init__(self, message: str, rows: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.rows = rows


class DivergedError(WithoutModelError):
    """A training that gives numbers that are not finite: `what` says which."""

    status, begins = "diverged", "the training diverged"

    def __init__(self, rows: Sequence[Any] = (), what: str = "its loss is not finite") -> None:
        super().__init__(f"{self.begins}: {what}. Is recipe.learning_rate too high?", rows)


class OutOfMemoryError(WithoutModelError):
    """A run that needs more memory than there is: `what` says for which piece."""

    status, begins = "out_of_memory", "the run needs more memory than there is"

    def __init__(self, rows: Sequence[Any] = (), what: str = "") -> None:
        about = f" ({what})" if what else ""
        super().__init__(f"{self.begins}{about}. Is recipe.batch_size too large?", rows)


class RefusedError(WithoutModelError):
    """A recipe that cannot be used on these data or on this machine."""

    status, begins = "refused", ""


SHOWN = 5
"""Maximum number of lines that a message lists; the others are counted."""


def listed(lines: list[str]) -> str:
    """Return lines below each other; of many, the first ones and the number of the others."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n  ".join(["", *lines[:SHOWN], *more])
