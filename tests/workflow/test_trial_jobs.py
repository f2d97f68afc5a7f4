"""Trials as jobs of their own, so that a cluster can take them side by side."""

import json

import pandas as pd
import pytest
import yaml

from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record
from tests.workflow.conftest import TINY

RUN = "california_housing/nas/default/seed0"
JOBS = TINY | {
    "compression": TINY["compression"]
    | {
        "datasets": ["california_housing"],
        "methods": ["baseline", "nas"],
        # Of the first two networks that `random` proposes with this seed, the second one is above the limit.
        "nas": TINY["compression"]["nas"] | {"tuner": "random", "jobs": True, "max_parameters": 1000},
    }
}


def runs_and_trials(jobs):
    """Return those of the jobs that are trials or measured runs."""
    return {job for job in jobs if job.startswith(("Trial", "Measured run"))}


@pytest.fixture
def scaled_out(probed):
    """Return a workspace whose search does its trials as jobs."""
    (probed.folder / "tiny.yaml").write_text(yaml.safe_dump(JOBS))
    return probed


def test_trials_are_jobs_whose_joules_are_counted_once_and_of_which_one_may_fail(scaled_out):
    target = f"results/tiny/compression/raw/{RUN}/{RECORD}"
    status, output = scaled_out.snakemake(target)
    assert status == 0, output
    assert output.count(f"Trial 0 of {RUN}.") == output.count(f"Trial 1 of {RUN}.") == 1
    assert "failed: too large: 1297 parameters, nas.max_parameters is 1000" in output

    files = sorted((scaled_out.results / "trials" / RUN).iterdir())
    assert [file.name for file in files] == ["0.json", "1.json"]
    folder = scaled_out.results / "raw" / RUN
    trials = pd.read_csv(folder / "trials.csv")
    assert list(trials["status"]) == ["complete", "failed"]
    assert list(trials["parameters"]) == [801, 1297]
    assert list(trials["winner"]) == [True, False]
    assert trials["reason"][1] == "too large: 1297 parameters, nas.max_parameters is 1000"
    assert list(trials["energy_j"]) == [json.loads(file.read_text())["trial"]["energy_j"] for file in files]
    assert trials["energy_j"][1] > 0

    record = read_record(folder / RECORD)
    roots = {window.name: window.energy_uj for window in record.windows if window.parent is None}
    own = {window.name: window.energy_uj for window in record.windows if window.parent == "run"}
    assert list(roots) == ["run", "trials/trial0", "trials/trial1"]
    assert list(trials["window"]) == ["trials/trial0", "trials/trial1"]
    assert record.model.parameters == 801
    assert record.energy.totals[0].energy_uj == sum(roots.values())
    spent_uj = roots["trials/trial0"] + roots["trials/trial1"] + own["run/search"] + own["run/train"]
    assert scaled_out.runs()["train_energy_j"][RUN] == pytest.approx(spent_uj / 1e6, abs=1e-9)

    assert scaled_out.jobs(target) == set()
    assert runs_and_trials(scaled_out.jobs("--config", "compression={nas: {trials: 3}}")) == {
        f"Trial 2 of {RUN}.",
        f"Measured run {RUN}.",
    }
    files[1].unlink()
    assert runs_and_trials(scaled_out.jobs()) == {f"Trial 1 of {RUN}.", f"Measured run {RUN}."}


def test_grid_has_a_job_per_trial_too_and_the_others_none(scaled_out):
    target = f"results/tiny/compression/raw/{RUN}/{RECORD}"
    jobs = scaled_out.jobs(target, "--config", "compression={nas: {tuner: grid, trials: 3}}")
    assert {job for job in jobs if job.startswith("Trial")} == {f"Trial {number} of {RUN}." for number in (0, 1, 2)}
    jobs = scaled_out.jobs(target, "--config", "compression={nas: {tuner: greedy, jobs: false}}")
    assert not any(job.startswith("Trial") for job in jobs)


def test_trial_that_no_search_asks_for(scaled_out):
    status, output = scaled_out.idle(f"results/tiny/compression/trials/{RUN}/2.json")
    assert status != 0
    assert f"{RUN} has no trial 2 that is a job of its own: see nas.jobs and nas.trials" in output
    assert "FrugalNetError" not in output
