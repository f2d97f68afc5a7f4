"""Commands that are killed at any moment: no process and no folder is left for good, and every try has a record."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
import yaml

from frugalnet.record.record import read_record
from tests.workflow.conftest import TINY

pytestmark = pytest.mark.faults

CHIEF = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": "0", "KERASTUNER_TUNER_ID": "chief"}
KILLS = 10
"""Of each command."""
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ENDED_S = 5
COMMAND = [sys.executable, "-c", "from frugalnet.cli import app; app()"]
TINY_HOUSING = TINY | {
    "compression": TINY["compression"] | {"datasets": ["california_housing"], "methods": ["baseline"]}
}
SEARCH = "california_housing/nas/default/seed0"
WORKER = [sys.executable, "-m", "frugalnet.jobs.worker", SEARCH, "--configfile", "tiny.yaml"]
COMMANDS = {
    "run": ([*COMMAND, "run", "california_housing/baseline", "--configfile", "tiny.yaml", "--again"], 25),
    "rebuild": ([*COMMAND, "rebuild", "results/tiny"], 20),
    "forecast": ([*COMMAND, "forecast", "--configfile", "tiny.yaml", "--quick"], 25),
    "worker": (WORKER, 25),
}
"""Each command, and the seconds within which it is killed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the code of the pages, and the results of a small study."""
    from tests.workflow.conftest import made_workspace

    workspace = made_workspace(tmp_path_factory.mktemp("kills"), TINY_HOUSING)
    status, output = workspace.snakemake()
    assert status == 0, output
    (workspace.folder / "temporary").mkdir()
    return workspace


def of_commands(temporary):
    """Return the processes that were started with a folder for temporary files."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(temporary) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def left(workspace):
    """Return folders that a command has not cleared away."""
    scratch = [*(workspace.folder / "temporary").iterdir(), *workspace.folder.rglob(".rebuilt-*")]
    return [path for path in scratch if path.is_dir()]


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_command_leaves_nothing_for_good(folder, name):
    workspace, draw = folder, random.Random(name)
    command, longest_s = COMMANDS[name]
    temporary = workspace.folder / "temporary"
    environment = workspace.environment(TMPDIR=str(temporary), **(CHIEF if name == "worker" else {}))
    for number in range(KILLS):
        process = subprocess.Popen(
            command,
            cwd=workspace.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(draw.uniform(0.5, longest_s))
        sent = draw.choice(SIGNALS)
        process.send_signal(sent) if sent == signal.SIGKILL else os.killpg(process.pid, sent)
        process.wait(60)
        time.sleep(ENDED_S)
        assert of_commands(temporary) == [], (name, number, sent)
        for record in workspace.folder.rglob("failed/**/record.json"):
            assert read_record(record).status == "failed"
        tries = [path for path in workspace.folder.glob("results/*/*/failed/*/*/*/*/*") if path.is_dir()]
        assert all((path / "record.json").exists() for path in tries)
    again = COMMANDS["run"][0] if name == "worker" else command  # a chief waits for workers
    done = subprocess.run(again, cwd=workspace.folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert left(workspace) == []


def test_killed_study_is_finished_by_the_same_command(folder):
    """After all of the kills, in the same folder: the workflow finds nothing that it has to do, or does it."""
    shutil.rmtree(folder.folder / "results/tiny/compression/interim", ignore_errors=True)
    (folder.folder / "tiny.yaml").write_text(yaml.safe_dump(TINY_HOUSING))
    status, output = folder.snakemake()
    assert status == 0, output
