"""A rebuild from raw files alone, without TensorFlow and Snakemake, gives what the workflow gave, byte for byte."""

import shutil
import subprocess
import sys

import pytest

from frugalnet.record.paths import METER_PROBE, SETTINGS
from tests.workflow.conftest import ROOT

LIGHT = ROOT / ".venv-analysis/bin/python"
"""The environment of `make analysis`; where it was not made, what it lacks is put away."""
AWAY = ("tensorflow", "keras", "autokeras", "snakemake")
COMMAND = "from frugalnet.cli import app; app()"
TABLES_ALONE = """
import sys
from dataclasses import replace
from pathlib import Path
from frugalnet import catalogue
from frugalnet.commands import rebuild

if __name__ == "__main__":
    catalogue.STUDIES["compression"] = replace(catalogue.STUDIES["compression"], figures=())
    rebuild.notebook.execute = rebuild.notebook.render = lambda *_: None
    rebuild.rebuild(Path(sys.argv[2]))
"""


@pytest.fixture
def rebuilt(finished, tmp_path):
    """Return a function that rebuilds a copy of raw files where those packages cannot be imported, and gives the study's folder."""
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name in AWAY:
        (stubs / f"{name}.py").write_text(f"raise ImportError('{name} is not here')\n")

    def rebuild(*beside, code=COMMAND):
        workspace = finished[0]
        results = tmp_path / "results" / "tiny"
        shutil.copytree(workspace.results / "raw", results / "compression" / "raw")
        for name in beside:
            shutil.copy2(workspace.results.parent / name, results / name)
        environment = workspace.environment(PYTHONPATH=f"{stubs}:{workspace.folder / 'src'}")
        command = [str(LIGHT) if LIGHT.exists() else sys.executable, "-c", code, "rebuild", str(results)]
        done = subprocess.run(command, cwd=workspace.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return results / "compression"

    return rebuild


def contents(study, pattern):
    return {path.relative_to(study): path.read_bytes() for path in study.glob(pattern)}


def test_tables_figures_and_page_are_those_of_the_workflow(finished, rebuilt):
    study, made = finished[0].results, rebuilt(SETTINGS, METER_PROBE)
    for pattern in ("interim/*.csv", "processed/*.csv", "figures/*", "analysis.html"):
        expected = contents(study, pattern)
        assert expected
        assert contents(made, pattern) == expected


def test_tables_are_the_same_without_the_settings_and_the_probe(finished, rebuilt):
    made = rebuilt(code=TABLES_ALONE)
    assert contents(made, "processed/*.csv") == contents(finished[0].results, "processed/*.csv")
