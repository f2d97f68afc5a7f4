"""What is around the work of every job: tested in processes of their own, because it takes over the terminal."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.job import QUIET
from tests.waiting import until

JOB = """
import logging, os, sys, time
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.job import workflow_job

with workflow_job(sys.argv[1], "mnist/baseline"):
    {body}
"""


@pytest.fixture
def job(tmp_path):
    """Return a function that runs code as a job: exit status, terminal, log."""

    def run(body, **variables):
        log = tmp_path / "logs" / "job.log"
        done = subprocess.run(
            [sys.executable, "-c", JOB.format(body=body), str(log)],
            capture_output=True,
            text=True,
            env=os.environ | variables,
        )
        return done.returncode, done.stderr, log.read_text()

    return run


def test_progress_goes_to_the_terminal_with_the_name_of_the_job_and_to_the_log(job):
    status, terminal, log = job("logging.getLogger('frugalnet.recipes').info('epoch 1/5')")
    assert status == 0
    assert terminal.rstrip().endswith("mnist/baseline: epoch 1/5")
    assert log.rstrip().endswith("epoch 1/5")


def test_what_libraries_print_goes_to_the_log_alone(job):
    _, terminal, log = job("print('to stdout'); os.write(2, b'from C++')")
    assert terminal == ""
    assert "to stdout" in log
    assert "from C++" in log


def test_error_for_the_user_is_its_message_without_a_traceback(job):
    status, terminal, log = job("raise FrugalNetError('x.mat: not a SAT-6 file')")
    assert status == 1
    assert terminal == "mnist/baseline: error: x.mat: not a SAT-6 file\n"
    assert "Traceback" not in log


def test_error_of_the_program_has_its_traceback_in_the_log_and_its_place_in_the_terminal(job):
    status, terminal, log = job("[][1]")
    assert status == 1
    assert "IndexError: list index out of range" in terminal
    assert "job.log" in terminal
    assert "Traceback" not in terminal
    assert "Traceback" in log


def test_error_is_told_in_the_terminal_also_where_the_log_is_on_a_full_disk(tmp_path):
    (tmp_path / "job.log").symlink_to("/dev/full")
    code = JOB.format(body="raise ValueError('no such wheel')")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "job.log")], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("mnist/baseline: error: ValueError: no such wheel\n")


def test_place_where_there_can_be_no_log_is_told(tmp_path):
    (tmp_path / "logs").write_text("mine")
    code = JOB.format(body="pass")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "logs/job.log")], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"mnist/baseline: error: {tmp_path / 'logs'}: ")


def test_stop_that_a_library_caught_is_heard_the_next_time(job):
    body = """for number in range(2):
        try:
            os.kill(os.getpid(), 15)
            time.sleep(1)
        except SystemExit as error:
            print('caught', error)
        import frugalnet.jobs.job
        frugalnet.jobs.job._stopped_s -= 3
    os.kill(os.getpid(), 2)
    time.sleep(60)"""
    status, _, log = job(body)
    assert log.count("caught stopped by SIGTERM") == 2
    assert status != 0 and "KeyboardInterrupt" in log


def test_what_a_library_makes_of_a_stop_is_no_error_of_the_job(job):
    body = """try:
        os.kill(os.getpid(), 15)
        time.sleep(1)
    except SystemExit:
        raise ImportError('initialization failed')"""
    status, terminal, _ = job(body)
    assert (status, terminal) == (1, "")


def test_quiet_job_writes_to_its_log_alone(job):
    body = "logging.getLogger('frugalnet.recipes').info('epoch 1/5'); raise FrugalNetError('no memory')"
    status, terminal, log = job(body, FRUGALNET_QUIET="1")
    assert (status, terminal) == (1, "")
    assert log.splitlines()[0].endswith(" epoch 1/5")
    assert log.splitlines()[1:] == ["mnist/baseline: error: no memory"]


def test_warning_says_that_it_is_one(job):
    _, terminal, log = job("logging.getLogger('frugalnet.search').warning('trial 1/2 failed')")
    assert terminal.rstrip().endswith("mnist/baseline: warning: trial 1/2 failed")
    assert log.rstrip().endswith(" warning: trial 1/2 failed")


def test_job_whose_workflow_is_gone_ends_at_once(job):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    status, _, _ = job("time.sleep(20); os.write(2, b'still there')", FRUGALNET_WORKFLOW_PID=str(gone.pid))
    assert status == 1


def test_job_ends_with_its_workflow(tmp_path):
    workflow = subprocess.Popen(["sleep", "60"])
    log = tmp_path / "job.log"
    job = subprocess.Popen(
        [sys.executable, "-c", JOB.format(body="print('started', flush=True); time.sleep(60)"), str(log)],
        env=os.environ | {"FRUGALNET_WORKFLOW_PID": str(workflow.pid)},
    )
    while not log.exists() or "started" not in log.read_text():
        time.sleep(0.05)
    workflow.kill()  # and not waited for: a zombie is gone too
    assert job.wait(timeout=20) == 1
    workflow.wait()


ASKER = """
from pathlib import Path
from frugalnet.jobs.door import in_own_process
in_own_process("reading", "tests.unit.made_jobs:add_line", {{"path": "{path}", "seconds": 30}}, "made", Path("{path}.log"))
"""


def test_process_that_a_command_has_started_ends_with_it(tmp_path):
    path = tmp_path / "lines"
    command = subprocess.Popen([sys.executable, "-c", ASKER.format(path=path)], env=os.environ | {"FRUGALNET_WARM": ""})
    until(path.exists)
    (job,) = psutil.Process(command.pid).children()
    command.kill()
    command.wait()
    job.wait(20)
    assert path.read_text() == "begun\n"


def test_quiet_job_that_fails_is_answered_by_why(tmp_path, monkeypatch):
    monkeypatch.setenv(QUIET, "1")
    monkeypatch.delenv("FRUGALNET_WARM", raising=False)
    with pytest.raises(FrugalNetError, match=r"\(exit code 1\); its log is .*: made: error: the flux is out of order"):
        in_own_process("reading", "tests.unit.made_jobs:end", {"how": "error"}, "made", tmp_path / "job.log")
