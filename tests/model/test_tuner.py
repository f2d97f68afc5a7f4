"""Tuners keep to their trials, and propose the same whatever else happens; what they work around is in test_tuner_libraries."""

import copy
import json

import numpy as np
import pytest
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FatalError

from frugalnet.energy import Ledger
from frugalnet.search.search import search
from frugalnet.search.tuner import make_tuner, proposals, run_tuner
from tests.model.made_tasks import NETWORKS, Instant, make_instant, processor, task_on

TUNERS = ["greedy", "bayesian", "hyperband", "random", "grid"]


@pytest.fixture
def instant(monkeypatch):
    return make_instant(monkeypatch)


def searched(task, folder):
    """Return the trials of a search."""
    with Ledger([processor()]) as ledger:
        return search(task, ledger, folder).trials


def chosen(trials):
    """Return units and layers of each network."""
    return [(values["units"], values["layers"]) for values in (json.loads(each.hyperparameters) for each in trials)]


@pytest.mark.parametrize("tuner", TUNERS)
def test_every_tuner_keeps_to_its_trials_and_epochs(tuner, digits, tmp_path, instant):
    trials = searched(task_on(digits, tuner=tuner, trials=5, epochs=2), tmp_path)
    assert [each.trial for each in trials] == [0, 1, 2, 3, 4]
    assert {each.status for each in trials} == {"complete"}
    assert [epochs for _, epochs, _ in instant.done] == [2] * 5
    assert len(set(chosen(trials))) == 5 or tuner == "bayesian"  # which may try a good network twice


def test_hyperband_trains_the_best_of_its_first_networks_for_more_epochs(digits, tmp_path, instant):
    trials = searched(task_on(digits, tuner="hyperband", trials=6, epochs=4), tmp_path)
    assert [epochs for _, epochs, _ in instant.done] == [2, 2, 2, 2, 2, 4]
    best = max(trials[:5], key=lambda trial: trial.objective)
    assert chosen(trials[5:]) == chosen([best])


@pytest.mark.parametrize("tuner", ["random", "grid"])
def test_what_is_proposed_is_what_is_tried(tuner, digits, tmp_path, instant):
    task = task_on(digits, tuner=tuner, trials=5)
    proposed = [hp.values for hp in proposals(task, 5)]
    assert [json.loads(each.hyperparameters) for each in searched(task, tmp_path)] == proposed
    assert [hp.values for hp in proposals(task, 2)] == proposed[:2]


def test_proposals_do_not_depend_on_numpys_global_generator(digits, instant):
    task = task_on(digits, tuner="random", trials=5)
    found = []
    for seed in (0, 1):
        np.random.seed(seed)
        found.append([hp.values for hp in proposals(task, 5)])
    assert found[0] == found[1]


def test_grid_tries_every_network_once_and_then_ends(digits, tmp_path, instant):
    trials = searched(task_on(digits, tuner="grid", trials=20), tmp_path)
    assert chosen(trials) == [(units, layers) for units in (2, 4, 8, 16) for layers in (1, 2)]
    assert len(instant.done) == NETWORKS


@pytest.mark.parametrize("tuner", ["greedy", "hyperband", "random"])
def test_search_ends_when_the_space_is_exhausted_and_tries_no_network_twice(tuner, digits, tmp_path, instant):
    trials = searched(task_on(digits, tuner=tuner, trials=20, epochs=1), tmp_path)
    assert 4 < len(trials) == len(set(chosen(trials))) <= NETWORKS


@pytest.mark.parametrize("tuner", TUNERS)
def test_more_than_three_failures_in_a_row_do_not_end_a_search(tuner, digits, tmp_path, instant):
    instant.fails = {number: RuntimeError("no luck") for number in range(5)}
    trials = searched(task_on(digits, tuner=tuner, trials=6), tmp_path)
    assert [each.status for each in trials] == ["failed"] * 5 + ["complete"]
    assert [each.winner for each in trials] == [False] * 5 + [True]


@pytest.mark.parametrize("tuner", TUNERS)
def test_same_search_gives_the_same_trials_whatever_trainings_draw(tuner, digits, tmp_path, monkeypatch):
    class Drawing(Instant):
        def during(self, model):
            np.random.random(self.draws)

    found = []
    for draws in (0, 5):
        training = make_instant(monkeypatch, Drawing())
        training.draws = draws
        found.append(chosen(searched(task_on(digits, tuner=tuner, trials=6, epochs=4), tmp_path / str(draws))))
    assert found[0] == found[1]


