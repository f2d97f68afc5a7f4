"""The commands that measure without the workflow, as a user starts them."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
import yaml

from tests.workflow.conftest import TINY

ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "FRUGALNET_MIRROR"} | {"COLUMNS": "160"}
RUN = "results/runs/compression/raw/california_housing/pruning/weight-s0.80/seed0"
PARENT = "results/runs/compression/raw/california_housing/baseline/default/seed0"


def frugalnet(folder, *arguments):
    """Start the command in a folder; return its exit status, what it printed, and what it told."""
    command = [sys.executable, "-c", "from frugalnet.cli import app; app()", *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def pruned(folder, sparsity="0.8"):
    settings = ("--configfile", "tiny.yaml", "--set", f"compression.pruning.sparsity={sparsity}")
    return frugalnet(folder, "run", "california_housing/pruning", *settings)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder in which a run was done by itself, what the command printed, and what it told of progress."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    status, printed, told = pruned(folder)
    assert status == 0, told
    return folder, printed, told


def test_run_does_its_parent_first_and_prints_what_it_came_to(made):
    folder, printed, told = made
    assert told.index("california_housing/baseline/default/seed0: run 1 of 2") < told.index("run 2 of 2")
    assert re.search(r"test mae \(100 000 \$, sample data\) +\S +\d\.\d{4}", printed)
    assert re.search(r"energy of training and search, J \(estimated, cpu\) +\S +\d", printed)
    assert f"Its files are in {RUN}" in printed
    record = json.loads((folder / RUN / "record.json").read_text())
    assert record["run"]["pruning"]["sparsity"] == 0.8
    assert [parent["id"] for parent in record["parents"]] == ["california_housing/baseline/default/seed0"]
    assert record["energy"]["probed"]


def test_run_keeps_what_tensorflow_prints_in_the_log(made):
    folder, printed, told = made
    assert "oneDNN" not in printed + told
    log = folder / "results/runs/compression/logs/california_housing/pruning/weight-s0.80/seed0.log"
    assert "test_mae" in log.read_text()


def test_run_that_is_there_is_not_done_again_and_its_parent_serves_others(made):
    folder, printed, _ = made
    before = (folder / PARENT / "record.json").read_bytes()
    status, again, told = pruned(folder)
    assert (status, again) == (0, printed)
    assert told.count("is done already; --again measures it once more") == 1
    status, other, told = pruned(folder, sparsity="0.5")
    assert status == 0, told
    assert "weight-s0.50" in other
    assert (folder / PARENT / "record.json").read_bytes() == before


def test_run_is_measured_again_where_that_is_asked_for_and_something_moves_meanwhile(made):
    folder, _, told = made
    before = json.loads((folder / RUN / "record.json").read_text())["started"]
    status, _, again = frugalnet(
        folder,
        "run",
        "california_housing/pruning",
        "--configfile",
        "tiny.yaml",
        "--set",
        "compression.pruning.sparsity=0.8",
        "--again",
    )
    assert status == 0, again
    assert json.loads((folder / RUN / "record.json").read_text())["started"] > before
    for text in (told, again):
        times = [
            datetime.strptime(line[:8], "%H:%M:%S") for line in text.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)
        ]
        assert max((later - one).total_seconds() for one, later in pairwise(times)) <= 3


def test_prepared_array_that_was_changed_stops_the_next_run_by_its_name(made):
    folder, _, _ = made
    labels = folder / "data/sample/prepared/california_housing/y.npy"
    content = labels.read_bytes()
    np.save(labels, np.zeros_like(np.load(labels)))
    status, _, told = pruned(folder, sparsity="0.6")
    labels.write_bytes(content)
    assert status == 1
    assert "y.npy: was changed: it does not fit its checksum in dataset.json" in told
    assert "Traceback" not in told


def test_unknown_run_is_an_error_of_one_line(made):
    status, printed, told = frugalnet(made[0], "run", "california_housing/prunning", "--configfile", "tiny.yaml")
    assert (status, printed) == (1, "")
    assert told.startswith("frugalnet run: error: california_housing/prunning: not on the run sheet")
    assert "Did you mean california_housing/pruning" in told
    assert "Traceback" not in told


def test_forecast_says_what_a_study_takes_and_reads_no_results(made, tmp_path):
    given = ("--configfile", str(made[0] / "tiny.yaml"), "--set", "compression.datasets=[california_housing]")
    carbon = [f"carbon.{key}" for key in ("intensity_g_per_kwh=363", "source=Ember", "year=2023")]
    status, printed, told = frugalnet(
        tmp_path, "forecast", *given, *(part for setting in carbon for part in ("--set", setting))
    )
    assert status == 0, told
    assert re.search(r"California housing +search +3 ", printed)
    assert "energies are estimated, cpu" in printed
    assert re.search(r"all +19 ", printed)
    assert re.search(r"g CO2e \(\S+ to \S+\) at 363 g/kWh \(Ember, 2023\)", printed)
    assert not list(tmp_path.glob("results/tiny*"))
