"""What all layers of tests have in common."""

import os
import signal
import tempfile

import pytest

from frugalnet.jobs.measuring_lock import HOLDER, LOCK
from tests.browsers import ARGUMENTS, BROWSER


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """Let SIGINT reach what tests start, also where the tests run in the background of a shell, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_lock():
    """Wait for nobody who measures: the other processes of the tests do too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(LOCK, f"{tempfile.gettempdir()}/tests-{os.getpid()}.lock")
        patch.delenv(HOLDER, raising=False)
        yield


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch):
    """Have no window flagged for what else goes on: other tests do."""
    monkeypatch.setattr("frugalnet.energy.ledger.machine_s", lambda: 0.0)


@pytest.fixture(scope="module")
def chromium():
    """Return the browser of the machine, open; tests that ask for it are marked `needs_browser`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium):
    """Return a function that opens an address in a new window, without a network; errors of its scripts fail the test."""
    contexts, wrong = [], []

    def open_window(address, **settings):
        contexts.append(chromium.new_context(offline=True, **settings))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address, wait_until="load")
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert wrong == []
