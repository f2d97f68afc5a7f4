"""The one exception whose message is meant for the person at the terminal, and how such a message lists things."""


class FrugalNetError(Exception):
    """Something that the user can put right: the message says what was given, what was expected, and what to do.

    Shown without a traceback. Errors of the program itself are other exceptions.
    """


SHOWN = 5
"""Lines that a message lists; of more it says how many there are."""


def listed(lines: list[str]) -> str:
    """Return lines below each other, the first ones where there are many."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n  ".join(["", *lines[:SHOWN], *more])
