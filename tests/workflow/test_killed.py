"""A workflow that ends in the middle of training: nothing looks finished, nobody goes on, and the same command does."""

import os
import signal
import time

import psutil
import pytest
import yaml

from frugalnet.record.paths import RECORD
from tests.waiting import until
from tests.workflow.conftest import TINY

TARGET = "results/tiny/compression/raw/mnist/baseline/default/seed0/record.json"
LIMIT_S = 90


@pytest.fixture
def training(probed, request):
    """Start a run of 60 epochs, or as many as a test says, wait until it trains, and give workspace, Snakemake and its processes."""
    workspace, temporary = probed, probed.folder / "temporary"
    temporary.mkdir()
    recipe = {"epochs": getattr(request, "param", 60)}
    tiny = TINY | {"compression": TINY["compression"] | {"per_dataset": {"mnist": {"recipe": recipe}}}}
    (workspace.folder / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    started = workspace.start(TARGET, TMPDIR=str(temporary))
    log = workspace.results / "logs/mnist/baseline/default/seed0.log"
    until(lambda: log.exists() and "train: epoch" in log.read_text())
    processes = psutil.Process(started.pid).children(recursive=True)
    assert any("frugalnet.jobs.forking" in " ".join(process.cmdline()) for process in processes)
    yield workspace, started, processes
    os.killpg(started.pid, signal.SIGKILL) if started.poll() is None else None
    started.wait()


def job_of(processes):
    """Return the process that trains: the one at the end of the chain from Snakemake through the warm process."""
    return max(processes, key=lambda process: len(process.parents()))


def assert_all_end(snakemake, processes):
    """Wait until a workflow and all of its processes have ended."""
    snakemake.wait(LIMIT_S)
    until(lambda: not any(process.is_running() and process.status() != "zombie" for process in processes))


def assert_nothing_goes_on(workspace):
    before = sorted(workspace.results.rglob("*"))
    time.sleep(2)
    assert sorted(workspace.results.rglob("*")) == before


def left_by_warm_processes(workspace):
    return list((workspace.folder / "temporary").glob("frugalnet-*"))


def test_killed_workflow_leaves_nothing_whole_and_the_same_command_goes_on(training):
    workspace, snakemake, processes = training
    snakemake.kill()
    assert_all_end(snakemake, processes)
    assert left_by_warm_processes(workspace) == []
    assert not list(workspace.results.glob(f"raw/**/{RECORD}"))
    assert_nothing_goes_on(workspace)

    status, output = workspace.snakemake(TARGET)
    assert status == 0, output
    assert (workspace.folder / TARGET).exists()
    assert not list(workspace.results.glob("work/**/made"))


@pytest.mark.parametrize("training", [5_000], indirect=True)
def test_second_workflow_is_refused_and_ctrl_c_leaves_nothing_of_the_first(training):
    workspace, snakemake, processes = training
    status, output = workspace.snakemake("results/tiny/compression/raw/mnist/nas/default/seed0/record.json")
    assert status != 0
    assert "another workflow is going on in this folder" in output

    os.killpg(snakemake.pid, signal.SIGINT)
    assert_all_end(snakemake, processes)
    assert left_by_warm_processes(workspace) == []
    assert not list(workspace.results.glob(f"raw/**/{RECORD}"))
    assert_nothing_goes_on(workspace)


def test_workflow_that_is_stopped_lets_its_job_finish_as_snakemake_does(training):
    workspace, snakemake, processes = training
    snakemake.terminate()
    assert_all_end(snakemake, processes)
    assert left_by_warm_processes(workspace) == []
    assert (workspace.folder / TARGET).exists()
