"""Waiting in tests: for what other processes do."""

import time


def until(condition, limit_s=90):
    """Wait for a condition; fail after a while."""
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, "waited too long"
        time.sleep(0.05)
