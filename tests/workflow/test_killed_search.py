"""A search that ends in the middle of a trial: the same command goes on with the trials that it has."""

import json
from contextlib import contextmanager

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
TARGET = f"results/tiny/compression/raw/{RUN}/{RECORD}"
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


@contextmanager
def searching(workspace, trial):
    """Start the search, wait until a trial of it trains, and give the job; in the end wait for all processes."""
    started = workspace.start(TARGET)
    log = log_of(workspace)
    try:
        until(lambda: (log.exists() and f"trial {trial}/3: epoch" in log.read_text()) or started.poll() is not None)
        snakemake = psutil.Process(started.pid)
        processes = [snakemake, *snakemake.children(recursive=True)]
        yield job_of(processes)
        until(lambda: not any(process.is_running() and process.status() != "zombie" for process in processes))
    finally:
        started.kill()
        started.wait()


def energies_uj(record):
    return {window.name: window.energy_uj for window in record.windows}


def test_search_that_is_killed_and_then_stopped_goes_on_with_its_trials_and_books_what_was_lost(probed):
    (probed.folder / "tiny.yaml").write_text(yaml.safe_dump(LONG))
    kept = probed.results / "work" / RUN / "search/trials"
    with searching(probed, trial=2) as job:
        job.kill()
    assert [path.name for path in kept.iterdir()] == ["trial0.json"]
    first = json.loads((kept / "trial0.json").read_text())["trial"]
    assert not list(probed.results.glob(f"raw/**/{RECORD}"))
    assert not list(probed.results.glob(f"failed/**/{RECORD}"))

    with searching(probed, trial=3) as job:
        job.terminate()
    assert "going on with 1 trials that are there" in log_of(probed).read_text()
    assert sorted(path.name for path in kept.iterdir()) == ["trial0.json", "trial1.json"]
    failed = energies_uj(read_record(probed.results / "failed" / RUN / "0" / RECORD))
    assert failed["run/search/trial1"] > 0
    assert failed["run/search/trial2"] > 0
    assert "run/search/trial0" not in failed

    status, output = probed.snakemake(TARGET)
    assert status == 0, output
    said = log_of(probed).read_text()
    assert "going on with 2 trials that are there" in said
    assert "trial 2/3: epoch" not in said
    assert "trial 3/3: epoch 8/8" in said
    trials = pd.read_csv(probed.results / "raw" / RUN / "trials.csv")
    assert list(trials["window"]) == ["trials/trial0", "trials/trial1", "run/search/trial2"]
    assert trials["energy_j"][0] == first["energy_j"]
    assert trials["hyperparameters"][0] == first["hyperparameters"]

    record = read_record(probed.results / "raw" / RUN / RECORD)
    spent = energies_uj(record)
    kept_uj = spent["trials/trial0"] + spent["trials/trial1"]
    assert spent["trials/trial1"] == failed["run/search/trial1"]
    assert record.energy.totals[0].energy_uj == spent["run"] + kept_uj
    row = probed.runs().loc[RUN]
    own_uj = kept_uj + spent["run/search"] + spent["run/train"]
    lost_uj = failed["run/search"] - failed["run/search/trial1"]
    assert row["train_energy_j"] == pytest.approx(own_uj / 1e6, abs=1e-9)
    assert (row["failed_tries"], row["failed_energy_j"]) == (1, pytest.approx(lost_uj / 1e6, abs=1e-9))
