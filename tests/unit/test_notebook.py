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
from frugalnet.page.page import Page
from frugalnet.record.probe import Probe, ProbedMeter, SmallestDifference

pytestmark = pytest.mark.long

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
        new_code_cell("from IPython.display import HTML\nHTML('<h3 id=\"its-own-name\">A detail</h3>')"),
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
    assert [cell["id"] for cell in json.loads(text)["cells"]] == [f"cell-{number}" for number in range(5)]


def test_page_has_title_contents_and_text_but_no_code(executed):
    page = (executed / "analysis.html").read_text()
    assert "<title>All of it</title>" in page
    for heading in ("The first part", "The second part"):
        anchor = heading.replace(" ", "-")
        assert f'<a href="#{anchor}">{heading}</a>' in page
        assert f'id="{anchor}"' in page
    assert "import sys" not in page


def test_contents_have_the_headings_of_a_part_inside(executed):
    (contents,) = re.findall(r"<nav.*?</nav>", (executed / "analysis.html").read_text(), re.DOTALL)
    second = (
        '<li><a href="#The-second-part">The second part</a><ul><li><a href="#its-own-name">A detail</a></li></ul></li>'
    )
    assert contents.endswith(f"{second}</ul></nav>")


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
        "2 runs, started from 2026-01-01 10:00 to 2026-01-01 11:30 UTC.",
        "Methods: baseline · pruning.",
        "Seeds: 0. Threads of TensorFlow's pools: 2.",
        "Data of MNIST: official (the official files).",
        "Energy of MNIST: measured, of the GPU alone (read from the device's energy counter).",
    ]


def test_page_says_which_gpus_did_no_work_and_are_left_out():
    *_, sentence = readable.about(made_runs(idle_devices=["nvml (A100)", None]))
    assert sentence == "Left out of totals of 1 run, as it did no work: nvml (A100)."


def test_page_names_the_variants_of_a_method_once():
    variants = pd.concat([made_runs(variant=["default", name]) for name in ("weight-s0.90", "unit-s0.75")])
    assert "Methods: baseline · pruning (weight-s0.90, unit-s0.75)." in readable.about(variants)


def test_page_shows_every_figure_of_the_study_in_its_order():
    cells = nbformat.read(NOTEBOOKS / "compression.ipynb", as_version=4).cells
    shown = [name for cell in cells for name in re.findall(r'page\.show\("(\w+)"\)', cell.source)]
    assert shown == list(catalogue.STUDIES["compression"].figures)


