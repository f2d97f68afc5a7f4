"""What AutoKeras and KerasTuner do of themselves: a test fails when a library has changed, and a workaround may go.

The workarounds are in `frugalnet.search.tuner` and `frugalnet.search.trial`.
"""

import json
import os
from types import SimpleNamespace

import autokeras
import keras_tuner
import numpy as np
import pytest
from autokeras.utils.utils import run_with_adaptive_batch_size
from keras_tuner.engine.base_tuner import BaseTuner

from frugalnet.backend import keras, tf

OBJECTIVE = keras_tuner.Objective("val_loss", "min")


class Space(keras_tuner.HyperModel):
    """Eight networks, none of which is ever made."""

    def build(self, hp):
        return hp.Choice("units", [2, 4, 8, 16]) * hp.Choice("layers", [1, 2])

    def save(self, path): ...

    def set_fit_args(self, *_, **__): ...


class PlainSearch(autokeras.tuners.RandomSearch):
    """AutoKeras' own search, in which nothing is trained: what each training would have been given is noted."""

    def __init__(self, folder, trials=2, failure=None):
        super().__init__(Space(), objective=OBJECTIVE, max_trials=trials, directory=folder, seed=1)
        self.trained, self.final, self.failure = [], [], failure

    def run_trial(self, trial, **fit_kwargs):
        self.trained.append(fit_kwargs)
        if self.failure:
            raise self.failure
        return {"val_loss": 0.5}

    def final_fit(self, **fit_kwargs):
        self.final.append(fit_kwargs)
        nothing = SimpleNamespace(save=lambda path: None)
        return nothing, nothing, "history"

    def _prepare_model_build(self, hp, x, y, **_):
        return None, (x, y), None

    def _try_build(self, hp):
        self.hypermodel.build(hp)

    def statuses(self):
        return [trial.status for trial in self.oracle.trials.values()]


def plain_search(folder, *, trials=2, failure=None, **given):
    """Return AutoKeras' tuner after its search on 160 samples for training and 40 for validation."""
    tuner = PlainSearch(folder, trials, failure)
    train, validation = np.zeros((160, 4)), np.ones((40, 4))
    data = {"x": train, "y": train[:, 0], "validation_data": (validation, validation[:, 0])}
    tuner.returned = tuner.search(verbose=0, **data | given)
    return tuner


def random_search(folder, trials=8, base=keras_tuner.RandomSearch):
    """Return KerasTuner's tuner, with trials that give their number."""

    class Search(base):
        def run_trial(self, trial):
            return {"val_loss": float(trial.trial_id)}

    tuner = Search(Space(), objective=OBJECTIVE, max_trials=trials, directory=folder, seed=1)
    tuner.oracle.verbose = 0
    return tuner


# AutoKeras' own search


def test_autokeras_repeats_callbacks_in_the_final_fit():
    callbacks = [keras.callbacks.Callback(), keras.callbacks.Callback(), keras.callbacks.EarlyStopping()]
    kept = autokeras.engine.tuner.AutoTuner._remove_early_stopping(callbacks)
    assert [len(each) for each in kept] == [3, 3]


def test_autokeras_copies_callbacks_deeply(tmp_path):
    callback = keras.callbacks.Callback()
    callback.ledger = ["a device that is there once"]
    (given, *_), *_ = [kwargs["callbacks"] for kwargs in plain_search(tmp_path, callbacks=[callback], epochs=3).trained]
    assert given.ledger == callback.ledger
    assert given.ledger is not callback.ledger


def test_autokeras_trains_the_winner_on_validation_data_too(tmp_path):
    (final,) = plain_search(tmp_path, validation_split=0.2, epochs=3).final
    assert (len(final["x"]), final["epochs"]) == (200, 3)


def test_autokeras_trains_the_winner_for_one_epoch_where_a_trial_gives_its_objective_alone(tmp_path):
    (final,) = plain_search(tmp_path, validation_split=0.2).final
    assert final["epochs"] == 1


def test_autokeras_goes_on_to_the_final_fit_though_all_trials_failed(tmp_path):
    tuner = plain_search(tmp_path, failure=RuntimeError("no memory"), epochs=3)
    assert tuner.statuses() == ["FAILED", "FAILED"]
    assert len(tuner.final) == 1
    assert tuner.returned == "history"


def test_autokeras_names_no_hyperparameters_before_its_own_search(tmp_path):
    assert PlainSearch(tmp_path).oracle.get_space().space == []


def test_autokeras_halves_the_batch_for_want_of_memory_and_does_not_tell_its_caller():
    tried = []

    def fit(batch_size, validation_data):
        tried.append(batch_size)
        if batch_size > 4:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")
        return "history"

    assert run_with_adaptive_batch_size(16, fit) == "history"
    assert tried == [16, 8, 4]


def test_greedy_tuner_draws_from_numpys_global_generator(tmp_path):
    found = {}
    for seed in (0, 1, 2):
        tuner = autokeras.tuners.Greedy(
            Space(), objective=OBJECTIVE, max_trials=8, directory=tmp_path / str(seed), seed=1
        )
        BaseTuner._populate_initial_space(tuner)
        np.random.seed(seed)
        found[seed] = [tuner.oracle.create_trial(f"tuner{n}").hyperparameters.values for n in range(4)]
    assert found[0] != found[1] != found[2] != found[0]


# KerasTuner


def test_three_failures_in_a_row_end_a_search(tmp_path):
    with pytest.raises(RuntimeError, match="consecutive failures exceeded the limit of 3"):
        plain_search(tmp_path, trials=8, failure=RuntimeError("no memory"), epochs=3)


def test_seed_of_0_is_none():
    assert keras_tuner.oracles.RandomSearchOracle(OBJECTIVE, seed=0).seed != 0


def test_tuner_of_another_name_does_not_reload_the_trials_that_are_there(tmp_path, monkeypatch):
    random_search(tmp_path, trials=2).search()
    found = {}
    for name in ("tuner0", "chief"):
        monkeypatch.setitem(os.environ, "KERASTUNER_TUNER_ID", name)
        found[name] = len(random_search(tmp_path, trials=2).oracle.trials)
    assert found == {"tuner0": 2, "chief": 0}


def test_tuner_cannot_read_a_file_that_it_was_killed_while_writing(tmp_path):
    random_search(tmp_path, trials=2).search()
    (state,) = tmp_path.rglob("oracle.json")
    state.write_text(state.read_text()[:-20])
    with pytest.raises(json.JSONDecodeError):
        random_search(tmp_path, trials=2)


def test_grid_search_forgets_its_place_when_it_is_reloaded(tmp_path):
    random_search(tmp_path, trials=2, base=keras_tuner.GridSearch).search()
    again = random_search(tmp_path, trials=8, base=keras_tuner.GridSearch)
    again.search()
    assert len(again.oracle.trials) == 2
    whole = random_search(tmp_path / "at once", trials=8, base=keras_tuner.GridSearch)
    whole.search()
    assert len(whole.oracle.trials) == 8
