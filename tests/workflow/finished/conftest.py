"""The finished study that all tests of this folder look at."""

import shutil

import pytest

from tests.workflow.conftest import Workspace, made_workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return the workspace of a whole tiny study, which tests must not change, and what Snakemake said."""
    workspace = made_workspace(tmp_path_factory.mktemp("finished"))
    status, output = workspace.snakemake()
    assert status == 0, output
    return workspace, output


@pytest.fixture
def copied(finished, tmp_path):
    """Return a copy of the finished workspace that a test may change."""
    folder = tmp_path / "copied"
    shutil.copytree(finished[0].folder, folder, symlinks=True)
    return Workspace(folder)
