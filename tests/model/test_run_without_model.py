"""A run that diverges, that runs out of memory, or that needs the model of such a run: what it leaves."""

import csv

import pytest

from frugalnet import run
from frugalnet.backend import keeping_epochs, tf
from frugalnet.config.carbon import Carbon
from frugalnet.energy import Ledger
from frugalnet.errors import DivergedError, OutOfMemoryError
from frugalnet.jobs.trial import do_trial
from frugalnet.measure.reference import reference_of
from frugalnet.methods.pruning import train_pruned
from frugalnet.pruning.scores import candidates
from frugalnet.recipes.callbacks import Progress
from frugalnet.record import paths, record
from frugalnet.record.record import read_record
from frugalnet.record.rows import Epoch
from frugalnet.search.kept import KeptTrial, trial_file
from frugalnet.search.search import so_far
from frugalnet.search.trial import not_tried
from tests.model.made_tasks import make_instant
from tests.model.test_run import PROBE, RUNS
from tests.model.test_run_search import baseline_in, closes, row_of
from tests.model.test_run_search import study as study
from tests.unit.conftest import made_record, without_model

BASELINE = "mnist/baseline/default/seed0"


def row(method="baseline", **recipe):
    return RUNS[method].model_copy(update={"recipe": RUNS[method].recipe.model_copy(update=recipe)})


DIVERGING = row(optimizer="sgd", learning_rate=1000.0)


def execute(asked, study, **inputs):
    """Do a run, and return its record and the rows of its epochs."""
    run.execute(asked, run.Inputs(study / "data", **inputs), PROBE, Carbon(), study)
    folder = study / "raw" / asked.id
    found = read_record(folder / paths.RECORD)
    assert {path.name for path in folder.iterdir()} == {paths.RECORD, *found.files}
    assert not (study / "failed").exists() and not (study / "work" / asked.id).exists()
    return found, rows_of(folder / paths.EPOCHS)


def rows_of(path):
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def no_memory(*_, **__):
    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[1,2]\nand more")


def test_training_that_diverges_is_a_finished_run_with_its_joules_and_without_a_model(study):
    found, epochs = execute(DIVERGING, study)
    assert (found.status, found.quality, found.model, found.inference) == ("diverged", {}, None, [])
    assert found.error == "the training diverged: its loss is not finite. Is recipe.learning_rate too high?"
    assert set(found.files) == {paths.TIMELINE, paths.WINDOWS, paths.EPOCHS}
    assert closes(found)["run/train/epoch1"].energy_uj > 0
    assert found.energy.totals[0].energy_uj == found.windows[0].energy_uj
    assert [(each["epoch"], each["loss"]) for each in epochs] == [("1", "nan")]


def test_quality_that_is_not_finite_is_a_training_that_diverged(study, monkeypatch):
    monkeypatch.setattr(run, "evaluate", lambda *_: {"test_loss": float("nan"), "test_accuracy": 0.1})
    found, epochs = execute(row(), study)
    assert found.status == "diverged"
    assert found.error.startswith("the training diverged: {'test_loss': nan")
    assert len(epochs) == 2


def test_training_that_runs_out_of_memory_keeps_its_epochs_and_its_joules(study, monkeypatch):
    monkeypatch.setattr(Progress, "on_epoch_begin", lambda callback, epoch, logs=None: epoch and no_memory())
    found, epochs = execute(row(), study)
    assert found.status == "out_of_memory"
    told = "the run needs more memory than there is (OOM when allocating tensor with shape[1,2]). Is recipe.batch_size too large?"
    assert found.error == told
    assert [each["window"] for each in epochs] == ["run/train/epoch1"]
    assert closes(found)["run/train/epoch2"].energy_uj >= 0


@pytest.mark.parametrize(
    ("place", "epochs"),
    [("frugalnet.methods.baseline.network_of", 0), ("frugalnet.run.inference", 2), ("frugalnet.run.save", 2)],
)
def test_memory_that_is_too_small_anywhere_in_a_run_ends_it_so(study, monkeypatch, place, epochs):
    def raising(*_, **__):
        raise MemoryError

    monkeypatch.setattr(place, raising)
    found, rows = execute(row(), study)
    assert (found.status, found.model, len(rows)) == ("out_of_memory", None, epochs)


def test_weights_that_are_not_finite_when_masks_meet_them_are_a_training_that_diverged(study, monkeypatch):
    execute(row(), study)

    def diverged(model, settings):
        kernel = model.trainable_variables[0]
        kernel.assign(kernel * float("nan"))
        return candidates(model, settings)

    monkeypatch.setattr("frugalnet.methods.pruning.pruning", lambda job: train_pruned(job, diverged))
    found, epochs = execute(RUNS["pruning"], study, parent=study / "raw" / BASELINE)
    assert found.status == "diverged"
    assert "its weights are not finite at step 0" in found.error
    assert epochs == []


