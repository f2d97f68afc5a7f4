"""Something moves in the terminal while a job says nothing."""

import logging
import re

import pytest

from frugalnet.commands.heartbeat import QUIET_S, Heartbeat, heartbeat
from frugalnet.jobs.job import QUIET


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that a test sets, in seconds."""
    now = {"s": 0.0}
    monkeypatch.setattr("frugalnet.commands.heartbeat.time.monotonic", lambda: now["s"])
    monkeypatch.delenv(QUIET, raising=False)
    return now


def signs(beats, clock, capsys, seconds):
    """Return what is said while the clock goes on by some seconds, looked at four times a second."""
    for _ in range(4 * seconds):
        clock["s"] += 0.25
        beats.look()
    return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in capsys.readouterr().err.splitlines()]


def test_there_is_a_sign_at_least_every_three_seconds(clock, capsys, tmp_path):
    beats = Heartbeat()
    beats.follow("mnist/baseline", tmp_path / "log")
    assert signs(beats, clock, capsys, 10) == [f"mnist/baseline: … {n} s" for n in (2, 5, 8, 10)]
    assert QUIET_S < 3


def test_signs_in_a_file_are_a_minute_apart_after_a_minute(clock, capsys, tmp_path):
    beats = Heartbeat()
    beats.follow("mnist/baseline", tmp_path / "log")
    said = signs(beats, clock, capsys, 250)
    assert said[23:] == [f"mnist/baseline: … {n} s" for n in (60, 120, 180, 240)]


def test_word_of_the_job_or_of_this_process_begins_the_silence_anew(clock, capsys, tmp_path):
    beats, log = Heartbeat(), tmp_path / "log"
    beats.follow("mnist/baseline", log)
    assert signs(beats, clock, capsys, 2) == []
    log.write_text("12:00:00 epoch 1\n")
    assert signs(beats, clock, capsys, 2) == []
    beats.emit(logging.LogRecord("frugalnet", logging.INFO, "", 0, "", (), None))
    assert signs(beats, clock, capsys, 2) == []
    assert signs(beats, clock, capsys, 1) == ["mnist/baseline: … 2 s"]


def test_what_a_library_writes_or_an_earlier_job_left_in_the_log_is_no_word(clock, capsys, tmp_path):
    beats, log = Heartbeat(), tmp_path / "log"
    log.write_text("12:00:00 of an earlier job\n" * 9)
    beats.follow("mnist/baseline", log)
    assert signs(beats, clock, capsys, 2) == []
    log.write_text("oneDNN is on\n")
    assert signs(beats, clock, capsys, 1) == ["mnist/baseline: … 2 s"]


def test_display_that_shows_what_goes_on_needs_no_sign(clock, capsys, monkeypatch):
    monkeypatch.setenv(QUIET, "1")
    assert signs(Heartbeat(), clock, capsys, 5) == []


def test_watch_ends_with_its_block():
    logger = logging.getLogger("frugalnet")
    with heartbeat() as beats:
        assert beats in logger.handlers
    assert beats not in logger.handlers
