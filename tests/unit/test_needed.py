"""What the jobs of the workflow start from: files by name."""

from pathlib import Path

import pytest

from frugalnet.config.whole import Config
from frugalnet.jobs.needed import by_run, by_trial
from frugalnet.studies.compression.sheet import run_sheet

SHEET = {
    run.id: run
    for run in run_sheet(
        Config.model_validate({"compression": {"nas": {"jobs": True, "trials": 2, "tuner": "random"}}})
    )
}
STUDY = Path("results/quick/compression")
BASELINE = STUDY / "raw/mnist/baseline/default/seed0"
BESIDE = {"reference": BASELINE / "record.json"}


def of(run, inputs=by_run):
    found = inputs(SHEET[run], STUDY, "official")
    assert Path(found.pop("data")).name == "dataset.json"
    return found


def test_baseline_starts_from_its_data_alone():
    assert of("mnist/baseline/default/seed0") == {}


def test_run_has_the_records_of_its_parent_and_of_the_baseline_that_it_is_measured_beside():
    parent = STUDY / "raw/mnist/pruning/unit-s0.75/seed0"
    own = {"parent": parent / "record.json"}
    assert of("mnist/scratch/unit-s0.75/seed0") == BESIDE | own


def test_baseline_may_be_the_parent_too():
    own = {"parent": BASELINE / "record.json"}
    assert of("mnist/continued/default/seed0") == BESIDE | own


def test_search_has_the_trials_of_other_jobs_beside_the_baseline():
    found = of("mnist/nas/default/seed0")
    assert len(found.pop("trials")) == 2
    assert found == BESIDE


@pytest.mark.parametrize("method", ["nas", "joint"])
def test_trial_is_measured_beside_the_baseline_too(method):
    assert of(f"mnist/{method}/default/seed0", by_trial) == BESIDE
