"""Workspaces: copies of the workflow and the package, in which Snakemake runs as a user would start it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "config", "profiles", "src")
TINY = {
    "name": "tiny",
    "measure": {"meters": "estimate", "inference_s": 0.05, "idle_s": 0.1, "memory": "none"},
    "compression": {
        "datasets": ["mnist", "california_housing"],
        "pruning": {"epochs": 1},
        "nas": {"trials": 2, "epochs": 1, "weights": {"parameters": 0.003}},
        "per_dataset": {name: {"recipe": {"epochs": 1}} for name in ("mnist", "california_housing")},
    },
}


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
        return plain | {"PYTHONPATH": str(self.folder / "src")} | variables

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

    def jobs(self, *arguments):
        """Return the messages of the jobs that a dry run lists."""
        status, output = self.snakemake("--dry-run", *arguments)
        assert status == 0, output
        return set(re.findall(r"^Job \d+: (.*)$", output, re.MULTILINE))

    def measured(self, *arguments):
        """Return `dataset/method` of the measured runs that a dry run lists, whatever their variants."""
        found = (re.fullmatch(r"Measured run (\w+/\w+)/[\w.-]+/seed0\.", job) for job in self.jobs(*arguments))
        return {match[1] for match in found if match}

    def edit(self, file, old, new):
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))


def made_workspace(folder, tiny=TINY):
    """Return a workspace with the overlay `tiny.yaml`, and nothing made yet."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
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
def finished(tmp_path_factory):
    """Return the workspace of a whole tiny study, which tests must not change, and what Snakemake said.

    Two jobs are done beside each other, which is no way to measure, but sooner done.
    """
    workspace = made_workspace(tmp_path_factory.mktemp("finished"))
    status, output = workspace.snakemake("--cores", "4", "--resources", "meter=2")
    assert status == 0, output
    return workspace, output


@pytest.fixture
def copied(finished, tmp_path):
    """Return a copy of the finished workspace that a test may change."""
    folder = tmp_path / "copied"
    shutil.copytree(finished[0].folder, folder, symlinks=True)
    return Workspace(folder)
