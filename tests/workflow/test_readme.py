"""What the README shows works as it stands there."""

import json
import re
from itertools import pairwise

import autokeras
import keras
import keras_tuner
import pandas as pd
import pytest

from tests.workflow.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"<!-- (file|catalogue): (\S+) -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def extended(fresh):
    """Return a workspace with all that the README adds."""
    catalogue = fresh.folder / "src/frugalnet/catalogue.py"
    for kind, name, code in BLOCK.findall(README):
        if kind == "file":
            (fresh.folder / name).write_text(code)
        else:
            opened = rf"^((?:{name} = {{|        {name}=\()\n)"
            catalogue.write_text(re.sub(opened, rf"\1{code}", catalogue.read_text(), flags=re.MULTILINE))
    return fresh


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


def test_rulegraph_of_the_readme_is_that_of_the_workflow(fresh):
    status, output = fresh.snakemake("--rulegraph", "mermaid-js", config=None)
    assert status == 0
    graph = output[output.index("---\ntitle") :].strip()
    shown = re.search(r"```mermaid\n(.*?)```", README, re.DOTALL)[1].strip()
    assert sorted(shown.splitlines()) == sorted(graph.splitlines())  # the order of the edges varies
