"""One process of a machine measures at a time; who waits says for whom."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.jobs.measuring_lock import HOLDER, LOCK, BusyError, measuring
from tests.waiting import until

HOLD = """
import subprocess, sys, time
from frugalnet.jobs.measuring_lock import measuring
with measuring("the workflow quick"):
    print("held", flush=True)
    {inside}
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def lock(tmp_path, monkeypatch):
    """Return the file of a lock of this test's own."""
    path = tmp_path / "measuring.lock"
    monkeypatch.setenv(LOCK, str(path))
    monkeypatch.delenv(HOLDER, raising=False)
    return path


@pytest.fixture
def holder():
    """Return a function that starts a process which holds the lock until a line comes, and does more in it before."""
    started = []

    def start(inside="pass"):
        code = HOLD.format(inside=inside)
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_lock_is_free_again_after_the_block_and_after_an_error(lock):
    for _ in range(2):
        with suppress(ZeroDivisionError), measuring("a run", wait=False):
            assert os.environ[HOLDER].startswith(f"{os.getpid()}-")
            raise ZeroDivisionError
    assert HOLDER not in os.environ
    assert lock.stat().st_mode & 0o777 == 0o666


def test_who_does_not_wait_is_told_who_measures_and_since_when(holder):
    process = holder()
    told = rf"^the workflow quick \(process {process.pid} in {re.escape(os.getcwd())}, since 20\d\d-.*\) measures on this machine"
    with pytest.raises(BusyError, match=told) as busy, measuring("a run", wait=False):
        pass
    assert busy.value.what == "the workflow quick"


def test_who_waits_says_so_and_goes_on_when_the_other_ends(holder):
    process, said = holder(), []

    def say(text):
        said.append(text)
        process.stdin.write("\n")
        process.stdin.flush()

    with measuring("a run", say=say):
        assert process.wait(10) == 0
    assert len(said) == 1 and said[0].startswith("waiting: the workflow quick (process")


def test_lock_ends_with_a_process_that_is_killed(holder):
    holder().send_signal(signal.SIGKILL)
    with measuring("a run", say=lambda text: None):
        pass


def test_process_that_the_holder_starts_shares_the_lock(holder):
    inside = "subprocess.run([sys.executable, '-c', \"from frugalnet.jobs.measuring_lock import measuring\\nwith measuring('a job', wait=False): print('shared', flush=True)\"], check=True)"
    assert holder(inside).stdout.readline() == "shared\n"


def test_process_whose_variable_names_another_holder_does_not_share_it(holder, monkeypatch):
    holder()
    monkeypatch.setenv(HOLDER, str(os.getpid()))
    with pytest.raises(BusyError), measuring("a run", wait=False):
        pass


def test_lock_of_a_holder_that_has_not_said_who_it_is_is_held_all_the_same(holder, lock):
    holder()
    lock.write_text("")
    with pytest.raises(BusyError, match=r"^another process measures"), measuring("a run", wait=False):
        pass


def test_who_waits_for_a_lock_that_is_deleted_takes_the_one_in_its_place(holder, lock):
    first = holder()

    def say(text):
        if len(said := [*said_before, text]) == 2:
            raise TimeoutError
        said_before[:] = said
        lock.unlink()
        holder()
        first.communicate("\n")

    said_before = []
    with pytest.raises(TimeoutError), measuring("a run", say=say):
        pass


def test_what_a_holder_says_is_shortened_and_without_control_characters(holder, lock):
    holder()
    lock.write_text('{"what": "' + "\\u001b[2J" + "x" * 5_000 + '"}')
    with pytest.raises(BusyError) as busy, measuring("a run", wait=False):
        pass
    assert "\x1b" not in str(busy.value)
    assert len(str(busy.value)) < 700
    lock.write_text("[" * 100_000)
    with pytest.raises(BusyError, match="another process measures"), measuring("a run", wait=False):
        pass


def test_process_that_does_no_measuring_is_waited_for_too(lock):
    code = "import sys\nfrom frugalnet.jobs.measuring_lock import sharing\nwith sharing(): print('shared', flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "shared\n"
        with pytest.raises(BusyError), measuring("a run", wait=False):
            pass
        process.communicate("\n")
    with measuring("a run", wait=False):
        pass


def test_lock_that_is_a_link_or_cannot_be_is_refused(lock, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("mine")
    lock.symlink_to(tmp_path / "mine.txt")
    with (
        pytest.raises(FrugalNetError, match=rf"measuring\.lock: .*The variable {LOCK} names another"),
        measuring("a run"),
    ):
        pass
    assert (tmp_path / "mine.txt").read_text() == "mine"
    monkeypatch.setenv(LOCK, "/nowhere/lock")
    with pytest.raises(FrugalNetError, match=r"^/nowhere/lock: No such file"), measuring("a run"):
        pass


def test_waiting_can_be_interrupted(holder):
    holder()
    code = "from frugalnet.jobs.measuring_lock import measuring\nwith measuring('a run', say=lambda text: print(text, flush=True)): pass"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout.readline().startswith("waiting")
        process.send_signal(signal.SIGINT)
        until(lambda: process.poll() is not None, 5)
