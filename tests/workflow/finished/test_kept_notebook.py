"""The notebook that a study leaves: a person can open and execute it wherever the results lie."""

import shutil

import nbformat
from nbclient import NotebookClient


def outputs(notebook):
    """Return what the code cells show, in their order."""
    return [
        output.get("data", {}).get("text/html") or output.get("data", {}).get("text/markdown")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


def test_kept_notebook_is_executed_again_elsewhere_by_the_installed_kernel(finished, tmp_path):
    results = finished[0].results.parent
    elsewhere = tmp_path / "elsewhere" / results.name
    shutil.copytree(results, elsewhere, ignore=shutil.ignore_patterns("raw", "work", "failed", "logs"))
    folder = elsewhere / finished[0].results.name
    kept = nbformat.read(folder / "analysis.ipynb", as_version=4)
    again = NotebookClient(
        nbformat.read(folder / "analysis.ipynb", as_version=4),
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    assert outputs(again) == outputs(kept)
    assert len(outputs(kept)) > 20
