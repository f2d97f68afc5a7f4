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

from frugalnet import catalogue
from frugalnet.page import notebook, readable
from frugalnet.page.page import PICTURE, Page

pytestmark = pytest.mark.long

NOTEBOOKS = Path(__file__).parents[2] / "workflow" / "notebooks"
USES = '<table class="sortable"></table><figure class="explore"></figure>'
"""What makes a page carry its libraries."""
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
    check = "print(results == '.', Path.cwd() == study, sys.executable == python)"
    source = written(
        folder,
        new_code_cell("results = None", metadata={"tags": ["parameters"]}),
        new_markdown_cell("## The first part\n\nText.\n\n## The second part"),
        new_code_cell("from IPython.display import HTML\nHTML('<h3 id=\"its-own-name\">A detail</h3>')"),
        new_code_cell(f"HTML({USES!r})"),
        new_code_cell(
            f"from pathlib import Path\nstudy, python = Path({str(folder)!r}), {sys.executable!r}\n{show}\n{check}"
        ),
    )
    notebook.execute(source, folder, folder / "analysis.ipynb")
    notebook.render(folder / "analysis.ipynb", NOTEBOOKS / "page.html", folder / "analysis.html")
    return folder


def test_notebook_is_executed_in_the_folder_that_is_its_parameter_by_the_python_that_runs_this(executed):
    assert "True True True" in (executed / "analysis.html").read_text()


def test_kept_notebook_has_no_traces_of_its_execution(executed):
    text = (executed / "analysis.ipynb").read_text()
    assert not re.search(r'"(papermill|execution|iopub\.[^"]*)":', text)
    assert [cell["id"] for cell in json.loads(text)["cells"]] == [f"cell-{number}" for number in range(6)]


def test_page_has_title_contents_and_text_but_no_code(executed):
    page = (executed / "analysis.html").read_text()
    assert "<title>All of it</title>" in page
    assert '<h1 id="All-of-it"><a href="#All-of-it">All of it</a></h1>' in page
    for heading in ("The first part", "The second part"):
        anchor = heading.replace(" ", "-")
        assert f'<a href="#{anchor}">{heading}</a>' in page
        assert f'<h2 id="{anchor}"><a href="#{anchor}">{heading}</a></h2>' in page
    assert "import sys" not in page


def test_contents_have_the_headings_of_a_part_inside(executed):
    (contents,) = re.findall(r"<nav.*?</nav>", (executed / "analysis.html").read_text(), re.DOTALL)
    second = (
        '<li><a href="#The-second-part">The second part</a><ul><li><a href="#its-own-name">A detail</a></li></ul></li>'
    )
    assert f"{second}</ul></details>" in contents


def test_page_asks_for_nothing_from_elsewhere(executed):
    page = (executed / "analysis.html").read_text()
    assert not re.search(r"""<link|(src|href)=["'](?!data:|#)|url\(|@import|https?://""", page)


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
        "train_flags": "",
        "failed_tries": 0,
        "started": ["2026-01-01T10:00:00+00:00", "2026-01-01T11:30:00+00:00"],
        "processor": "A processor",
        "gpu": None,
        "energy_assumptions": None,
        "idle_devices": None,
        "host_assumptions": None,
        "energy_reason": None,
        "software": "keras 3.12.4",
        "git_commit": "0123456789abcdef",
        "git_dirty": False,
        "compaction_error": 2e-7,
        "parameters_compacted": 900,
        "inference_flags": "",
    }
    return pd.DataFrame(columns | changed)


def test_page_says_what_was_run_on_what_and_how_energy_is_known():
    assert readable.about(made_runs()) == [
        "Started from 2026-01-01 10:00 to 2026-01-01 11:30 UTC.",
        "Methods: baseline · pruning.",
        "Seeds: 0. Threads of TensorFlow's pools: 2.",
        "Data of MNIST: official (the official files).",
        "Energy of MNIST: measured, of the GPU alone (read from the device's energy counter).",
    ]


def test_page_says_which_gpus_did_no_work_and_are_left_out():
    *_, sentence = readable.about(made_runs(idle_devices=["nvml (A100)", None]))
    assert sentence == "Not in the totals of 1 run, because it did no work: nvml (A100)."