@pytest.mark.parametrize("tuner", ["greedy", "bayesian", "hyperband", "random"])
def test_searches_of_other_seeds_try_other_networks(tuner, digits, tmp_path, instant):
    first, second = (
        chosen(searched(task_on(digits, tuner=tuner, trials=4, seed=seed), tmp_path / str(seed))) for seed in (0, 1)
    )
    assert first != second


@pytest.mark.parametrize(("dataset", "best"), [("digits", max), ("houses", min)])
def test_tuner_learns_from_the_objective_in_its_sense(dataset, best, request, tmp_path, instant):
    task = task_on(request.getfixturevalue(dataset), tuner="greedy", trials=6)
    done = {}
    with Ledger([]) as ledger:
        tuner = make_tuner(task, ledger, tmp_path, done, tmp_path)
        BaseTuner.search(tuner)
    objectives = {number: kept.trial.objective for number, kept in done.items()}
    assert {int(each.trial_id): each.score for each in tuner.oracle.trials.values()} == objectives
    assert tuner.oracle.get_best_trials()[0].score == best(objectives.values())
    assert len(set(objectives.values())) > 3


def test_tuner_that_is_copied_shares_task_ledger_and_files(digits, tmp_path, instant):
    ledger = Ledger([processor()])
    tuner = make_tuner(task_on(digits, tuner="greedy"), ledger, tmp_path, {}, tmp_path / "state")
    copied = copy.deepcopy(tuner)
    assert copied.task is tuner.task
    assert copied.ledger is ledger
    assert copied.done is tuner.done
    assert copied.folder == tuner.folder == tmp_path


def test_every_trial_is_written_down_when_it_ends(digits, tmp_path, monkeypatch):
    written = []

    class Looking(Instant):
        def during(self, model):
            written.append(sorted(path.name for path in (tmp_path / "trials").glob("*.json")))

    make_instant(monkeypatch, Looking(fails={1: RuntimeError("no luck")}))
    searched(task_on(digits, tuner="greedy", trials=3), tmp_path)
    assert written == [[], ["trial0.json"], ["trial0.json", "trial1.json"]]


@pytest.mark.parametrize("tuner", ["greedy", "bayesian", "hyperband"])
def test_trials_that_are_written_down_are_told_to_a_new_tuner_and_not_repeated(tuner, digits, tmp_path, instant):
    task = task_on(digits, tuner=tuner, trials=4)
    with Ledger([]) as ledger:
        first, again = {}, {}
        run_tuner(task, ledger, tmp_path, first)
        (tmp_path / "trial2.json").unlink()
        run_tuner(task, ledger, tmp_path, again)
    assert len(instant.done) == 5
    assert {n: each.trial.hyperparameters for n, each in again.items()} == {
        n: each.trial.hyperparameters for n, each in first.items()
    }


def test_tuner_learns_from_what_was_tried_even_where_it_would_have_proposed_something_else(digits, tmp_path, instant):
    task = task_on(digits, tuner="greedy", trials=3)
    with Ledger([]) as ledger:
        run_tuner(task, ledger, tmp_path, {})
        other = json.loads((tmp_path / "trial0.json").read_text())
        tried = {"units": 16, "layers": 2}
        other["trial"]["hyperparameters"] = json.dumps(tried)
        (tmp_path / "trial0.json").write_text(json.dumps(other))
        tuner = make_tuner(task, ledger, tmp_path, {}, tmp_path / "state")
        BaseTuner.search(tuner)
    assert tuner.oracle.trials["0"].hyperparameters.values == tried


def test_trial_that_cannot_be_written_down_ends_the_search(digits, tmp_path, instant):
    (tmp_path / "file").touch()
    with Ledger([]) as ledger, pytest.raises(FatalError, match=r"trial0\.json"):
        run_tuner(task_on(digits, tuner="greedy"), ledger, tmp_path / "file" / "folder", {})


def test_files_are_named_by_the_number_of_the_trial_which_tuners_pad_with_zeros(digits, tmp_path, instant):
    searched(task_on(digits, tuner="greedy", trials=12), tmp_path)
    names = sorted(path.name for path in (tmp_path / "trials").iterdir())
    assert names == [f"trial{number}.json" for number in range(NETWORKS)]