def test_page_shows_every_table_that_is_made_from_raw_files_or_runs():
    cells = nbformat.read(NOTEBOOKS / "compression.ipynb", as_version=4).cells
    called = [name for cell in cells for name in re.findall(r"page\.(\w+)\(\)", cell.source)]
    assert called[:2] == ["title", "summary"]
    assert set(called) == {name for name in vars(Page) if not name.startswith("_")} - {"show"}


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
            "Whatever watts these assume, the ratio of two of them lies between that of wall times and that of CPU seconds: ",
        ),
        ({}, "MNIST: joules and CO2e are those of the GPUs alone, the host is missing from them."),
        (
            {"host_assumptions": '{"idle_w": 10, "tdp_w": 65, "cores": 8}'},
            "MNIST: joules and CO2e are those of the GPUs alone, the host is missing from them. An estimate of its "
            "processor stands beside them, in no sum (idle 10 W, tdp 65 W, cores 8).",
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


def probed(**changed):
    """Return the probe of a card whose counter and power agree."""
    values = {
        "device": "GPU-0", "meter": "nvml", "model": "A card", "scope": "gpu", "source": "measured", "reading_us": 12.3,
        "tick_s": 0.1, "idle_w": 50.2, "idle_noise_w": 0.5, "idle_temperature_c": 35.0, "load_w": 251.0, "load_noise_w": 2.04,
        "idle_counter_to_power": 1.0, "load_counter_to_power": 0.99, "contradiction": False, "gain": 0.034,
        "gain_source": "a paper", "edge_reading_error": 0.27,
        "smallest_differences": [SmallestDifference(run_s=60, fraction=0.0123), SmallestDifference(run_s=3600, fraction=0.001)],
    }  # fmt: skip
    meter = ProbedMeter(**values | changed)
    return Probe(
        machine={}, started="2026-01-01T00:00:00+00:00", on_gpu=True, meters=[meter], missing={"rapl": "meter rapl: no"}
    )


def test_page_says_what_a_meter_can_tell():
    meter, missing = readable.meters(probed())
    assert (
        "`nvml` reads A card (measured): renewed every 100 ms, in 12.3 µs; 50.2 W at rest and 251 W under load" in meter
    )
    assert "agree: ratio 1.000 at rest, 0.990 under load" in meter
    assert "Systematic uncertainty 3.4 % (a paper)." in meter
    assert "was wrong by 27 % here" in meter
    assert missing == "Not used: meter rapl: no."


@pytest.mark.parametrize(
    ("tick_s", "averaging_s", "said"),
    [
        (0, 0.98, "power a mean over 0.980 s, in"),
        (0, 0, "of the moment at which it is read, in"),
        (0, None, "of the moment at which it is read, in"),
        (0.1, 1, "renewed every 100 ms, power a mean over 1 s, in"),
        (0.1, 0, "renewed every 100 ms, in"),
    ],
)
def test_page_says_over_how_long_power_is_a_mean(tick_s, averaging_s, said):
    assert said in readable.meters(probed(tick_s=tick_s, averaging_s=averaging_s))[0]


CARD = {
    "name": "A card", "driver": "550.54", "power_limit_w": 250.0, "default_power_limit_w": 300.0, "application_clock_mhz": 1410,
    "application_memory_clock_mhz": 1593, "persistence": True, "ecc": False,
}  # fmt: skip
HOST = {
    "cores_usable": 4,
    "governor": "performance",
    "turbo": False,
    "smt": True,
    "cgroup_cores": 2.5,
    "cgroup_memory_mib": "max",
}


def test_page_says_how_processor_and_card_are_set():
    machine = {"processor": "A processor", "cores": 8, "host": HOST, "gpus": [CARD]}
    *_, host, card = readable.meters(probed().model_copy(update={"machine": machine}))
    assert host == (
        "Processor A processor: 4 of 8 cores may be used; governor performance, turbo off, SMT on; "
        "control group: cores 2.50, memory without limit."
    )
    assert card == (
        "A card: power limit 250 W (by default 300 W), application clocks 1,410 MHz, of the memory 1,593 MHz; "
        "persistence on, ECC off, driver 550.54."
    )


def test_page_says_which_settings_are_not_known():
    unknown = {"name": "A card", "driver": "390.1"}
    machine = {"processor": None, "cores": 8, "host": dict.fromkeys(HOST), "gpus": [dict.fromkeys(CARD) | unknown]}
    *_, host, card = readable.meters(probed().model_copy(update={"machine": machine}))
    assert (host.count("not known"), card.count("not known")) == (7, 6)


def test_page_says_that_a_meter_contradicts_itself():
    meter, _ = readable.meters(probed(contradiction=True, load_counter_to_power=1.5))
    assert "contradict each other: ratio 1.000 at rest, 1.500 under load" in meter


def test_page_says_which_differences_runs_of_a_length_resolve():
    (row,) = readable.smallest_differences(probed()).to_dict("records")
    assert row == {"meter": "nvml", "device": "A card", "runs of 60 s": "1.2 %", "runs of 3,600 s": "0.1 %"}


def test_page_without_a_meter_says_so():
    nothing = probed().model_copy(update={"meters": [], "missing": {}})
    assert readable.meters(nothing) == ["No meter was asked for: no energy is known."]
    assert readable.smallest_differences(nothing).empty


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
