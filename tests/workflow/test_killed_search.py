"""A search that is stopped in the middle of a trial: the same command goes on with the trials that it has."""

import json
import subprocess

import pandas as pd
import psutil
import pytest
import yaml

from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record
from tests.waiting import until
from tests.workflow.conftest import TINY
from tests.workflow.test_killed import job_of

RUN = "mnist/nas/default/seed0"
TABLE = "results/tiny/compression/interim/runs.csv"
LONG = TINY | {
    "compression": TINY["compression"]
    | {
        "datasets": ["mnist"],
        "methods": ["nas"],
        "nas": {"trials": 3, "epochs": 8, "patience": 8, "weights": {"parameters": 0}},
    }
}


def log_of(workspace):
    """Return the log of the run's last try."""
    return workspace.results / "logs" / f"{RUN}.log"


@pytest.fixture
def searching(fresh):
    """Start a search of three trials, wait until the second one trains, and give workspace, Snakemake and its processes."""
    (fresh.folder / "tiny.yaml").write_text(yaml.safe_dump(LONG))
    log = log_of(fresh)
    with (fresh.folder / "output").open("w") as output:
        started = subprocess.Popen(
            fresh.command(TABLE),
            cwd=fresh.folder,
            env=fresh.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until(lambda: (log.exists() and "trial 2/3: epoch" in log.read_text()) or started.poll() is not None)
    snakemake = psutil.Process(started.pid)
    processes = snakemake.children(recursive=True)
    yield fresh, snakemake, processes
    for process in [snakemake, *processes]:
        if process.is_running():
            process.kill()
    started.wait()


def gone_on(workspace):
    """Repeat the command, and return record, trials and row of the table, when it went on with the first trial alone."""
    kept = workspace.results / "work" / RUN / "search/trials"
    assert [path.name for path in kept.iterdir()] == ["trial0.json"]
    before = json.loads((kept / "trial0.json").read_text())["trial"]
    status, output = workspace.snakemake(TABLE)
    assert status == 0, output
    said = log_of(workspace).read_text()
    assert "going on with 1 trials that are there" in said
    assert "trial 1/3: epoch" not in said
    assert "trial 2/3: epoch 8/8" in said
    assert "trial 3/3: epoch 8/8" in said
    folder = workspace.results / "raw" / RUN
    trials = pd.read_csv(folder / "trials.csv")
    assert list(trials["window"]) == ["trials/trial0", "run/search/trial1", "run/search/trial2"]
    assert trials["energy_j"][0] == before["energy_j"]
    assert trials["hyperparameters"][0] == before["hyperparameters"]
    return read_record(folder / RECORD), pd.read_csv(workspace.folder / TABLE).iloc[0]


def energies_uj(record):
    return {window.name: window.energy_uj for window in record.windows}


def test_killed_search_goes_on_with_its_trials_and_counts_them_once(searching):
    workspace, snakemake, processes = searching
    for victim in (snakemake, job_of(processes)):
        victim.kill()
    until(lambda: not any(process.is_running() and process.status() != "zombie" for process in [snakemake, *processes]))
    assert not list(workspace.results.glob(f"raw/**/{RECORD}"))

    record, row = gone_on(workspace)
    spent = energies_uj(record)
    own_uj = spent["trials/trial0"] + spent["run/search"] + spent["run/train"]
    assert record.energy.totals[0].energy_uj == spent["run"] + spent["trials/trial0"]
    assert row["train_energy_j"] == pytest.approx(own_uj / 1e6, abs=1e-9)
    assert (row["failed_tries"], row["failed_energy_j"]) == (0, 0)


def test_stopped_search_books_the_trial_that_it_lost_as_a_failed_try(searching):
    workspace, snakemake, processes = searching
    job_of(processes).terminate()
    until(lambda: not snakemake.is_running() or snakemake.status() == "zombie")
    failed = energies_uj(read_record(workspace.results / "failed" / RUN / "0" / RECORD))
    assert failed["run/search/trial1"] > 0

    record, row = gone_on(workspace)
    spent = energies_uj(record)
    assert spent["trials/trial0"] == pytest.approx(failed["run/search/trial0"], rel=0.05)
    lost_uj = failed["run"] - failed["run/search/trial0"]
    assert (row["failed_tries"], row["failed_energy_j"]) == (1, pytest.approx(lost_uj / 1e6, abs=1e-9))
    own_uj = spent["trials/trial0"] + spent["run/search"] + spent["run/train"]
    assert row["train_energy_j"] == pytest.approx(own_uj / 1e6, abs=1e-9)
