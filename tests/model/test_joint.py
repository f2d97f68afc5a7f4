"""A search whose trials prune counts what is left, and its winner is trained in full and pruned as the search found best."""

import json

import keras_tuner
import pytest

from frugalnet.backend import keras, tf
from frugalnet.config.pruning import Pruning
from frugalnet.config.whole import Config
from frugalnet.energy import Ledger, statement
from frugalnet.methods import Job
from frugalnet.methods.joint import joint
from frugalnet.pruning import compact
from frugalnet.pruning.masks import Masking
from frugalnet.recipes.callbacks import Progress
from frugalnet.search.pruned import chosen_pruning
from frugalnet.search.trial import try_network
from frugalnet.search.tuner import proposals
from frugalnet.studies.compression.sheet import run_sheet
from tests.model.made_tasks import BASELINE, add_tiny_space, make_instant, processor, task_on

PRUNING = Pruning(epochs=2, update_steps=3)


@pytest.fixture
def instant(monkeypatch):
    return make_instant(monkeypatch)


def pruned(units, sparsity, schedule="polynomial"):
    hp = keras_tuner.HyperParameters()
    hp.values = {"sparsity": sparsity, "schedule": schedule, "units": units, "layers": 1}
    return hp


def tried(task, hp):
    with Ledger([processor()]) as ledger, ledger.window("search"):
        return try_network(task, 0, hp, ledger).trial


# Trials


@pytest.mark.parametrize(
    ("sparsity", "schedule", "parameters", "macs", "part"),
    [
        (0.75, "polynomial", 1600, 1588, 0.03),
        (0.5, "constant", 3190, 3176, 0.02),
        (0.0, "polynomial", 6370, 6352, 0.01),
    ],
)
def test_trial_counts_what_is_left_of_it(sparsity, schedule, parameters, macs, part, digits, monkeypatch):
    add_tiny_space(monkeypatch)
    weights = {"parameters": 0.01}
    found = tried(task_on(digits, pruning=PRUNING, weights=weights, reference=BASELINE), pruned(8, sparsity, schedule))
    assert (found.status, found.parameters, found.parameters_compacted) == ("complete", 6370, parameters)
    assert (found.macs, found.macs_compacted) == (6352, macs)
    assert json.loads(found.parts)["parameters"] == pytest.approx(part, rel=0.01)
    assert json.loads(found.hyperparameters) == pruned(8, sparsity, schedule).values


def test_trial_that_was_tried_again_for_want_of_memory_is_pruned_like_any_other(digits, monkeypatch):
    add_tiny_space(monkeypatch)
    ended = []

    def fail_once(*_):
        ended.append(1)
        if len(ended) == 1:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")

    monkeypatch.setattr(Progress, "on_epoch_end", fail_once)
    found = tried(task_on(digits, pruning=PRUNING), pruned(8, 0.75))
    assert (found.status, found.batch_size, found.parameters_compacted) == ("complete", 8, 1600)


def test_quality_is_that_of_the_last_epoch_when_all_is_pruned(digits, instant):
    instant.qualities = [0.3, 0.8, 0.5]
    assert tried(task_on(digits, pruning=PRUNING, epochs=3), pruned(4, 0.5)).quality == 0.5


def test_masks_have_all_epochs_of_a_trial_and_only_other_trials_stop_early(digits, instant):
    tried(task_on(digits, pruning=PRUNING), pruned(4, 0.5))
    assert [type(each) for each in instant.callbacks] == [Masking]
    tried(task_on(digits, pruning=PRUNING), pruned(4, 0.0))
    assert instant.callbacks == []
    tried(task_on(digits, patience=7), pruned(4, 0.5))
    (stopping,) = instant.callbacks
    assert (type(stopping), stopping.patience) == (keras.callbacks.EarlyStopping, 7)


def test_sparsity_and_schedule_are_hyperparameters_of_a_search_that_prunes(digits, instant):
    found = [hp.values for hp in proposals(task_on(digits, pruning=PRUNING, trials=30), 30)]
    assert {values["sparsity"] for values in found} == {0.0, 0.25, 0.5, 0.75}
    assert {values["schedule"] for values in found} == {"polynomial", "constant"}
    assert set(proposals(task_on(digits), 1)[0].values) == {"units", "layers"}


@pytest.mark.parametrize(
    "section",
    [
        {"granularity": "weight", "sparsity": 0.9, "initial_sparsity": 0.6, "exclude": ("dense7",)},
        {"granularity": "2:4", "sparsity": 0.5},
    ],
)
def test_units_are_pruned_whatever_the_section_prunes_and_the_rest_is_as_it_says(section):
    settings = Pruning(ramp=0.25, update_steps=7, epochs=9, **section)
    assert chosen_pruning(pruned(4, 0.25, "constant"), settings, 3) == Pruning(
        granularity="unit", sparsity=0.25, schedule="constant", epochs=3, ramp=0.25, update_steps=7
    )


# The winner


def test_winner_is_trained_by_the_recipe_and_then_pruned_as_the_search_found_best(digits, tmp_path, instant):
    config = Config.model_validate(
        {
            "compression": {
                "datasets": ["mnist"],
                "nas": {"tuner": "random", "trials": 4, "epochs": 1, "space": "tiny"},
                "pruning": {"epochs": 2, "update_steps": 3},
                "per_dataset": {"mnist": {"recipe": {"epochs": 3, "batch_size": 16}}},
            }
        }
    )
    (run,) = (row for row in run_sheet(config) if row.method == "joint")
    with Ledger([processor()]) as ledger:
        result = joint(Job(run, digits, None, ledger, tmp_path))
    (winner,) = (each for each in result.trials if each.winner)
    chosen = json.loads(winner.hyperparameters)
    assert (chosen["units"], chosen["sparsity"]) == (16, 0.5)
    assert [row.epoch for row in result.epochs] == [1, 2, 3, 4, 5]
    assert [row.window for row in result.epochs] == [
        *("run/train/epoch1", "run/train/epoch2", "run/train/epoch3"),
        *("run/train~2/epoch1", "run/train~2/epoch2"),
    ]
    assert [row.sparsity for row in result.epochs[:3]] == [None, None, None]
    assert result.epochs[-1].sparsity == pytest.approx(0.5)
    assert compact(result.model).get_layer("dense1").units == 8
    windows = statement.windows_of(ledger)
    inside = [window for window in windows if window.parent == "run"]
    assert [window.name for window in inside] == [*("run/search", "run/build", "run/train", "run/masks", "run/train~2")]
    assert sum(window.energy_uj for window in inside) + windows[0].gap_uj == windows[0].energy_uj
