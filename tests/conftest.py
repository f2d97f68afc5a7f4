"""What all layers of tests have in common."""

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """Let SIGINT reach what tests start, also where the tests run in the background of a shell, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
