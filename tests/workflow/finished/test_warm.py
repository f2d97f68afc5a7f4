"""Runs that are forked from a warm process give the numbers of runs that start cold."""

import pandas as pd
import pytest

from frugalnet import catalogue
from frugalnet.record.paths import EPOCHS, TRIALS
from frugalnet.record.record import read_record
from tests.workflow.conftest import made_workspace

DATASET = "california_housing"
ROWS = [
    f"{method}/{'unit-s0.75' if entry.granularities else 'default'}/seed0"
    for method, entry in catalogue.METHODS.items()
    if not entry.chosen
]


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
    measured = ("_s", "_j", "_ms", "_ratio", "objective", "parts")
    table = pd.read_csv(path)
    return table[[name for name in table if not name.endswith(measured)]].to_csv()


def test_logs_say_nothing_of_a_cold_start(finished):
    logs = list((finished[0].results / "logs").rglob("*.log"))
    assert len(logs) > 20
    assert [str(log) for log in logs if "starting cold" in log.read_text()] == []
