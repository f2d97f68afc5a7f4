"""A run that searches: what it leaves when it is done, when it is stopped, and when its trials were jobs of their own."""

import csv
import json
from functools import partial

import pytest

from frugalnet import beginning, run
from frugalnet.analysis import energies
from frugalnet.backend import keras
from frugalnet.config.carbon import Carbon
from frugalnet.config.nas import Nas
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.jobs.trial import do_trial
from frugalnet.measure.inference import latency_beside
from frugalnet.recipes.callbacks import Progress
from frugalnet.record import paths, record
from frugalnet.record.record import read_record
from frugalnet.search.search import task_of
from tests.model.made_tasks import add_tiny_space, make_instant
from tests.model.test_run import PROBE, RUNS
from tests.unit.conftest import made_record

ID = "mnist/nas/default/seed0"
TRIALS_CSV = ["trial", "status", "objective", "quality", "parameters", "macs", "energy_j", "duration_s", "epochs"]
TRIALS_CSV += ["batch_size", "reason"]


@pytest.fixture
def study(tmp_path, digits, monkeypatch, without_tflite):
    """Return a study's folder, with made digits for its runs."""
    add_tiny_space(monkeypatch)
    digits.card.update(level="sample", source="sample", samples={"train": 160})
    monkeypatch.setattr(beginning.datasets, "load", lambda folder, name: digits)
    monkeypatch.setattr(run.backend, "configure", lambda threads, seed: run.backend.keras.utils.set_random_seed(seed))
    return tmp_path


def row_of(method="nas", **nas):
    """Return the row of a method that searches the space `tiny` with the greedy tuner, over 4 trials of an epoch."""
    return RUNS[method].model_copy(update={"nas": Nas(**{"trials": 4, "epochs": 1, "space": "tiny"} | nas)})


def execute(row, study, **inputs):
    """Do a run, and return its record and the rows of its trials."""
    run.execute(row, run.Inputs(study / "data", **inputs), PROBE, Carbon(), study)
    folder = study / "raw" / row.id
    with (folder / paths.TRIALS).open(newline="") as file:
        return read_record(folder / paths.RECORD), list(csv.DictReader(file))


def closes(found):
    """Check that what is inside of each window and its gap are the window, exactly."""
    for parent in found.windows:
        inside = sum(window.energy_uj for window in found.windows if window.parent == parent.name)
        assert inside + parent.gap_uj == parent.energy_uj
    return {window.name: window for window in found.windows}


def own_uj(found):
    """Return what the run counts as its own cost."""
    return energies.total_uj(found, energies.own_windows(found), "energy")


def stopped(row, study, stop=KeyboardInterrupt):
    """Do a run that is stopped, and return the record of the try."""
    with pytest.raises(stop):
        execute(row, study)
    tries = sorted((study / "failed" / row.id).iterdir())
    return read_record(tries[-1] / paths.RECORD)


def test_every_joule_of_a_search_and_of_the_training_of_its_winner_has_one_place(study, monkeypatch):
    training = make_instant(monkeypatch)
    training.fails = {1: RuntimeError("no luck")}
    found, trials = execute(row_of(), study)
    windows = closes(found)
    assert {name for name, window in windows.items() if window.parent == "run"} == {
        *("run/load", "run/search", "run/build", "run/train", "run/inference")
    }
    assert own_uj(found) == windows["run/search"].energy_uj + windows["run/train"].energy_uj
    assert [trial["status"] for trial in trials] == ["complete", "failed", "complete", "complete"]
    for trial in trials:
        assert round(float(trial["energy_j"]) * 1e6) == windows[trial["window"]].energy_uj > 0
    assert [name for name in trials[0] if name in TRIALS_CSV] == TRIALS_CSV
    assert (trials[1]["reason"], trials[1]["objective"], trials[1]["quality"]) == ("RuntimeError: no luck", "", "")
    (winner,) = (trial for trial in trials if trial["winner"] == "True")
    assert found.model.parameters == int(winner["parameters"])
    assert not (study / "work" / ID).exists()


