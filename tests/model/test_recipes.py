"""Training follows the recipe, and opens the ledger's windows."""

import copy

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config.recipe import Recipe
from frugalnet.energy import Ledger, statement
from frugalnet.energy.meters.estimate import EstimateMeter
from frugalnet.recipes.callbacks import EpochWindows
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import evaluate, train


def trained(data, recipe, seed=0, epochs=2, ledger=None):
    keras.utils.set_random_seed(seed)
    x = data.train.x
    name = "softmax_big" if data.n_classes else "housing_mlp"
    model = networks.build(name, scaling_layer(recipe.scaling, x), x.shape[1:], x.dtype.name, data.n_classes)
    with ledger or Ledger([EstimateMeter(10, 65)]) as ledger:
        rows = train(model, data, recipe, epochs, ledger)
    return model, rows, ledger


def test_unit_scaling_divides_bytes_by_255():
    scaled = scaling_layer("unit", np.zeros(0))(np.array([[0, 51, 255]], "uint8"))
    assert np.asarray(scaled).tolist() == [[0, pytest.approx(0.2), 1]]


def test_standard_scaling_is_fitted_on_the_samples_it_is_given(houses):
    scaled = np.asarray(scaling_layer("standard", houses.train.x)(houses.train.x))
    assert scaled.mean(axis=0) == pytest.approx(0, abs=1e-3)
    assert scaled.std(axis=0) == pytest.approx(1, abs=1e-3)


def test_standard_scaling_leaves_a_constant_feature_finite():
    scaled = scaling_layer("standard", np.array([[3.0, 1], [3, 2]]))(np.array([[3.0, 1]]))
    assert np.isfinite(np.asarray(scaled)).all()


def test_training_learns_and_leaves_a_row_per_epoch(digits):
    model, rows, _ = trained(digits, Recipe(batch_size=16), epochs=4)
    assert [row.epoch for row in rows] == [1, 2, 3, 4]
    assert rows[-1].loss < rows[0].loss
    assert evaluate(model, digits, Recipe())["test_accuracy"] > 0.8


def test_regression_is_judged_by_its_absolute_error(houses):
    model, rows, _ = trained(houses, Recipe(batch_size=16, scaling="standard"), epochs=30)
    predictions = np.asarray(model(houses.test.x))[:, 0]
    assert evaluate(model, houses, Recipe())["test_mae"] == pytest.approx(
        np.abs(predictions - houses.test.y).mean(), rel=1e-4
    )
    assert rows[-1].quality < rows[0].quality


def test_windows_nest_and_close_down_to_the_first_step_and_the_validation(digits):
    _, rows, ledger = trained(digits, Recipe(batch_size=16))
    windows = {window.name: window for window in statement.windows_of(ledger)}
    assert list(windows) == [
        "run", "run/train",
        "run/train/epoch1", "run/train/epoch1/first_step", "run/train/epoch1/validation",
        "run/train/epoch2", "run/train/epoch2/validation",
    ]  # fmt: skip
    for parent in windows.values():
        inside = [window.energy_uj for window in windows.values() if window.parent == parent.name]
        assert sum(inside) + parent.gap_uj == parent.energy_uj
    assert [row.window for row in rows] == ["run/train/epoch1", "run/train/epoch2"]


def test_first_step_holds_the_tracing(digits):
    _, _, ledger = trained(digits, Recipe(batch_size=16, steps_per_execution=1))
    windows = {window.name: window for window in ledger.windows}
    first, epoch = windows["run/train/epoch1/first_step"], windows["run/train/epoch2"]
    assert first.duration_s > epoch.duration_s


@pytest.mark.parametrize("batch_size", [16, 1000])
def test_first_step_ends_also_where_an_epoch_has_one_step(digits, batch_size):
    _, _, ledger = trained(digits, Recipe(batch_size=batch_size, steps_per_execution=100))
    windows = {window.name: window for window in ledger.windows}
    assert windows["run/train/epoch1/first_step"].end_s <= windows["run/train/epoch1/validation"].start_s


def test_same_seed_gives_the_same_weights_whatever_the_steps_per_execution(digits):
    first, _, _ = trained(digits, Recipe(batch_size=16, steps_per_execution=1), seed=3)
    second, _, _ = trained(digits, Recipe(batch_size=16, steps_per_execution=8), seed=3)
    other, _, _ = trained(digits, Recipe(batch_size=16), seed=4)
    kernels = [np.asarray(model.get_layer("dense1").kernel) for model in (first, second, other)]
    assert np.abs(kernels[0] - kernels[1]).max() < 1e-5
    assert np.abs(kernels[0] - kernels[2]).max() > 1e-2


def test_copied_callback_shares_the_ledger():
    callback = EpochWindows(Ledger([EstimateMeter(10, 65)]), "accuracy")
    assert copy.deepcopy(callback)._ledger is callback._ledger
