"""Warm processes: jobs that they do, and everything that can go wrong with them, without TensorFlow."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.jobs import warm
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.warm import READING
from tests.waiting import until

pytestmark = pytest.mark.long

JOBS = "tests.unit.made_jobs"
ASKER = """
import sys
from frugalnet.jobs.door import do
do("reading", "{function}", {given}, "made", sys.argv[1])
"""
LIMIT_S = 30


@pytest.fixture(scope="module")
def shared():
    """Have a warm process for the tests of this module that do not break it; give its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(warm.FOLDER, "")
        with warm.processes(READING):
            folder = os.environ[warm.FOLDER]
            yield folder
            os.environ[warm.FOLDER] = folder


@pytest.fixture
def served(shared, monkeypatch):
    """Let a test ask the warm process of this module."""
    monkeypatch.setenv(warm.FOLDER, shared)


@pytest.fixture
def broken(monkeypatch):
    """Give a warm process of its own to a test, which may do with it what it likes."""
    monkeypatch.setenv(warm.FOLDER, "")
    (process,) = warm.start({READING: None})
    folder = Path(os.environ[warm.FOLDER])
    until((folder / f"{READING}.json").exists)
    yield process, folder
    process.kill()
    process.communicate()


@pytest.fixture
def ask(tmp_path):
    """Return a function that does a made job in a process of its own, and the log."""
    log = tmp_path / "job.log"

    def ask(function, **given):
        return in_own_process(READING, f"{JOBS}:{function}", given, "made", log)

    ask.log = log
    return ask


