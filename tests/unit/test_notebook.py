"""The notebook: executed by this Python, cleaned, rendered as a page that needs nothing else; what the page says."""

import json
import re
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from frugalnet import notebook
from frugalnet.figures import readable

NOTEBOOKS = Path(__file__).parents[2] / "workflow" / "notebooks"
KEPT = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def written(folder: Path, *cells) -> Path:
    """Return the path of a notebook with these cells."""
    path = folder / "source.ipynb"
    nbformat.write(new_notebook(cells=list(cells), metadata=KEPT), path)
    return path


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> Path:
    """Return the folder of a small notebook that was executed and rendered."""
    folder = tmp_path_factory.mktemp("study")
    show = "import sys\nfrom IPython.display import Markdown, display\ndisplay(Markdown('# All of it'))"
    check = "print(results == study, sys.executable == python)"
    source = written(
        folder,
        new_code_cell("results = None", metadata={"tags": ["parameters"]}),
        new_markdown_cell("## The first part\n\nText.\n\n## The second part"),
        new_code_cell(
            f"study, python = {str(folder.name)!r}, {sys.executable!r}\nresults = results.rpartition('/')[2]\n{show}\n{check}"
        ),
    )
    notebook.execute(source, folder, folder / "analysis.ipynb")
    notebook.render(folder / "analysis.ipynb", NOTEBOOKS / "page.html", folder / "analysis.html")
    return folder


def test_notebook_is_executed_with_its_parameter_by_the_python_that_runs_this(executed):
    assert "True True" in (executed / "analysis.html").read_text()


def test_kept_notebook_has_no_traces_of_its_execution(executed):
    text = (executed / "analysis.ipynb").read_text()
    assert not re.search(r'"(papermill|execution|iopub\.[^"]*)":', text)
    assert [cell["id"] for cell in json.loads(text)["cells"]] == ["cell-0", "cell-1", "cell-2", "cell-3"]


def test_page_has_title_contents_and_text_but_no_code(executed):
    page = (executed / "analysis.html").read_text()
    assert "<title>All of it</title>" in page
    for heading in ("The first part", "The second part"):
        anchor = heading.replace(" ", "-")
        assert f'<a href="#{anchor}">{heading}</a>' in page
        assert f'id="{anchor}"' in page
    assert "import sys" not in page


def test_page_asks_for_nothing_from_elsewhere(executed):
    page = (executed / "analysis.html").read_text()
    assert not re.search(r"""<script|<link|(src|href)=["'](?!data:|#)|url\(|@import|https?://""", page)


def test_cell_that_fails_is_named_with_its_error_and_nothing_is_kept(tmp_path):
    source = written(tmp_path, new_code_cell("results = None"), new_code_cell("raise ValueError('no such column')"))
    with pytest.raises(RuntimeError, match=r"source.ipynb, cell \d: ValueError: no such column"):
        notebook.execute(source, tmp_path, tmp_path / "analysis.ipynb")
    assert not (tmp_path / "analysis.ipynb").exists()


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    assert ["parameters"] in [cell.metadata.get("tags") for cell in cells]


def made_runs(**changed) -> pd.DataFrame:
    """Return two runs of one dataset, some columns changed."""
    columns = {
        "dataset": "mnist",
        "method": ["baseline", "pruning"],
        "variant": "default",
        "seed": 0,
        "threads": 2,
        "data_level": "official",
        "energy_source": "measured",
        "energy_scope": "gpu",
        "train_energy_j": [10.0, 20.0],
        "failed_tries": 0,
        "started": ["2026-01-01T10:00:00+00:00", "2026-01-01T11:30:00+00:00"],
        "processor": "A processor",
        "gpu": None,
        "energy_assumptions": None,
        "energy_reason": None,
        "software": "keras 3.12.4",
        "git_commit": "0123456789abcdef",
        "git_dirty": False,
    }
    return pd.DataFrame(columns | changed)


def test_page_says_what_was_run_on_what_and_how_energy_is_known():
    assert readable.about(made_runs()) == [
        "2 runs, started from 2026-01-01 10:00 to 2026-01-01 11:30 UTC.",
        "Methods: baseline · pruning.",
        "Seeds: 0. Threads of TensorFlow's pools: 2.",
        "Data of MNIST: official (the official files).",
        "Energy of MNIST: measured, of the gpu alone (read from the device's energy counter).",
    ]


def test_page_says_what_an_estimate_assumes():
    estimated = {"energy_source": "estimated", "energy_assumptions": '{"idle_w": 10, "tdp_w": 65, "cores": 2}'}
    *_, sentence = readable.about(made_runs(**estimated))
    assert sentence.endswith("Assumed: idle 10 W, tdp 65 W, cores 2.")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "There is one seed: no interval"),
        ({"data_level": "sample"}, "MNIST: the data are made stand-ins"),
        ({"energy_source": "estimated"}, "Energies are estimates"),
        ({"train_energy_j": [10.0, np.nan]}, "The energy of 1 of 2 runs is not known"),
        ({"failed_tries": [0, 3]}, "3 tries of runs failed"),
        ({"git_commit": None}, "The commit of the code is not known for 2 of 2 runs"),
        ({"git_dirty": [True, None]}, "1 of 2 runs were made with uncommitted changes"),
        ({"git_dirty": True}, "2 of 2 runs were made with uncommitted changes"),
    ],
)
def test_page_says_what_the_runs_cannot_tell(changed, sentence):
    assert any(line.startswith(sentence) for line in readable.limits(made_runs(**changed)))


def test_page_names_only_limits_that_hold():
    five_seeds = pd.concat([made_runs(seed=seed) for seed in range(5)])
    assert readable.limits(five_seeds) == []


def test_machines_are_counted_and_what_is_not_known_is_said():
    (row,) = readable.machines(made_runs()).to_dict("records")
    assert row == {
        "processor": "A processor",
        "GPU": "none found",
        "threads": 2,
        "software": "keras 3.12.4",
        "commit": "0123456789ab",
        "uncommitted changes": "no",
        "runs": 2,
    }


def test_comparison_has_units_intervals_and_dashes():
    columns = {
        "dataset": "mnist",
        "variant": "default",
        "reference": "baseline",
        "quality_mean": 0.95,
        "quality_std": 0.01,
    }
    columns |= {"method": ["baseline", "pruning"], "quality_gain": [0, 0.0123], "quality_gain_low": [np.nan, -0.001]}
    columns |= {"quality_gain_high": [np.nan, 0.0256], "parameters": 480_000, "parameters_nonzero": [480_000, 48_000]}
    columns |= {"model_bytes": 1_962_698, "train_energy_j": [10.04, np.nan], "energy_to_solution_j": [10.04, np.nan]}
    columns |= {"energy_source": ["measured", None], "train_duration_s": 2.5, "latency_batch1_ms": 0.5}
    table = readable.comparison(pd.DataFrame(columns | {"energy_per_inference_j": 0.0005}))
    assert table["test accuracy"].tolist() == ["0.950 ± 0.010"] * 2
    assert table["gain on baseline"].tolist() == ["reference", "+0.012 [-0.001, +0.026]"]
    assert table["own energy (J)"].tolist() == ["10.0", "–"]  # noqa: RUF001
    assert table["energy is"].tolist() == ["measured", "not known"]
    assert table["model (kB)"].tolist() == ["1,963"] * 2
