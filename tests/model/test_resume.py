"""A search that was stopped goes on with the trials that it has, and counts each joule once; so does one whose trials were jobs."""

import pytest

from frugalnet.config.recipe import Recipe
from frugalnet.energy import Ledger, statement
from frugalnet.search.kept import KeptTrial
from frugalnet.search.search import is_search_of, prepare, search
from frugalnet.search.trial import try_network
from frugalnet.search.tuner import proposals
from tests.model.made_tasks import make_instant, processor, task_on
from tests.unit.steady import SteadyMeter
from tests.unit.test_kept import FLAG


@pytest.fixture
def instant(monkeypatch):
    return make_instant(monkeypatch)


def searched(task, folder, meters=None, tried=()):
    """Return what a search found, its windows and those of other processes."""
    with Ledger([processor()] if meters is None else meters) as ledger:
        found = search(task, ledger, folder, tried)
    return found, [*statement.windows_of(ledger), *found.windows]


def stopped(task, folder, instant, training, stop=KeyboardInterrupt):
    """Do a search that is stopped in the training of this number; return its windows."""
    instant.fails = {training: stop()}
    ledger = Ledger([processor()])
    with pytest.raises(stop), ledger:
        search(task, ledger, folder)
    instant.fails = {}
    return statement.windows_of(ledger)


def rows(found):
    """Return what of the trials does not depend on time and place."""
    return [(each.trial, each.hyperparameters, each.quality, each.status, each.winner) for each in found.trials]


def roots(windows):
    return [window.name for window in windows if window.parent in (None, "run", "run/search")]


@pytest.mark.parametrize(
    ("tuner", "stop"),
    [
        ("greedy", SystemExit),
        ("bayesian", KeyboardInterrupt),
        ("hyperband", SystemExit),
        ("random", KeyboardInterrupt),
        ("grid", SystemExit),
    ],
)
def test_stopped_search_goes_on_with_the_trials_that_it_has(tuner, stop, digits, tmp_path, instant):
    task = task_on(digits, tuner=tuner)
    whole, _ = searched(task, tmp_path / "whole")
    instant.done.clear()
    stopped(task, tmp_path / "stopped", instant, 2, stop)
    found, windows = searched(task, tmp_path / "stopped")
    assert len(instant.done) == 2 + 1 + 2, "trials 0 and 1, trial 2 as far as it came, then trials 2 and 3"
    assert rows(found) == rows(whole)
    assert roots(windows) == [
        *("run", "run/search", "run/search/trial2", "run/search/trial3", "trials/trial0", "trials/trial1")
    ]
    assert [each.window for each in found.trials] == [
        *("trials/trial0", "trials/trial1", "run/search/trial2", "run/search/trial3")
    ]


@pytest.mark.parametrize("tuner", ["greedy", "random"])
def test_search_that_is_stopped_again_and_again_ends_all_the_same(tuner, digits, tmp_path, instant):
    task = task_on(digits, tuner=tuner)
    whole, _ = searched(task, tmp_path / "whole")
    for training in (0, 1, 0, 1, 1):  # in the first one, or when one more trial is done
        instant.done.clear()
        stopped(task, tmp_path / "stopped", instant, training)
    instant.done.clear()
    found, _ = searched(task, tmp_path / "stopped")
    assert len(instant.done) == 1
    assert rows(found) == rows(whole)


def test_search_that_is_done_has_nothing_left_to_do(digits, tmp_path, instant):
    task = task_on(digits, tuner="greedy")
    first, _ = searched(task, tmp_path)
    again, windows = searched(task, tmp_path)
    assert len(instant.done) == 4
    assert rows(again) == rows(first)
    assert roots(windows) == ["run", "run/search", *(f"trials/trial{number}" for number in range(4))]


@pytest.mark.parametrize("tuner", ["greedy", "random"])
def test_energy_of_a_trial_counts_once(tuner, digits, tmp_path, instant):
    task = task_on(digits, tuner=tuner)
    before = {window.name: window for window in stopped(task, tmp_path, instant, 2)}
    found, windows = searched(task, tmp_path)
    after = {window.name: window for window in windows}
    for number in (0, 1):
        assert after[f"trials/trial{number}"].energy_uj == before[f"run/search/trial{number}"].energy_uj
        assert f"run/search/trial{number}" not in after
    for trial in found.trials:
        assert trial.energy_j == after[trial.window].energy_uj / 1e6
    inside = sum(after[f"run/search/trial{number}"].energy_uj for number in (2, 3))
    assert inside + after["run/search"].gap_uj == after["run/search"].energy_uj


