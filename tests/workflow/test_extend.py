"""What the page "Add your own" shows works as it stands there."""

import json
import re
import subprocess
import sys
from itertools import pairwise

import autokeras
import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest

from tests.workflow.conftest import ROOT

PAGE = (ROOT / "docs" / "extend.md").read_text()
BLOCK = re.compile(r"<!-- (file|catalogue|whole|recipe|training): (\S+) -->\n```python\n(.*?)```", re.DOTALL)
FILES = {
    "catalogue": "src/frugalnet/catalogue.py",
    "whole": "src/frugalnet/config/whole.py",
    "recipe": "src/frugalnet/config/recipe.py",
    "training": "src/frugalnet/recipes/training.py",
}
PLACES = {
    "imports": "from frugalnet.config.statistics import Statistics\n",
    "keys": "    checks: Checks = Checks()\n",
    "figures": "        figures=(\n",
    "key": '    """How a network is trained."""\n\n',
    "import": "from frugalnet.recipes.callbacks import EpochWindows, Progress\n",
    "call": "        compile_model(model, data, recipe, LOSS_OF_PROBABILITIES if classes else None)\n",
}
"""Lines of a file below which the page adds some; those of the catalogue go below the opening of what they name."""
RINGS = """
import sys
from pathlib import Path
import numpy as np
from frugalnet.config.data import Data
from frugalnet.datasets import rings
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import prepare
mirror, made = Path("mirror/rings"), rings.sample()
mirror.mkdir(parents=True)
np.savetxt(mirror / "rings.csv", np.column_stack([made.x.astype("float64"), made.y]), fmt="%.2f", delimiter=",")
fetch("rings", Data(source="official", mirror="mirror"), Path("raw/rings"))
prepare("rings", Path("raw/rings"), Path("prepared/rings"))
"""
"""Bring the dataset of the page as official data, from a mirror that has it."""


def extend(folder, blocks):
    """Write into a workspace what blocks of the page add, and return the files that they touch."""
    touched = set()
    for kind, name, code in blocks:
        file = FILES.get(kind, name)
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
    block for block in BLOCK.findall(PAGE) if "toy" in block[1] or block[0] == "whole" or block[1] == "STUDIES"
]


@pytest.fixture
def extended(supplied):
    """Return a workspace with all that the page adds, but for the study."""
    extend(supplied.folder, [block for block in BLOCK.findall(PAGE) if block not in OF_THE_STUDY])
    return supplied


@pytest.fixture
def with_study(supplied):
    """Return a workspace with the study that the page adds, in the files that it may touch, and what is made of them."""
    assert extend(supplied.folder, OF_THE_STUDY) == {
        "src/frugalnet/catalogue.py",
        *(f"src/frugalnet/config/{name}.py" for name in ("toy", "whole")),
        *(f"src/frugalnet/studies/toy/{name}.py" for name in ("sheet", "tables", "findings")),
        "workflow/notebooks/toy.ipynb",
    }
    renew = [sys.executable, "-m", "frugalnet.config.schema"]
    subprocess.run(renew, cwd=supplied.folder, env=supplied.environment(), check=True)
    return supplied


def test_study_of_the_page_is_done_to_its_page(with_study):
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


def test_dataset_network_space_method_recipe_part_figure_and_meter_of_the_page_are_run(extended):
    raw = extended.results / "raw"
    made = [raw / f"{run}/default/seed0/record.json" for run in ("mnist/briefly", "rings/baseline")]
    figure = extended.results / "figures" / "file_size.svg"
    config = [
        "measure={meters: constant, idle_s: 0.1}",
        "compression={datasets: [mnist, rings], methods: [baseline, nas, briefly], nas: {space: narrower, tuner: random}, "
        "per_dataset: {mnist: {network: narrow}, rings: {without: [nas], "
        "recipe: {epochs: 2, scaling: standard, optimizer: sgd, clip_norm: 1.0e-6}}}}",
    ]
    targets = [str(path.relative_to(extended.folder)) for path in (figure, *made)]
    status, output = extended.snakemake(*targets, "--config", *config)
    assert status == 0, output
    assert "Size of the model" in (extended.folder / "src/frugalnet/figures/file_size.py").read_text()
    assert figure.exists()
    record, of_rings = (json.loads(path.read_text()) for path in made)  # this process knows none of what was added
    assert record["model"]["parameters"] == 784 * 24 + 24 + 24 * 10 + 10 == 19_090
    assert record["energy"]["devices"][0]["assumptions"] == {"watts": 40}
    root = record["windows"][0]
    assert root["energy_uj"] == pytest.approx(40e6 * (root["end_s"] - root["start_s"]), rel=1e-3)
    assert record["parents"][0]["id"] == "mnist/baseline/default/seed0"
    assert of_rings["data"]["level"] == "sample"
    assert of_rings["model"]["parameters"] == 2 * 24 + 24 + 24 * 2 + 2
    losses = pd.read_csv(made[1].parent / "epochs.csv")["validation_loss"]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)  # gradients so short change nothing
    trials = pd.read_csv(raw / "mnist/nas/default/seed0/trials.csv")
    tried = [json.loads(text) for text in trials["hyperparameters"]]
    assert len(tried) == 2 and tried[0] != tried[1]
    assert all(each["units"] in (6, 12, 24) and each["layers"] in (1, 2) for each in tried)
    assert set(trials["parameters"]) == {parameters(**each) for each in tried}


def test_dataset_of_the_page_is_read_from_its_official_file(extended):
    subprocess.run([sys.executable, "-c", RINGS], cwd=extended.folder, env=extended.environment(), check=True)
    card = json.loads((extended.folder / "prepared/rings/dataset.json").read_text())
    assert (card["level"], card["licence"]) == ("official", "CC0 1.0")
    x = np.load(extended.folder / "prepared/rings/x.npy")
    assert (x.shape, x.dtype) == ((2000, 2), np.float32)


def parameters(units, layers):
    """Return the number of parameters of a network of the space of the page."""
    widths = [784, *[units] * layers, 10]
    return sum((before + 1) * width for before, width in pairwise(widths))


def test_block_of_autokeras_on_the_page_names_its_hyperparameters_alike_in_every_build():
    (code,) = re.findall(r"`(ak\.[^`]+)`", PAGE)
    hp = keras_tuner.HyperParameters()
    names = []
    for _ in range(2):
        eval(code, {"ak": autokeras, "hp": hp, "x": keras.Input((4,))})
        names.append(set(hp.values))
    assert names[0] == names[1] > {"block/num_layers", "block/units_0"}
