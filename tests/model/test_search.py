"""A search is what its row says, chooses its winner, and says so when all trials fail."""

import json

import pytest

from frugalnet.config.nas import Nas
from frugalnet.config.whole import Config
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.measure.reference import Reference
from frugalnet.record.paths import RECORD
from frugalnet.search.objective import costs_of_baseline
from frugalnet.search.search import pick, search, task_of
from frugalnet.search.trial import try_network
from frugalnet.search.tuner import proposals
from frugalnet.studies.compression.sheet import run_sheet
from tests.model.made_tasks import make_instant, processor, task_on
from tests.unit.conftest import made_record
from tests.unit.test_kept import made_trial


@pytest.fixture
def instant(monkeypatch):
    return make_instant(monkeypatch)


def searched(task, folder):
    with Ledger([processor()]) as ledger:
        return search(task, ledger, folder)


# The winner


NETS = [
    made_trial(0, quality=0.90, objective=0.90, parameters_compacted=900),
    made_trial(1, quality=0.96, objective=0.95, parameters_compacted=800),
    made_trial(2, quality=0.95, objective=0.97, parameters_compacted=300),
    made_trial(3, quality=0.94, objective=0.97, parameters_compacted=300),
    made_trial(4, status="failed", quality=0.99, objective=None, parameters_compacted=1),
]


@pytest.mark.parametrize(
    ("settings", "winner"),
    [
        ({"winner": "objective"}, 2),
        ({"winner": "smallest", "tolerance": 0.0}, 1),
        ({"winner": "smallest", "tolerance": 0.011}, 2),
        ({"winner": "smallest", "tolerance": 0.5}, 2),
    ],
)
def test_winner_is_the_best_or_the_smallest_that_is_good_enough_and_the_first_of_equal_ones(settings, winner):
    assert pick(NETS, Nas(**settings), 1).trial == winner


@pytest.mark.parametrize(
    ("settings", "winner"),
    [
        ({"winner": "objective"}, 0),
        ({"winner": "smallest", "tolerance": 0.0}, 0),
        ({"winner": "smallest", "tolerance": 0.041}, 3),
        ({"winner": "smallest", "tolerance": 0.051}, 2),
    ],
)
def test_least_error_wins(settings, winner):
    assert pick(NETS, Nas(**settings), -1).trial == winner


def test_winner_is_marked_and_is_the_network_that_is_built(digits, tmp_path, instant):
    task = task_on(digits, tuner="grid", trials=8, winner="smallest", tolerance=0.15)
    found = searched(task, tmp_path)
    assert [each.trial for each in found.trials if each.winner] == [2]
    assert found.winner.values == json.loads(found.trials[2].hyperparameters) == {"units": 4, "layers": 1}
    assert task.build(found.winner).count_params() == found.trials[2].parameters == 3190


# All trials fail


def test_search_in_which_all_trials_fail_says_why(digits, tmp_path, instant):
    instant.fails = {number: RuntimeError(f"no luck {number}") for number in range(4)}
    with pytest.raises(FrugalNetError) as error:
        searched(task_on(digits), tmp_path)
    assert str(error.value) == (
        "all trials of the search failed (trial 0: RuntimeError: no luck 0; trial 1: RuntimeError: no luck 1; "
        "trial 2: RuntimeError: no luck 2; trial 3: RuntimeError: no luck 3); expected at least one trained network."
    )


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"max_parameters": 100}, "nas.max_parameters = 100"),
        ({"max_parameters": None, "max_macs": 90}, "nas.max_macs = 90"),
        ({"max_parameters": 100, "max_macs": 90}, "nas.max_parameters = 100, nas.max_macs = 90"),
    ],
)
def test_space_without_a_network_under_the_limits_says_which_keys(limits, named, digits, tmp_path, instant):
    with pytest.raises(FrugalNetError, match=rf"Is {named} too small for the space 'tiny'\?$"):
        searched(task_on(digits, space="tiny", **limits), tmp_path)
    assert instant.done == []


def test_search_in_which_all_trials_failed_is_done_anew_by_the_next_try(digits, tmp_path, instant):
    task = task_on(digits, tuner="greedy")
    instant.fails = {number: RuntimeError("no luck") for number in range(4)}
    with pytest.raises(FrugalNetError, match="all trials of the search failed"):
        searched(task, tmp_path / "search")
    found = searched(task, tmp_path / "search")
    assert len(instant.done) == 4 + 4
    assert [each.window for each in found.trials] == [f"run/search/trial{number}" for number in range(4)]


def test_jobs_that_all_failed_are_named_with_the_folder_that_they_are_in(digits, tmp_path, instant):
    instant.fails = {0: RuntimeError("no luck")}
    task = task_on(digits, tuner="grid", trials=1)
    (hp,) = proposals(task, 1)
    with Ledger([processor()]) as ledger, ledger.window("search"):
        try_network(task, 0, hp, ledger).write(tmp_path / "jobs" / "trial0.json")
    with (
        pytest.raises(FrugalNetError, match=rf"no luck.* To try them anew, delete {tmp_path / 'jobs'}\.$"),
        Ledger([processor()]) as ledger,
    ):
        search(task, ledger, tmp_path, [tmp_path / "jobs" / "trial0.json"])


# What trials have in common


def row_of(dataset, **nas):
    sheet = run_sheet(Config.model_validate({"compression": {"seeds": 2, "nas": nas}}))
    return next(run for run in sheet if (run.dataset, run.method, run.seed) == (dataset, "nas", 1))


@pytest.mark.parametrize(("dataset", "sign"), [("digits", 1), ("houses", -1)])
def test_task_is_that_of_the_row(dataset, sign, request, tmp_path):
    data = request.getfixturevalue(dataset)
    run = row_of(data.name, space="wide", weights={"parameters": 0.1})
    made_record(data.name).write(tmp_path)
    reference = Reference(tmp_path / RECORD)
    task = task_of(run, data, reference)
    assert (task.space, task.seed, task.objective.sign) == (f"{data.name}_wide", 1, sign)
    assert task.objective.reference == costs_of_baseline(reference.record)
    assert task.reference is reference
    assert (task.objective.weights.parameters, task.pruning) == (0.1, None)
    assert task_of(row_of(data.name), data, None).objective.reference is None