@pytest.mark.parametrize("tuner", ["greedy", "random"])
def test_trial_that_was_written_down_is_not_repeated_though_the_tuner_was_not_told(
    tuner, digits, tmp_path, instant, monkeypatch
):
    write = KeptTrial.write

    def write_and_stop(kept, path):
        write(kept, path)
        if kept.trial.trial == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(KeptTrial, "write", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            searched(task_on(digits, tuner=tuner), tmp_path)
    found, _ = searched(task_on(digits, tuner=tuner), tmp_path)
    assert len(instant.done) == 4
    assert [each.window for each in found.trials][:2] == ["trials/trial0", "trials/trial1"]


def test_failed_trial_is_not_repeated_either(digits, tmp_path, instant):
    task = task_on(digits, tuner="greedy")
    instant.fails = {0: RuntimeError("no luck"), 2: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        searched(task, tmp_path)
    instant.fails = {}
    found, _ = searched(task, tmp_path)
    assert len(instant.done) == 3 + 2
    assert [(each.status, each.reason) for each in found.trials][:2] == [
        ("failed", "RuntimeError: no luck"),
        ("complete", None),
    ]


@pytest.mark.parametrize(
    "changed", [{"epochs": 2}, {"trials": 5}, {"max_macs": 10**6}, {"seed": 1}, {"tuner": "random"}]
)
def test_other_search_starts_from_scratch(changed, digits, tmp_path, instant):
    stopped(task_on(digits, tuner="greedy"), tmp_path, instant, 2)
    instant.done.clear()
    found, windows = searched(task_on(digits, **{"tuner": "greedy"} | changed), tmp_path)
    assert len(instant.done) == len(found.trials) == changed.get("trials", 4)
    assert not [name for name in roots(windows) if name.startswith("trials")]


def test_folder_is_that_of_just_one_search(digits, tmp_path, instant):
    task = task_on(digits)
    assert not is_search_of(tmp_path, task)
    prepare(tmp_path, task)
    (tmp_path / "trials" / "trial0.json").write_text("{}")
    assert is_search_of(tmp_path, task)
    prepare(tmp_path, task)
    assert (tmp_path / "trials" / "trial0.json").exists()
    other = task_on(digits, recipe=Recipe(learning_rate=0.01))
    assert not is_search_of(tmp_path, other)
    prepare(tmp_path, other)
    assert not list((tmp_path / "trials").iterdir())


def test_trials_of_other_meters_are_there_but_their_joules_are_not_known(digits, tmp_path, instant):
    task = task_on(digits)
    stopped(task, tmp_path, instant, 2)
    found, windows = searched(task, tmp_path, meters=[SteadyMeter()])
    beside = [window for window in windows if window.name.startswith("trials")]
    assert {(window.device, window.energy_uj, *window.flags) for window in beside} == {("GPU-0", None, FLAG)}
    assert [each.energy_j is None for each in found.trials] == [True, True, False, False]
    assert all(each.quality for each in found.trials)


# Trials of jobs


def test_trials_that_jobs_did_are_not_done_again(digits, tmp_path, instant):
    task = task_on(digits)
    whole, _ = searched(task, tmp_path / "whole")
    paths = [tmp_path / f"{number}.json" for number in (3, 1, 0, 2)]
    for path in paths:
        with Ledger([processor()]) as ledger, ledger.window("search"):
            number = int(path.stem)
            try_network(task, number, proposals(task, number + 1)[number], ledger).write(path)
    instant.done.clear()
    found, windows = searched(task, tmp_path / "jobs", tried=paths)
    assert instant.done == []
    assert rows(found) == rows(whole)
    assert roots(windows) == ["run", "run/search", *(f"trials/trial{number}" for number in range(4))]
    assert not (tmp_path / "jobs").exists()
