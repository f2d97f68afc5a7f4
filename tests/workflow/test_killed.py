"""SIGKILL in the middle of training: nothing looks finished, nobody goes on writing, and the same command goes on."""

import os
import signal
import subprocess
import time

import psutil
import pytest

from frugalnet.record.paths import RECORD
from tests.waiting import until
from tests.workflow.conftest import TINY, made_workspace

TARGET = "results/tiny/compression/raw/mnist/baseline/default/seed0/record.json"
LONG = TINY | {"compression": TINY["compression"] | {"per_dataset": {"mnist": {"recipe": {"epochs": 60}}}}}


@pytest.fixture
def training(tmp_path):
    """Start a run in a workspace, wait until it trains, and give workspace, Snakemake and its processes."""
    workspace = made_workspace(tmp_path, LONG)
    output = (tmp_path / "output").open("w+")
    started = subprocess.Popen(
        workspace.command(TARGET),
        cwd=tmp_path,
        env=workspace.environment(),
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    log = tmp_path / "results/tiny/compression/logs/mnist/baseline/default/seed0.log"
    until(lambda: log.exists() and "train: epoch" in log.read_text())
    snakemake = psutil.Process(started.pid)
    processes = snakemake.children(recursive=True)
    yield workspace, snakemake, processes
    os.killpg(started.pid, signal.SIGKILL) if started.poll() is None else None
    started.wait()


def job_of(processes):
    """Return the process that trains: the one at the end of the chain from Snakemake through the warm process."""
    return max(processes, key=lambda process: len(process.parents()))


@pytest.mark.parametrize("killed", ["snakemake", "job", "both"])
def test_killed_run_leaves_nothing_whole_and_the_same_command_goes_on(training, killed):
    workspace, snakemake, processes = training
    job = job_of(processes)
    for victim in {"snakemake": [snakemake], "job": [job], "both": [snakemake, job]}[killed]:
        victim.kill()

    until(lambda: not any(process.is_running() and process.status() != "zombie" for process in [snakemake, *processes]))
    assert not list(workspace.results.glob(f"raw/**/{RECORD}"))
    before = sorted(workspace.results.rglob("*"))
    time.sleep(2)
    assert sorted(workspace.results.rglob("*")) == before

    status, output = workspace.snakemake(TARGET)
    assert status == 0, output
    assert (workspace.folder / TARGET).exists()
    assert not list(workspace.results.glob("work/**/made"))


def test_stopped_run_leaves_what_it_measured_as_a_failed_try(training):
    workspace, _, processes = training
    job_of(processes).terminate()
    until(lambda: list(workspace.results.glob(f"failed/mnist/baseline/default/seed0/0/{RECORD}")))
    assert not list(workspace.results.glob(f"raw/**/{RECORD}"))


def test_second_workflow_in_the_same_folder_is_refused(training):
    status, output = training[0].snakemake("results/tiny/compression/raw/mnist/nas/default/seed0/record.json")
    assert status != 0
    assert "another workflow is going on in this folder" in output
