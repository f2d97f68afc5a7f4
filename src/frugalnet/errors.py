"""The one exception whose message is meant for the person at the terminal."""


class FrugalNetError(Exception):
    """Something that the user can put right: the message says what was given, what was expected, and what to do.

    Shown without a traceback. Errors of the program itself are other exceptions.
    """
