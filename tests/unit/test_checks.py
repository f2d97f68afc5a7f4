"""What only the data and the machine tell about a recipe is checked before anything is measured."""

import subprocess
import sys

import numpy as np
import pytest

from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.errors import FrugalNetError
from frugalnet.recipes import checks
from frugalnet.recipes.checks import as_told, data_for
from tests.unit.conftest import made_record

RUN = made_record().run


def run_of(**recipe):
    return RUN.model_copy(update={"recipe": Recipe.model_validate(recipe)})


@pytest.fixture
def data(tmp_path):
    """Fifty images of 4x4 and three channels, 40 of them for training; two classes."""
    np.save(tmp_path / "y.npy", np.arange(50) % 2)
    card = {"name": "mnist", "n_classes": 2, "shape": [4, 4, 3], "samples": {"train": 40, "validation": 5, "test": 5}}
    return Data(tmp_path, card)


def test_data_of_a_recipe_that_fits_are_returned_as_they_are(data):
    assert data_for(run_of(batch_size=40), data) is data


def test_batch_larger_than_the_training_part_is_refused(data):
    with pytest.raises(FrugalNetError) as refused:
        data_for(run_of(batch_size=41), data)
    assert str(refused.value).startswith(
        "recipe.batch_size = 41 (of mnist, for mnist/baseline/default/seed0): larger than"
    )
    assert "the training part of 40 samples" in str(refused.value)


def test_batch_is_compared_with_the_training_part_of_the_split(data):
    with pytest.raises(FrugalNetError, match="the training part of 30 samples"):
        data_for(run_of(batch_size=40, split="60-20-20"), data)


@pytest.mark.parametrize(
    ("mean", "deviation", "name"), [([1.0, 2.0], [1.0], "mean has 2"), ([1.0], [1.0] * 4, "deviation has 4")]
)
def test_fixed_scaling_has_one_number_or_one_for_each_feature(data, mean, deviation, name):
    with pytest.raises(
        FrugalNetError, match=rf"recipe\.scaling = .*{name} numbers; expected 1, or one for each of the 3 features"
    ):
        data_for(run_of(batch_size=8, scaling={"name": "fixed", "mean": mean, "deviation": deviation}), data)
    for fits in ([1.0], [1.0] * 3):
        data_for(run_of(batch_size=8, scaling={"name": "fixed", "mean": fits, "deviation": [2.0]}), data)


@pytest.mark.parametrize(
    "keys", [{"internal": "jit"}, {"optimizer": "adamw"}, {"optimizer": {"name": "adamw", "beta_1": 0.8}}]
)
def test_recipe_that_a_device_cannot_do_is_refused_with_the_key(data, monkeypatch, keys):
    data_for(run_of(batch_size=8, **keys), data)
    monkeypatch.setattr(checks, "kinds_of_machine", lambda: ("metal",))
    (key,) = keys
    with pytest.raises(FrugalNetError, match=rf"recipe\.{key} = .*cannot be used with machine metal"):
        data_for(run_of(batch_size=8, **keys), data)


def test_metal_is_known_by_its_plugin_for_tensorflow(monkeypatch):
    monkeypatch.setattr(checks.platform, "system", lambda: "Darwin")
    assert checks.kinds_of_machine() == ()
    monkeypatch.setattr(checks, "distribution", lambda name: name)
    assert checks.kinds_of_machine() == ("metal",)


def test_log_says_what_was_resolved():
    assert as_told(RUN) is None
    run = RUN.model_copy(update={"method": "pruning", "resolved": {"devices": 1}})
    assert as_told(run).startswith("not as asked for: devices 1: masks grow over planned steps")


def test_checks_load_no_tensorflow():
    code = "import sys, frugalnet.recipes.checks; print({'keras', 'tensorflow'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