@pytest.fixture
def start_asker(tmp_path):
    """Return a function that starts a script of the workflow, as Snakemake does."""
    started = []

    def start(function, **given):
        code = ASKER.format(function=f"{JOBS}:{function}", given=given)
        command = [sys.executable, "-c", code, str(tmp_path / "asker.log")]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def cold(ask, function, **given):
    """Do a job without a warm process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(warm.FOLDER, raising=False)
        return ask(function, **given)


def test_job_is_done_by_a_grandchild_of_the_warm_process(broken, ask):
    process, _ = broken
    pid, keeper = ask("where")
    assert pid != process.pid != keeper
    assert "starting cold" not in ask.log.read_text()


def test_job_has_what_a_process_of_its_own_has(served, ask):
    warm_found, cold_found = ask("surroundings"), cold(ask, "surroundings")
    assert warm_found == cold_found
    assert warm_found["threads"] == ["MainThread", "owner"]


def test_processor_time_of_imports_is_on_nobodys_account(broken, ask):
    process, _ = broken
    imports_s = sum(psutil.Process(process.pid).cpu_times()[:2])
    assert imports_s > 0.5
    assert ask("processor_s") < imports_s / 5


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("error", "made: error: the flux is out of order"),
        ("bug", "made: error: ValueError: no such wheel"),
        ("status", ""),
        ("SIGSEGV", "made: error: ended by SIGSEGV"),
        ("SIGKILL", "made: error: ended by SIGKILL"),
    ],
)
def test_job_ends_as_a_process_of_its_own_does(served, start_asker, how, said, monkeypatch):
    ended = start_asker("end", how=how)
    _, terminal = ended.communicate()
    monkeypatch.delenv(warm.FOLDER)
    other = start_asker("end", how=how)
    other.communicate()
    assert ended.returncode == other.returncode != 0
    assert said in terminal


def test_crash_ends_its_job_alone(served, ask):
    with pytest.raises(FrugalNetError, match=r"made: did not finish \(exit code -11\); its log is .*job.log"):
        ask("end", how="SIGSEGV")
    assert "Segmentation fault" in ask.log.read_text()
    assert len(ask("where")) == 2
    assert "starting cold" not in ask.log.read_text()


def test_killed_while_a_job_is_done_the_job_goes_on_and_the_next_one_starts_cold(broken, ask, start_asker, tmp_path):
    process, _ = broken
    lines = tmp_path / "lines"
    asker = start_asker("add_line", path=str(lines), seconds=1)
    until(lines.exists)
    process.kill()
    asker.communicate()
    assert asker.returncode == 0
    assert lines.read_text() == "begun\nended\n"
    ask("where")
    assert "starting cold: the warm process does not answer" in ask.log.read_text()


def test_one_that_does_not_answer_is_not_waited_for_and_never_does_the_job_too(broken, ask, tmp_path, monkeypatch):
    process, _ = broken
    monkeypatch.setattr(warm, "ANSWER_S", 0.5)
    process.send_signal(signal.SIGSTOP)
    ask("add_line", path=str(tmp_path / "lines"))
    process.send_signal(signal.SIGCONT)
    assert "starting cold: the warm process does not answer: timed out" in ask.log.read_text()
    monkeypatch.setattr(warm, "ANSWER_S", LIMIT_S)
    ask("where")
    assert "starting cold" not in ask.log.read_text()
    assert (tmp_path / "lines").read_text() == "begun\nended\n"


@pytest.fixture
def going_on(broken, start_asker, tmp_path):
    """Return the asker of a job that goes on, its keeper, its child, and the file of its lines."""
    lines = tmp_path / "lines"
    asker = start_asker("add_line", path=str(lines), seconds=60)
    until(lines.exists)
    (keeper,) = psutil.Process(broken[0].pid).children()
    return asker, keeper, *keeper.children(), lines


def test_keeper_that_is_killed_takes_the_job_with_it(going_on):
    asker, keeper, child, _ = going_on
    keeper.kill()
    _, terminal = asker.communicate()
    assert asker.returncode != 0
    assert "made: error: ended by SIGKILL" in terminal
    until(lambda: not child.is_running())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_of_the_asker_reach_the_job(going_on, number):
    asker, keeper, child, lines = going_on
    asker.send_signal(number)
    asker.communicate()
    assert asker.returncode != 0
    until(lambda: not child.is_running() and not keeper.is_running())
    assert lines.read_text() == "begun\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_job_that_waits_for_another_one_does_not_go_on_after_a_signal(broken, start_asker, tmp_path, number):
    lines = tmp_path / "lines"
    asker = start_asker("ask_another", path=str(lines))
    until(lines.exists)
    asker.send_signal(number)
    asker.communicate()
    assert asker.returncode != 0
    assert lines.read_text() == "begun\n"


def test_job_that_takes_too_long_is_killed(served, tmp_path, monkeypatch):
    for place in ("warm", "cold"):
        lines = tmp_path / place
        given = {"path": str(lines), "seconds": 60}
        with pytest.raises(FrugalNetError, match=r"did not finish \(exit code -9\)"):
            in_own_process(READING, f"{JOBS}:add_line", given, "made", tmp_path / "job.log", limit_s=2)
        assert lines.read_text() == "begun\n"
        monkeypatch.delenv(warm.FOLDER, raising=False)


def test_one_that_was_killed_leaves_a_socket_that_nobody_waits_for(broken, ask):
    process, folder = broken
    process.kill()
    process.wait()
    assert (folder / f"{READING}.socket").exists()
    ask("where")
    assert "starting cold: the warm process does not answer: [Errno 111] Connection refused" in ask.log.read_text()


def test_one_that_ends_before_it_is_ready_says_why(monkeypatch, ask):
    monkeypatch.setenv(warm.FOLDER, "")
    monkeypatch.setitem(warm.CHAINS, READING, ["no_such_kind"])
    with warm.processes(READING):
        monkeypatch.setitem(warm.CHAINS, READING, [READING])
        (Path(os.environ[warm.FOLDER]) / "no_such_kind.pid").rename(Path(os.environ[warm.FOLDER]) / f"{READING}.pid")
        ask("where")
    assert "starting cold: the warm process ended: KeyError: 'no_such_kind'" in ask.log.read_text()


def test_another_version_of_the_code_is_not_used(served, ask, monkeypatch, tmp_path):
    (tmp_path / "module.py").write_text("changed = True\n")
    monkeypatch.setattr(warm, "PACKAGE", tmp_path)
    ask("where")
    assert "starting cold: the warm process is of another version of the code" in ask.log.read_text()


def test_another_environment_is_not_used(served, ask, monkeypatch):
    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    ask("where")
    assert "starting cold: the warm process has another environment: TF_DETERMINISTIC_OPS" in ask.log.read_text()


def test_prompt_of_an_activated_environment_makes_no_other_environment(served, ask, monkeypatch):
    monkeypatch.setenv("PS1", "(.venv) $")
    ask("where")
    assert "starting cold" not in ask.log.read_text()


def test_folder_that_others_can_enter_is_not_used(broken, ask):
    _, folder = broken
    folder.chmod(0o755)
    ask("where")
    assert f"starting cold: {folder} is not private: expected owner {os.geteuid()} and mode 700" in ask.log.read_text()


def test_folder_of_another_user_is_not_used(served, ask, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    ask("where")
    assert "is not private: expected owner 12345 and mode 700" in ask.log.read_text()


def test_folder_of_another_machine_is_not_used(ask, monkeypatch):
    monkeypatch.setenv(warm.FOLDER, "/nowhere/warm")
    ask("where")
    assert "starting cold: there is no warm process on this machine" in ask.log.read_text()


def test_without_one_nothing_is_said(ask):
    cold(ask, "where")
    assert "cold" not in ask.log.read_text()


def test_it_ends_with_its_standard_input_and_leaves_nothing(broken):
    process, folder = broken
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert not folder.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import threading, time; threading.Thread(target=time.sleep, args=(1,)).start()", "imports started threads"),
        ("import os; os.readlink = lambda path: '/dev/nvidia0'", "imports opened /dev/nvidia0"),
    ],
)
def test_one_whose_imports_forbid_to_fork_serves_nobody(tmp_path, body, said):
    (tmp_path / "bad_import.py").write_text(body)
    code = f"from frugalnet.jobs import forking; forking.MODULES['bad'] = ['bad_import']; forking.main(forking.Path('{tmp_path}'), 'bad')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert said in done.stderr
    assert not (tmp_path / "bad.json").exists()
    assert done.returncode == 1


def test_killed_starter_ends_a_process_that_still_imports(tmp_path):
    code = f"""
import os, sys, time
from frugalnet.jobs import warm
(process,) = warm.start({{"{READING}": None}})
print(process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        imports = psutil.Process(int(starter.stdout.readline()))
        until(lambda: "forking" in " ".join(imports.cmdline()))
        starter.kill()
    until(lambda: not imports.is_running())