def test_page_names_the_variants_of_a_method_once():
    variants = pd.concat([made_runs(variant=["default", name]) for name in ("weight-s0.90", "unit-s0.75")])
    assert "Methods: baseline · pruning (weight-s0.90, unit-s0.75)." in readable.about(variants)


def code_of(study: str) -> str:
    """Return the code of a study's notebook."""
    cells = nbformat.read(NOTEBOOKS / f"{study}.ipynb", as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


@pytest.mark.parametrize("study", catalogue.STUDIES)
def test_page_shows_every_figure_of_the_study_in_its_order_that_of_the_findings_beside_them(study):
    shown = re.findall(r'page\.show\("(\w+)"\)', code_of(study))
    assert shown == [name for name in catalogue.STUDIES[study].figures if name != PICTURE]


def test_page_has_the_interactive_charts_below_the_print_figures_of_the_same_numbers():
    shown = re.findall(r'page\.(?:show|explore)\("(\w+)"\)', code_of("compression"))
    assert shown[shown.index("fronts") - 1] == "quality_against_cost"
    assert shown[shown.index("trials") - 1] == "search_trials"


def test_page_shows_every_table_that_is_made_from_raw_files_or_runs():
    called = {study: re.findall(r"page\.(\w+)\(\)", code_of(study)) for study in catalogue.STUDIES}
    assert all(names[:2] == ["title", "summary"] for names in called.values())
    every = {name for name in vars(Page) if not name.startswith("_")} - {"show", "explore"}
    assert every == {name for names in called.values() for name in names}


def test_page_says_what_an_estimate_assumes():
    estimated = {"energy_source": "estimated", "energy_assumptions": '{"idle_w": 10, "tdp_w": 65, "cores": 2}'}
    *_, sentence = readable.about(made_runs(**estimated))
    assert sentence.endswith("Assumed: idle 10 W, tdp 65 W, cores 2.")


ESTIMATED = {
    "energy_source": "estimated", "energy_scope": "cpu", "energy_assumptions": '{"idle_w": 10, "tdp_w": 65, "cores": 8}',
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "There is one seed: no interval"),
        ({"data_level": "sample"}, "MNIST: the data are made stand-ins"),
        ({"energy_source": "estimated"}, "Energies are estimates"),
        (
            ESTIMATED,
            "Whatever watts are assumed, the ratio of two estimates lies between the ratio of wall times and the ratio of CPU seconds ",
        ),
        ({}, "MNIST: joules and CO2e are those of the GPUs alone, without the host."),
        (
            {"host_assumptions": '{"idle_w": 10, "tdp_w": 65, "cores": 8}'},
            "MNIST: joules and CO2e are those of the GPUs alone, without the host. An estimate for its processor is a column of its "
            "own, and in no sum (idle 10 W, tdp 65 W, cores 8).",
        ),
        ({"train_energy_j": [10.0, np.nan]}, "The energy of 1 of 2 runs is not known"),
        (
            {"train_flags": ["", "throttled: sw_thermal; other_processes: 2"]},
            "1 of 2 runs were disturbed, or shorter than a meter resolves: ",
        ),
        ({"failed_tries": [0, 3]}, "3 tries of runs failed"),
        ({"parameters_compacted": [900, None]}, "1 of 2 runs have no compacted model."),
        ({"compaction_error": [0.0, 2e-3]}, "Compacted models differ from the masked ones by up to 0.00200 of"),
        (
            {"inference_flags": ["", "resolution_limited: 0.1 J"]},
            "Inference was measured too briefly for the precision asked for in 1 of 2 runs.",
        ),
        ({"git_commit": None}, "The commit of the code is not known for 2 of 2 runs"),
        ({"git_dirty": [True, None]}, "1 of 2 runs were made with uncommitted changes"),
        ({"git_dirty": True}, "2 of 2 runs were made with uncommitted changes"),
    ],
)
def test_page_says_what_the_runs_cannot_tell(changed, sentence):
    assert any(line.startswith(sentence) for line in readable.limits(made_runs(**changed)))


def test_page_names_only_limits_that_hold():
    five_seeds = pd.concat([made_runs(seed=seed, energy_scope="gpu+cpu") for seed in range(5)])
    assert readable.limits(five_seeds) == []
    of_another_meter = readable.limits(made_runs(**ESTIMATED | {"energy_assumptions": '{"watts": 40}'}))
    assert not [line for line in of_another_meter if "Whatever watts" in line]


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