@pytest.mark.parametrize("status", ["diverged", "out_of_memory"])
def test_run_whose_parent_has_no_model_is_finished_too_and_measures_nothing(study, monkeypatch, status):
    monkeypatch.setattr(run, "open_ledger", lambda *_: pytest.fail("it measured"))
    leave_without_model(study, status)
    found, epochs = execute(RUNS["continued"], study, parent=study / "raw" / BASELINE)
    assert (found.status, epochs, found.windows, found.energy.totals) == (status, [], [], [])
    words = {"diverged": "diverged", "out_of_memory": "ran out of memory"}[status]
    assert found.error == f"its parent {BASELINE} {words}"
    assert found.energy.reason == f"nothing was measured: its parent {BASELINE} {words}"
    assert found.parents == [record.Parent(id=BASELINE, model_sha256=None)]


def leave_without_model(study, status="diverged"):
    """Leave a baseline without a model, and return its record."""
    folder = study / "raw" / BASELINE
    folder.mkdir(parents=True)
    without_model(made_record(), status).write(folder)
    return folder / paths.RECORD


def test_run_whose_reference_has_no_model_is_measured_without_one(study, monkeypatch):
    make_instant(monkeypatch)
    found, _ = execute(row_of(trials=1), study, reference=leave_without_model(study))
    assert (found.status, found.reference) == ("complete", None)
    assert {each.model for each in found.inference} == {"masked"}
    assert {each.latency_ratio for each in found.inference} == {None}


def test_search_that_compares_with_a_baseline_without_numbers_is_finished_too(study, tmp_path):
    reference, searching = leave_without_model(study), row_of(weights={"parameters": 0.1})
    found, _ = execute(searching, study, reference=reference)
    assert (found.status, found.error, found.windows) == ("diverged", f"its reference {BASELINE} diverged", [])
    do_trial(searching, 0, run.Inputs(study / "data", reference=reference), PROBE, tmp_path / "0.json")
    assert f"its reference {BASELINE} diverged" in (tmp_path / "0.json").read_text()


def test_reference_is_a_run_with_a_model(study):
    assert reference_of(None) is None
    assert reference_of(baseline_in(study)).record.run.id == BASELINE


def test_search_whose_winner_diverges_keeps_its_trials_with_their_joules(study, monkeypatch):
    make_instant(monkeypatch)

    def diverge(*_, **__):
        raise DivergedError

    monkeypatch.setattr("frugalnet.methods.nas.train", diverge)
    found, _ = execute(row_of(trials=2), study)
    trials = rows_of(study / "raw" / found.run.id / paths.TRIALS)
    windows = closes(found)
    assert found.status == "diverged"
    assert [each["winner"] for each in trials].count("True") == 1
    assert [each["window"] for each in trials] == ["run/search/trial0", "run/search/trial1"]
    assert windows["run/search/trial1"].energy_uj > 0


def test_trials_of_other_processes_belong_to_a_run_whose_search_began(tmp_path):
    trials = tmp_path / "trials"
    trials.mkdir()
    trial_file(trials, 3).write_text("torn")
    assert so_far(row_of(), Ledger([]), tmp_path) == ([], []), "they may be those of another search"
    KeptTrial(not_tried(0, "no luck").trial, [made_record().windows[0].model_copy(update={"name": "trial0"})]).write(
        tmp_path / "0.json"
    )
    found, windows = so_far(row_of(), Ledger([]), tmp_path, [tmp_path / "0.json"])
    assert [(each.trial, each.window, each.winner) for each in found] == [(0, "trials/trial0", False)]
    assert [each.name for each in windows] == ["trials/trial0"]


def test_epochs_of_a_first_training_stand_before_those_of_the_one_that_stopped():
    first, second = ([Epoch("run/train/epoch1", 1, 0.5, 0.8, 0.6, 0.7, None)] for _ in range(2))
    with pytest.raises(DivergedError) as diverged, keeping_epochs(first):
        raise DivergedError(second)
    assert [each.epoch for each in diverged.value.rows] == [1, 2]
    with pytest.raises(OutOfMemoryError) as out, keeping_epochs(first):
        no_memory()
    assert out.value.rows == first
    assert isinstance(out.value.__cause__, tf.errors.ResourceExhaustedError)


def test_files_of_a_replaced_result_do_not_stand_beside_a_new_one(study):
    folder = study / "raw" / BASELINE
    folder.mkdir(parents=True)
    (folder / paths.MODEL).write_bytes(b"of a result whose record the workflow removed")
    execute(DIVERGING, study)
    assert not (folder / paths.MODEL).exists()
