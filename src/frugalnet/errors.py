"""The exception whose message is meant for the user, and how such a message lists things."""


class FrugalNetError(Exception):
    """A problem that the user can solve: the message says what was given, what was expected, and what to do.

    It is shown without a traceback. Errors of the program itself are other exceptions.
    """


SHOWN = 5
"""Maximum number of lines that a message lists; the others are counted."""


def listed(lines: list[str]) -> str:
    """Return lines below each other; of many, the first ones and the number of the others."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n  ".join(["", *lines[:SHOWN], *more])