def test_stopped_search_goes_on_and_its_trials_count_once(study, monkeypatch):
    ended = []
    on_epoch_end = Progress.on_epoch_end

    def stop_in_the_third_trial(callback, *given):
        ended.append(1)
        if len(ended) == 3:
            raise KeyboardInterrupt
        return on_epoch_end(callback, *given)

    monkeypatch.setattr(Progress, "on_epoch_end", stop_in_the_third_trial)
    first = stopped(row_of(), study)
    assert first.status == "failed"
    assert first.kept == ["run/search/trial0", "run/search/trial1"]
    assert "run/search/trial2/train/epoch1" in closes(first)
    found, trials = execute(row_of(), study)
    assert len(ended) == 3 + 2 + 2, "epochs of trials 0 and 1, of 2 when it was stopped, of 2 and 3, of the winner"
    windows = closes(found)
    beside = {name: window for name, window in windows.items() if window.parent is None}
    assert list(beside) == ["run", "trials/trial0", "trials/trial1"]
    assert [trial["window"] for trial in trials] == [
        *("trials/trial0", "trials/trial1", "run/search/trial2", "run/search/trial3")
    ]
    assert own_uj(found) == sum(
        windows[name].energy_uj for name in ("trials/trial0", "trials/trial1", "run/search", "run/train")
    )
    assert found.energy.totals[0].energy_uj == sum(window.energy_uj for window in beside.values())
    before = {window.name: window.energy_uj for window in first.windows}
    for number in (0, 1):
        assert windows[f"trials/trial{number}"].energy_uj == before[f"run/search/trial{number}"]
        assert round(float(trials[number]["energy_j"]) * 1e6) == before[f"run/search/trial{number}"]
    assert (found.kept, found.status) == ([], "complete")
    assert not (study / "work" / ID).exists()


