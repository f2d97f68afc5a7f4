"""A search finds networks in its space, books every trial, and says so when all of them fail."""

import json

import numpy as np
import pytest

from frugalnet.backend import keras, tf
from frugalnet.energy import Ledger, statement
from frugalnet.energy.meters.estimate import EstimateMeter
from frugalnet.errors import FrugalNetError
from frugalnet.search.search import new_weights, search
from frugalnet.sections import Nas, Recipe


def searched(data, folder, recipe=None, **nas):
    with Ledger([EstimateMeter(10, 65)]) as ledger:
        result = search(data, Nas(**nas), recipe or Recipe(batch_size=16), 0, ledger, folder)
    return *result, ledger


def booked(ledger):
    return {window.name: window for window in statement.windows_of(ledger)}


def test_winner_is_the_best_trial_and_takes_unscaled_samples(digits, tmp_path):
    winner, trials, _ = searched(digits, tmp_path, trials=2, epochs=2)
    assert [trial.trial for trial in trials] == [0, 1]
    assert {trial.status for trial in trials} == {"complete"}
    best = max(trials, key=lambda trial: trial.quality)
    assert winner.count_params() == best.parameters
    assert winner.inputs[0].dtype == "uint8"
    labels = np.asarray(winner(digits.validation.x)).argmax(axis=1)
    assert (labels == digits.validation.y).mean() == pytest.approx(best.quality, abs=1e-6)


def test_every_trial_has_a_window_and_the_search_has_the_rest(digits, tmp_path):
    _, trials, ledger = searched(digits, tmp_path, trials=2, epochs=2)
    windows = booked(ledger)
    energy_uj = sum(windows[trial.window].energy_uj for trial in trials)
    assert energy_uj + windows["run/search"].gap_uj == windows["run/search"].energy_uj
    assert "run/search/trial1/epoch2/validation" in windows


def test_there_is_no_final_fit(digits, tmp_path):
    _, trials, ledger = searched(digits, tmp_path, trials=1, epochs=2)
    assert trials[0].epochs == 2
    epochs = [window.name for window in ledger.windows if window.name.rpartition("/")[2].startswith("epoch")]
    assert epochs == ["run/search/trial0/epoch1", "run/search/trial0/epoch2"]


def test_regression_is_searched_for_the_least_error(houses, tmp_path):
    recipe = Recipe(batch_size=16, scaling="standard")
    winner, trials, _ = searched(houses, tmp_path, recipe, trials=2, epochs=2, tuner="random")
    assert winner.count_params() == min(trials, key=lambda trial: trial.quality).parameters
    assert json.loads(trials[0].hyperparameters)


def test_architecture_of_the_winner_is_an_ordinary_keras_model_with_new_weights(digits, tmp_path):
    winner, *_ = searched(digits, tmp_path, trials=1, epochs=1)
    model = new_weights(winner)
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    assert model.count_params() == winner.count_params()
    assert np.abs(np.asarray(model(digits.test.x)) - np.asarray(winner(digits.test.x))).max() > 1e-3
    model.set_weights(winner.get_weights())
    assert np.asarray(model(digits.test.x)) == pytest.approx(np.asarray(winner(digits.test.x)), abs=1e-6)


def test_trial_that_is_too_large_is_booked_as_failed_with_its_reason(digits, tmp_path):
    # The first trial is the default of the space (two layers of 64 units, 55,050 parameters); others are larger.
    _, trials, ledger = searched(digits, tmp_path, trials=4, epochs=1, tuner="random", max_parameters=56_000)
    failed = [trial for trial in trials if trial.status == "failed"]
    assert failed, "the space has networks above the limit"
    assert all("too large" in trial.reason.lower() or "size" in trial.reason.lower() for trial in failed)
    windows = booked(ledger)
    assert all(windows[trial.window].energy_uj > 0 and trial.quality is None for trial in failed)


def test_batch_size_that_was_halved_for_want_of_memory_is_recorded(digits, tmp_path, monkeypatch):
    fit = keras.Model.fit

    def fit_in_little_memory(model, **kwargs):
        if kwargs["batch_size"] > 4:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")
        return fit(model, **kwargs)

    monkeypatch.setattr(keras.Model, "fit", fit_in_little_memory)
    _, trials, _ = searched(digits, tmp_path, trials=1, epochs=1)
    assert (trials[0].status, trials[0].batch_size) == ("complete", 4)


def test_epochs_of_a_fit_that_failed_are_booked_but_not_counted_as_the_trials(digits, tmp_path, monkeypatch):
    fit = keras.Model.fit

    def fit_that_fails_once(model, **kwargs):
        if kwargs["batch_size"] == 16:
            fit(model, **(kwargs | {"epochs": 1}))
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")
        return fit(model, **kwargs)

    monkeypatch.setattr(keras.Model, "fit", fit_that_fails_once)
    _, trials, ledger = searched(digits, tmp_path, trials=1, epochs=2)
    assert (trials[0].epochs, trials[0].batch_size) == (2, 8)
    names = [window.name for window in ledger.windows]
    assert len(names) == len(set(names))
    assert "run/search/trial0/epoch1~2" in names


@pytest.mark.parametrize("tuner", ["bayesian", "hyperband", "random"])
def test_every_tuner_keeps_to_its_trials_and_epochs(digits, tmp_path, tuner):
    _, trials, _ = searched(digits, tmp_path, trials=2, epochs=1, tuner=tuner)
    assert len(trials) == 2
    assert {trial.status for trial in trials} == {"complete"}
    assert all(trial.epochs == 1 for trial in trials)


def test_search_in_which_all_trials_fail_says_why(digits, tmp_path, monkeypatch):
    def out_of_memory(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(keras.Model, "fit", out_of_memory)
    with pytest.raises(FrugalNetError, match=r"all trials of the search failed \(trial 0: RuntimeError: out of memory"):
        searched(digits, tmp_path, trials=2, epochs=1)


def test_space_without_a_network_under_the_limit_says_which_key(digits, tmp_path):
    with pytest.raises(FrugalNetError, match=r"nas\.max_parameters = 100 too small"):
        searched(digits, tmp_path, trials=2, epochs=1, max_parameters=100)
