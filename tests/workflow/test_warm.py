"""Runs that are forked from a warm process give the numbers of runs that start cold, and end with their workflow."""

import os
import signal
import subprocess

import pandas as pd
import psutil
import pytest

from frugalnet import catalogue
from frugalnet.record.paths import EPOCHS, TRIALS
from frugalnet.record.record import read_record
from tests.waiting import until
from tests.workflow.conftest import TINY, made_workspace

DATASET = "california_housing"
ROWS = [
    f"{method}/{'unit-s0.75' if entry.granularities else 'default'}/seed0"
    for method, entry in catalogue.METHODS.items()
]
LONG = TINY | {"compression": TINY["compression"] | {"per_dataset": {"mnist": {"recipe": {"epochs": 60}}}}}
LIMIT_S = 90


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    """Return the raw results of each method, and of what it starts from, without warm processes."""
    workspace = made_workspace(tmp_path_factory.mktemp("cold"))
    raw = workspace.results.relative_to(workspace.folder) / "raw" / DATASET
    targets = [f"{raw}/{row}/record.json" for row in ROWS]
    beside = ("--cores", "4", "--resources", "meter=2")
    status, output = workspace.snakemake(*targets, *beside, "--config", "measure={warm: false}")
    assert status == 0, output
    return workspace.folder / raw


@pytest.mark.parametrize("row", ROWS)
def test_numbers_are_the_same_to_the_last_digit(finished, cold, row):
    warm = finished[0].results / "raw" / DATASET
    first, second = (read_record(folder / row / "record.json") for folder in (warm, cold))
    assert first.quality == second.quality
    own = {"sha256", "gzip_bytes", "gzip_bytes_compacted"}  # a model's file holds the time at which it was written
    assert first.model.model_dump(exclude=own) == second.model.model_dump(exclude=own)
    for name in (EPOCHS, TRIALS):
        if (warm / row / name).exists():
            tables = [numbers(folder / row / name) for folder in (warm, cold)]
            assert tables[0] == tables[1]


def numbers(path):
    """Return the columns of a table that no clock and no meter decides."""
    measured = ("_s", "_j", "_ms", "objective", "parts")
    table = pd.read_csv(path)
    return table[[name for name in table if not name.endswith(measured)]].to_csv()


def test_logs_say_nothing_of_a_cold_start(finished):
    logs = list((finished[0].results / "logs").rglob("*.log"))
    assert len(logs) > 20
    assert [str(log) for log in logs if "starting cold" in log.read_text()] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workflow_that_is_stopped_leaves_no_process_and_no_folder(tmp_path, number):
    (tmp_path / "long").mkdir()
    workspace = made_workspace(tmp_path / "long", LONG)
    target = "results/tiny/compression/raw/mnist/baseline/default/seed0/record.json"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with (tmp_path / "output").open("w") as output:
        workflow = subprocess.Popen(
            workspace.command(target),
            cwd=workspace.folder,
            env=workspace.environment(TMPDIR=str(temporary)),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    log = workspace.results / "logs/mnist/baseline/default/seed0.log"
    until(lambda: log.exists() and "train: epoch" in log.read_text())
    processes = psutil.Process(workflow.pid).children(recursive=True)
    assert any("frugalnet.jobs.forking" in " ".join(process.cmdline()) for process in processes)
    os.killpg(workflow.pid, number) if number == signal.SIGINT else workflow.send_signal(number)
    workflow.wait(LIMIT_S)
    until(lambda: not any(process.is_running() and process.status() != "zombie" for process in processes))
    assert list(temporary.glob("frugalnet-warm-*")) == []
    let_it_finish = number == signal.SIGTERM  # as Snakemake does
    assert (workspace.folder / target).exists() == let_it_finish
