"""KerasTuner's chief and two workers on one machine, and the workflow that goes on with their trials."""

import json
import socket
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record
from tests.waiting import until
from tests.workflow.conftest import TINY

RUN = "california_housing/nas/default/seed0"
TOGETHER = TINY | {
    "compression": TINY["compression"]
    | {
        "datasets": ["california_housing"],
        "methods": ["nas"],
        "nas": {"tuner": "greedy", "trials": 4, "epochs": 1, "weights": {"parameters": 0}},
    }
}


class Together:
    """A workspace, and processes that search in it together."""

    def __init__(self, workspace):
        self.workspace = workspace
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.started = {}

    def command(self, run=RUN):
        return [sys.executable, "-m", "frugalnet.jobs.worker", run, "--configfile", "tiny.yaml"]

    def environment(self, name):
        """Return the variables that say who a process is."""
        return {
            "KERASTUNER_ORACLE_IP": "127.0.0.1",
            "KERASTUNER_ORACLE_PORT": self.port,
            "KERASTUNER_TUNER_ID": name,
        }

    def start(self, name):
        with (self.workspace.folder / name).open("w") as output:
            self.started[name] = subprocess.Popen(
                self.command(),
                cwd=self.workspace.folder,
                env=self.workspace.environment(**self.environment(name)),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self, name):
        return (self.workspace.folder / name).read_text()

    def refused(self, *arguments, **environment):
        """Return what is said by a process that ends at once with an error."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.workspace.folder,
            env=self.workspace.environment(**environment),
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr


@pytest.fixture
def together(probed):
    """Return a workspace with a search, and end what was started in it."""
    (probed.folder / "tiny.yaml").write_text(yaml.safe_dump(TOGETHER))
    processes = Together(probed)
    yield processes
    for process in processes.started.values():
        process.kill()
        process.wait()


def test_chief_and_two_workers_do_the_trials_and_the_workflow_trains_the_winner(together):
    workspace = together.workspace
    workers = ["worker0", "worker1"]
    for name in workers:
        together.start(name)
    until(lambda: all("waiting for the chief" in together.said(name) for name in workers))
    together.start("chief")  # the last, so that both workers begin together
    until(lambda: all(process.poll() is not None for process in together.started.values()))
    assert {name: process.returncode for name, process in together.started.items()} == dict.fromkeys(
        [*workers, "chief"], 0
    ), "\n".join(map(together.said, together.started))
    assert "handing out 4 trials" in together.said("chief")
    assert all("trial" in together.said(name) and "epoch 1/1" in together.said(name) for name in workers)
    assert sum("this one knows no energies" in together.said(name) for name in workers) == 1
    files = workspace.results / "work" / RUN / "search/trials"
    tried = [json.loads((files / f"trial{number}.json").read_text())["trial"] for number in range(4)]
    known = [trial["energy_j"] is not None for trial in tried]
    assert any(known) and not all(known), "only one worker measures"

    target = f"results/tiny/compression/raw/{RUN}/{RECORD}"
    status, output = workspace.snakemake(target, **together.environment("worker2"))
    assert status == 0, output
    assert "going on with 4 trials that are there" in (workspace.results / "logs" / f"{RUN}.log").read_text()
    assert not any(f"trial {number}/4: epoch" in output for number in (1, 2, 3, 4))
    trials = pd.read_csv(workspace.results / "raw" / RUN / "trials.csv")
    assert list(trials["window"]) == [f"trials/trial{number}" for number in range(4)]
    assert list(trials["objective"]) == pytest.approx([trial["objective"] for trial in tried])
    best = trials["objective"].idxmin()
    record = read_record(workspace.results / "raw" / RUN / RECORD)
    assert record.model.parameters == tried[best]["parameters"]

    row = workspace.runs().loc[RUN]
    assert record.energy.totals[0].energy_uj is None
    assert pd.isna(row["train_energy_j"])
    assert "tried with other meters than the rest of the run" in row["energy_reason"]


def test_process_that_does_not_know_where_the_chief_is(together):
    said = together.refused(KERASTUNER_ORACLE_IP="127.0.0.1")
    assert said == (
        "error: KERASTUNER_ORACLE_PORT, KERASTUNER_TUNER_ID: not in the environment; "
        "expected the address of the chief and the name of this process\n"
    )


def test_run_that_is_no_search(together):
    said = together.refused("california_housing/nas/default/seed7", **together.environment("chief"))
    assert (
        said
        == f"error: california_housing/nas/default/seed7: no search of the run sheet without nas.jobs; known are {RUN}\n"
    )


def test_data_that_are_not_prepared_are_named_with_the_command_that_makes_them(together):
    card = "data/sample/prepared/california_housing/dataset.json"
    (together.workspace.folder / card).unlink()
    said = together.refused(**together.environment("worker0"))
    assert said == (f"error: {card} missing; make it first: snakemake --cores 1 --configfile tiny.yaml -- {card}\n")


def test_help_says_what_the_environment_is_to_hold():
    done = subprocess.run(
        [sys.executable, "-m", "frugalnet.jobs.worker", "--help"], capture_output=True, text=True, check=True
    )
    assert "RUN [--configfile FILE ...]" in done.stdout
    assert "KERASTUNER_TUNER_ID" in done.stdout
