"""Workspaces: copies of the workflow and the package, in which Snakemake runs as a user would start it."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from xdist.scheduler import LoadScopeScheduling

from frugalnet.analysis.interim import read_study
from frugalnet.commands.inputs import prepared
from frugalnet.config.checks import Checks
from frugalnet.config.whole import Config
from frugalnet.jobs.measuring_lock import LOCK
from frugalnet.record.machine import machine
from frugalnet.record.paths import METER_PROBE, RECORD
from frugalnet.record.probe import Probe
from tests.workflow.forks import ROOT, Forks

PARTS = ("Snakefile", "workflow", "config", "profiles", "src")
TINY = {
    "name": "tiny",
    "measure": {"meters": "estimate", "inference_s": 0.1, "idle_s": 0.1, "memory": "none"},
    "compression": {
        "datasets": ["mnist", "california_housing"],
        "pruning": {"epochs": 1},
        "nas": {"trials": 2, "epochs": 1, "weights": {"parameters": 0.003}},
        "per_dataset": {name: {"recipe": {"epochs": 1}} for name in ("mnist", "california_housing")},
    },
}


class ByStudy(LoadScopeScheduling):
    """Have one worker do all tests of the finished study, so that it is made once, and each other file as a whole."""

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        return "finished" if "/finished/" in file else file


def pytest_xdist_make_scheduler(config, log):
    return ByStudy(config, log)


@cache
def forks():
    """Return the process that forks those calls of Snakemake which start no job."""
    return Forks()


@pytest.fixture(scope="session", autouse=True)
def end_of_forks():
    """End it with the tests."""
    yield
    if forks.cache_info().currsize:
        forks().end()


@dataclass(frozen=True)
class Workspace:
    """A folder with the workflow, and ways to start it there."""

    folder: Path

    @property
    def results(self):
        return self.folder / "results" / "tiny" / "compression"

    def command(self, *arguments, config="tiny.yaml"):
        overlay = ["--configfile", config] if config else []
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *overlay]

    def environment(self, **variables):
        plain = {key: value for key, value in os.environ.items() if key != "FRUGALNET_MIRROR"}
        own = {"PYTHONPATH": str(self.folder / "src"), LOCK: str(self.folder / "measuring.lock")}
        return plain | own | variables

    def snakemake(self, *arguments, config="tiny.yaml", **variables):
        """Run Snakemake to its end and return its exit status and all it said."""
        done = subprocess.run(
            self.command(*arguments, config=config),
            cwd=self.folder,
            env=self.environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def start(self, target, **variables):
        """Start Snakemake in a session of its own and return its process; what it says goes to the file `output`."""
        with (self.folder / "output").open("w") as output:
            return subprocess.Popen(
                self.command(target),
                cwd=self.folder,
                env=self.environment(**variables),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def idle(self, *arguments, config="tiny.yaml", **variables):
        """Run Snakemake as `snakemake` does, for a call that starts no job, in a process that has the imports."""
        output = self.folder / "said"
        command = self.command(*arguments, config=config)
        status = forks().snakemake(command[3:], self.folder, self.environment(**variables), output)
        return status, output.read_text()

    def jobs(self, *arguments):
        """Return the messages of the jobs that a dry run lists."""
        status, output = self.idle("--dry-run", *arguments)
        assert status == 0, output
        return set(re.findall(r"^Job \d+: (.*)$", output, re.MULTILINE))

    def measured(self, *arguments):
        """Return `dataset/method` of the measured runs that a dry run lists, whatever their variants."""
        return runs_in(self.jobs(*arguments))

    def runs(self):
        """Return what the table of runs says of those that are made, as a row per run."""
        records = sorted((self.results / "raw").rglob(RECORD))
        return read_study(self.results, records, Checks())["runs"].set_index("run")

    def edit(self, file, old, new):
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))


def runs_in(jobs):
    """Return `dataset/method` of the measured runs among the messages of jobs, whatever their variants."""
    found = (re.fullmatch(r"Measured run (\w+/\w+)/[\w.-]+/seed0\.", job) for job in jobs)
    return {match[1] for match in found if match}


def made_workspace(folder, tiny=TINY):
    """Return a workspace with the overlay `tiny.yaml`, and nothing made yet."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy2(source, folder / part)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    return Workspace(folder)


@pytest.fixture
def fresh(tmp_path):
    """Return a workspace in which nothing was made."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    return made_workspace(folder)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Return a folder with the prepared data of the tiny study."""
    folder = tmp_path_factory.mktemp("data")
    config = Config.model_validate(TINY)
    with chdir(folder):
        for dataset in config.compression.datasets:
            prepared(dataset, config)
    return folder / "data"


@pytest.fixture
def supplied(fresh, data):
    """Return a workspace in which data are prepared, and nothing else was made."""
    shutil.copytree(data, fresh.folder / "data")
    return fresh


@pytest.fixture
def probed(supplied):
    """Return a workspace in which data are prepared and the machine was probed, and found to have no meters."""
    found = Probe(machine=machine(), started="2026-01-01T00:00:00+00:00", on_gpu=False, meters=[], missing={})
    found.write(supplied.results.parent / METER_PROBE)
    return supplied


@pytest.fixture(scope="session")
def unmade(tmp_path_factory):
    """Return a workspace in which nothing is made, for calls that make nothing."""
    return made_workspace(tmp_path_factory.mktemp("unmade"))