def test_try_that_fails_after_the_search_keeps_all_of_its_trials(study, monkeypatch):
    make_instant(monkeypatch)
    with monkeypatch.context() as failing:
        failing.setattr(run, "inference", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        first = stopped(row_of(tuner="random"), study)
    assert first.kept == [f"run/search/trial{number}" for number in range(4)]
    found, trials = execute(row_of(tuner="random"), study)
    assert [trial["window"] for trial in trials] == [f"trials/trial{number}" for number in range(4)]
    windows = closes(found)
    names = (*(f"trials/trial{number}" for number in range(4)), "run/search", "run/train")
    assert own_uj(found) == sum(windows[name].energy_uj for name in names)


def test_try_after_one_whose_trials_all_failed_begins_anew(study, monkeypatch):
    training = make_instant(monkeypatch)
    training.fails = {number: RuntimeError("no luck") for number in range(4)}
    first = stopped(row_of(), study, FrugalNetError)
    assert "all trials of the search failed" in first.error
    assert closes(first)["run/search/trial3"].energy_uj > 0
    training.fails = {}
    _, trials = execute(row_of(), study)
    assert [trial["window"] for trial in trials] == [f"run/search/trial{number}" for number in range(4)]


def about(digits, section=None, **changed):
    """Return what decides the trials of a search, of whose row a section, or else the row itself, is changed."""
    row = row_of()
    values = {section: getattr(row, section).model_copy(update=changed)} if section else changed
    return task_of(row.model_copy(update=values), digits, None).about


@pytest.mark.parametrize(
    ("section", "changed"),
    [
        ("measure", {"cpu_tdp_w": 15.0}),
        ("measure", {"threads": 1}),
        ("nas", {"epochs": 2}),
        (None, {"method_version": 9}),
    ],
    ids=str,
)
def test_trials_of_another_run_are_not_gone_on_with(section, changed, study, digits):
    assert about(digits, section, **changed) != about(digits)


def test_how_the_winner_is_picked_does_not_decide_what_trials_give(study, digits):
    assert about(digits, "nas", winner="smallest", tolerance=0.1) == about(digits)


def test_run_that_does_not_search_keeps_nothing(study, monkeypatch):
    monkeypatch.setattr(run, "inference", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert stopped(RUNS["baseline"], study).kept == []


def test_run_whose_trials_were_jobs_trains_the_winner_and_counts_them(study, monkeypatch):
    training = make_instant(monkeypatch)
    row = row_of(tuner="grid")
    paths = [study / f"trial{number}.json" for number in range(4)]
    for number, path in enumerate(paths):
        do_trial(row, number, run.Inputs(study / "data"), PROBE, path)
    assert len(training.done) == 4
    found, trials = execute(row, study, trials=paths)
    assert len(training.done) == 4
    assert [trial["window"] for trial in trials] == [f"trials/trial{number}" for number in range(4)]
    assert [trial["parameters"] for trial in trials] == ["1600", "1606", "3190", "3180"]
    windows = closes(found)
    names = (*(f"trials/trial{number}" for number in range(4)), "run/search", "run/train")
    assert own_uj(found) == sum(windows[name].energy_uj for name in names)


def test_job_whose_trial_fails_leaves_it_all_the_same(study, monkeypatch):
    make_instant(monkeypatch).fails = {0: RuntimeError("no luck")}
    do_trial(row_of(tuner="grid"), 0, run.Inputs(study / "data"), PROBE, study / "trial0.json")
    assert json.loads((study / "trial0.json").read_text())["trial"]["reason"] == "RuntimeError: no luck"


def test_job_of_a_trial_that_the_space_does_not_have_is_refused(study, monkeypatch):
    make_instant(monkeypatch)
    with pytest.raises(
        FrugalNetError,
        match=r"^grid search finds only 8 networks in the space tiny; expected nas\.trials to be no more",
    ):
        do_trial(row_of(tuner="grid", trials=9), 8, run.Inputs(study / "data"), PROBE, study / "trial8.json")


def test_search_and_its_winner_are_measured_beside_the_reference(study, monkeypatch):
    training = make_instant(monkeypatch)
    monkeypatch.setattr("frugalnet.search.trial.latency_beside", partial(latency_beside, budget_s=0.05))
    reference = baseline_in(study)
    row = row_of(tuner="grid", trials=1, weights={"parameters": 0.1})
    found, (tried,) = execute(row, study, reference=reference)
    assert tried["parameters"] == "1600"
    assert json.loads(tried["parts"])["parameters"] == pytest.approx(-0.0678, abs=1e-4)  # log2(1.6) is 0.678
    assert float(tried["objective"]) == pytest.approx(0.5 - 0.0678, abs=1e-4)
    assert 0.1 < float(tried["latency_ratio"]) < 10
    assert found.reference == record.Parent(
        id="mnist/baseline/default/seed0", model_sha256=digest(reference.with_name(paths.MODEL))
    )
    assert {each.model for each in found.inference} == {"masked", "reference"}
    assert {each.same_operations for each in found.inference} == {False, None}
    assert len(training.done) == 1


def baseline_in(study):
    """Leave a baseline of 1000 parameters, as its record says, with a small model; return its record."""
    folder = study / "raw" / "mnist/baseline/default/seed0"
    folder.mkdir(parents=True)
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)])
    model.save(folder / paths.MODEL)
    rec = made_record()
    size = rec.model.model_copy(update={"sha256": digest(folder / paths.MODEL)})
    rec.model_copy(update={"model": size}).write(folder)
    return folder / paths.RECORD


def test_searched_network_is_trained_from_new_weights_and_then_pruned(study, monkeypatch):
    make_instant(monkeypatch)
    found, _ = execute(row_of(trials=1), study)
    assert "run/train/epoch2" in {window.name for window in found.windows}
    parent = study / "raw" / ID
    run.execute(RUNS["nas_pruning"], run.Inputs(study / "data", parent), PROBE, Carbon(), study)
    pruned = read_record(study / "raw" / RUNS["nas_pruning"].id / paths.RECORD)
    assert pruned.parents == [record.Parent(id=ID, model_sha256=found.model.sha256)]
    assert pruned.model.parameters == found.model.parameters
    assert pruned.model.parameters_nonzero < 0.2 * pruned.model.parameters
