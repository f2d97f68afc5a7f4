"""What the README shows works as it stands there."""

import json
import re
import subprocess
import sys
from itertools import pairwise

import autokeras
import keras
import keras_tuner
import pandas as pd
import pytest

from tests.workflow.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"<!-- (file|catalogue|whole): (\S+) -->\n```python\n(.*?)```", re.DOTALL)
PLACES = {
    "imports": "from frugalnet.config.statistics import Statistics\n",
    "keys": "    checks: Checks = Checks()\n",
    "figures": "        figures=(\n",
}
"""Lines of a file below which the README adds some; those of the catalogue go below the opening of what they name."""


def extend(folder, blocks):
    """Write into a workspace what blocks of the README add, and return the files that they touch."""
    touched = set()
    for kind, name, code in blocks:
        file = {"catalogue": "src/frugalnet/catalogue.py", "whole": "src/frugalnet/config/whole.py"}.get(kind, name)
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        if kind == "file":
            path.write_text(code)
        elif name == "STUDIES":  # below the others: the first is the one that is done where none is named
            head, opened, rest = path.read_text().partition("STUDIES = {\n")
            path.write_text(head + opened + rest.replace("\n}\n", f"\n{code}}}\n", 1))
        else:
            place = PLACES.get(name, f"{name} = {{\n")
            assert place in path.read_text()
            path.write_text(path.read_text().replace(place, place + code, 1))
        touched.add(file)
    return touched


OF_THE_STUDY = [
    block for block in BLOCK.findall(README) if "toy" in block[1] or block[0] == "whole" or block[1] == "STUDIES"
]


@pytest.fixture
def extended(supplied):
    """Return a workspace with all that the README adds, but for the study."""
    extend(supplied.folder, [block for block in BLOCK.findall(README) if block not in OF_THE_STUDY])
    return supplied


@pytest.fixture
def with_study(supplied):
    """Return a workspace with the study that the README adds, in the files that it may touch, and what is made of them."""
    assert extend(supplied.folder, OF_THE_STUDY) == {
        "src/frugalnet/catalogue.py",
        *(f"src/frugalnet/config/{name}.py" for name in ("toy", "whole")),
        *(f"src/frugalnet/studies/toy/{name}.py" for name in ("sheet", "tables", "findings")),
        "workflow/notebooks/toy.ipynb",
    }
    renew = [sys.executable, "-m", "frugalnet.config.schema"]
    subprocess.run(renew, cwd=supplied.folder, env=supplied.environment(), check=True)
    return supplied


def test_study_of_the_readme_is_done_to_its_page(with_study):
    status, output = with_study.snakemake("toy")
    assert status == 0, output
    study = with_study.folder / "results" / "tiny" / "toy"
    costs = pd.read_csv(study / "processed" / "costs.csv")
    assert sorted(costs["variant"]) == ["batch128", "batch32"]
    assert sorted(costs["recipe.batch_size"]) == [32, 128]
    assert (costs["j_per_epoch"] == costs["train_energy_j"]).all()  # one epoch each
    runs = pd.read_csv(study / "interim" / "runs.csv")
    assert set(runs["study"]) == {"toy"}
    described = pd.read_csv(study / "processed" / "data_dictionary.csv").set_index(["table", "column"])
    assert described.loc[("costs", "j_per_epoch"), "unit"] == "J"
    compared = pd.read_csv(study / "processed" / "statistics.csv")
    assert len(compared[compared["quantity"] == "test_quality"]) == 1  # the pair that the study names
    page = (study / "analysis.html").read_text()
    assert f"The batch size {costs['recipe.batch_size'][0]} takes the least energy." in page
    assert "What the batch size saves" in page
    assert (study / "figures" / "quality_against_energy.png").exists()
    assert not with_study.results.exists()


def test_new_study_costs_who_does_not_ask_for_it_no_run(with_study):
    toy = {"Measured run mnist/baseline/batch32/seed0.", "Measured run mnist/baseline/batch128/seed0."}
    plain = with_study.jobs()
    assert not plain & toy
    assert not with_study.jobs("mnist") & toy
    assert with_study.jobs("all") >= toy | plain


def test_network_space_method_figure_and_meter_of_the_readme_are_run(extended):
    targets = [
        f"results/tiny/compression/{file}"
        for file in ("figures/file_size.svg", "raw/mnist/briefly/default/seed0/record.json")
    ]
    config = [
        "measure={meters: constant, idle_s: 0.1}",
        "compression={datasets: [mnist], methods: [baseline, nas, briefly], per_dataset: {mnist: {network: narrow}}, "
        "nas: {space: narrower, tuner: random}}",
    ]
    status, output = extended.snakemake(*targets, "--config", *config)
    assert status == 0, output
    assert "Size of the model" in (extended.folder / "src/frugalnet/figures/file_size.py").read_text()
    assert (extended.results / "figures" / "file_size.svg").exists()
    made = extended.results / "raw/mnist/briefly/default/seed0/record.json"
    record = json.loads(made.read_text())  # this process knows none of what was added
    assert record["model"]["parameters"] == 784 * 24 + 24 + 24 * 10 + 10 == 19_090
    assert record["energy"]["devices"][0]["assumptions"] == {"watts": 40}
    root = record["windows"][0]
    assert root["energy_uj"] == pytest.approx(40e6 * (root["end_s"] - root["start_s"]), rel=1e-3)
    assert record["parents"][0]["id"] == "mnist/baseline/default/seed0"
    trials = pd.read_csv(extended.results / "raw/mnist/nas/default/seed0/trials.csv")
    tried = [json.loads(text) for text in trials["hyperparameters"]]
    assert len(tried) == 2 and tried[0] != tried[1]
    assert all(each["units"] in (6, 12, 24) and each["layers"] in (1, 2) for each in tried)
    assert set(trials["parameters"]) == {parameters(**each) for each in tried}


def parameters(units, layers):
    """Return the number of parameters of a network of the README's space."""
    widths = [784, *[units] * layers, 10]
    return sum((before + 1) * width for before, width in pairwise(widths))


def test_block_of_autokeras_in_the_readme_names_its_hyperparameters_alike_in_every_build():
    (code,) = re.findall(r"`(ak\.[^`]+)`", README)
    hp = keras_tuner.HyperParameters()
    names = []
    for _ in range(2):
        eval(code, {"ak": autokeras, "hp": hp, "x": keras.Input((4,))})
        names.append(set(hp.values))
    assert names[0] == names[1] > {"block/num_layers", "block/units_0"}


def test_rulegraph_of_the_readme_is_that_of_the_workflow(unmade):
    status, output = unmade.idle("--rulegraph", "mermaid-js", config=None)
    assert status == 0
    graph = output[output.index("---\ntitle") :].strip()
    shown = re.search(r"```mermaid\n(.*?)```", README, re.DOTALL)[1].strip()
    assert sorted(shown.splitlines()) == sorted(graph.splitlines())  # the order of the edges varies
