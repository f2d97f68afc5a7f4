"""A run beside a workflow waits until it has ended, whatever folder it is in."""

import os
import signal
import subprocess
import sys

import pytest
import yaml

from tests.waiting import until
from tests.workflow.conftest import TINY

TARGET = "results/tiny/compression/raw/mnist/baseline/default/seed0/record.json"
COMMAND = [sys.executable, "-c", "from frugalnet.cli import app; app()"]
RUN = [*COMMAND, "run", "california_housing/baseline", "--configfile", "tiny.yaml"]


@pytest.fixture
def training(probed):
    """Start a workflow that trains for long, and give its workspace and process."""
    recipe = {"mnist": {"recipe": {"epochs": 5_000}}}
    tiny = TINY | {"compression": TINY["compression"] | {"per_dataset": recipe}}
    (probed.folder / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    workflow = probed.start(TARGET)
    log = probed.results / "logs/mnist/baseline/default/seed0.log"
    until(lambda: log.exists() and "train: epoch" in log.read_text())
    yield probed, workflow
    os.killpg(workflow.pid, signal.SIGKILL) if workflow.poll() is None else None
    workflow.wait()


def test_run_beside_a_workflow_says_for_whom_it_waits_and_goes_on_after_it(training, tmp_path):
    workspace, workflow = training
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    about = {"cwd": elsewhere, "env": workspace.environment(), "text": True}

    done = subprocess.run([*RUN, "--no-wait"], capture_output=True, **about)
    told = f"the workflow tiny (process {workflow.pid} in {workspace.folder}, since "
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"frugalnet run: error: {told}")
    assert not (elsewhere / "results").exists()

    with (elsewhere / "said").open("w") as said:
        run = subprocess.Popen(RUN, stdout=said, stderr=said, **about)
    until(lambda: f"waiting: {told}" in (elsewhere / "said").read_text())
    os.killpg(workflow.pid, signal.SIGINT)
    workflow.wait()
    until(lambda: "run 1 of 1" in (elsewhere / "said").read_text())
    run.kill()
    run.wait()
