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

from tests.workflow.extending import BLOCKS, OF_RECIPES, OF_THE_STUDY, PAGE, extend

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


ROWS = """
import json
import sys
from pathlib import Path
from frugalnet.config.reading import read_config, sources_of
from frugalnet.fingerprint import code_versions
from frugalnet.jobs.sheets import run_sheets
sheets = [run_sheets(read_config(sources_of([Path(file)]))) for file in sys.argv[1:]]
rows = [run.model_dump(mode="json", exclude_defaults=True) for sheet in sheets for runs in sheet.values() for run in runs.values()]
print(json.dumps({"rows": rows, "code": code_versions()}))
"""
"""Tell the rows of all runs of configurations, as the workflow sees them, and version and digest of all code."""


@pytest.fixture
def extended(supplied):
    """Return a workspace with all that the page adds, but for the study."""
    extend(supplied.folder, [block for block in BLOCKS if block not in OF_THE_STUDY])
    return supplied


@pytest.fixture
def with_study(supplied):
    """Return a workspace with the study that the page adds, in the files that it may touch, and what is made of them."""
    assert extend(supplied.folder, OF_THE_STUDY) == {
        "src/frugalnet/catalogue/__init__.py",
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


def rows_and_code(workspace):
    """Return the rows of the quick and the real study, and the versions of all code by name."""
    files = [f"config/{name}.yaml" for name in ("config", "paper")]
    command = [sys.executable, "-c", ROWS, *files]
    told = subprocess.run(
        command, cwd=workspace.folder, env=workspace.environment(), check=True, stdout=subprocess.PIPE, text=True
    )
    found = json.loads(told.stdout)
    return found["rows"], found["code"]


def test_optimizer_augmentation_and_recipe_part_of_the_page_change_no_row_and_no_version(fresh):
    rows, code = rows_and_code(fresh)
    assert extend(fresh.folder, OF_RECIPES) == {
        "src/frugalnet/catalogue/recipes.py",
        "src/frugalnet/config/recipe.py",
        "src/frugalnet/recipes/accumulate.py",
        "src/frugalnet/recipes/augmentation/darker.py",
    }
    rows_after, code_after = rows_and_code(fresh)
    assert len(rows) > 100
    assert rows_after == rows
    assert code_after.keys() - code.keys() == {
        *("recipe accumulate", "recipe augmentation darker", "recipe optimizer lion")
    }
    assert {name: code_after[name] for name in code} == code


def test_dataset_network_space_method_recipe_figure_and_meter_of_the_page_are_run(extended):
    raw = extended.results / "raw"
    made = [raw / f"{run}/default/seed0/record.json" for run in ("mnist/briefly", "rings/baseline")]
    figure = extended.results / "figures" / "file_size.svg"
    config = [
        "measure={meters: constant, idle_s: 0.1}",
        "compression={datasets: [mnist, rings], methods: [baseline, nas, briefly], nas: {space: narrower, tuner: random}, "
        "per_dataset: {mnist: {network: narrow, recipe: {optimizer: {name: lion, beta_1: 0.95}, augmentation: [darker]}}, "
        "rings: {without: [nas], recipe: {epochs: 2, scaling: standard, accumulate: 1000}}}}",
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
    assert losses[0] == losses[1]  # fewer than 1,000 batches: no step was made
    assert of_rings["run"]["recipe"]["accumulate"] == 1000
    assert record["run"]["recipe"]["optimizer"] == {"name": "lion", "beta_1": 0.95}
    assert record["run"]["recipe"]["augmentation"] == ["darker"]
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
