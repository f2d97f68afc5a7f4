"""Exports to MLflow's store in a file: each run once, whole, and with what is known of it."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
from mlflow import MlflowClient

from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.tracking import mlflow as tracker
from frugalnet.tracking.where import ORIGIN, Where
from tests.unit.conftest import made_record, without_model
from tests.unit.made_exports import BASELINE, LOST, NAME, NEEDING, RUNS, exported, leave_run, made_results

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Return an empty store: to make its tables takes MLflow seconds."""
    folder = tmp_path_factory.mktemp("empty")
    with tracker.opened(Where("mlflow", folder, experiment="empty"), {}):
        return folder / paths.MLFLOW_STORE


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch, empty):
    """Return a folder of results with made runs and an empty store; the working folder has no secrets."""
    monkeypatch.chdir(tmp_path)
    folder = made_results(tmp_path)
    shutil.copy(empty, folder)
    return folder


def client(results):
    store = f"sqlite:///{results / paths.MLFLOW_STORE}"
    return MlflowClient(tracking_uri=store, registry_uri=store)


def runs(results, experiment=NAME):
    """Return the runs of an experiment that are not deleted, by name."""
    there = client(results)
    found = there.search_runs([there.get_experiment_by_name(experiment).experiment_id])
    assert len({run.info.run_name for run in found}) == len(found)
    return {run.info.run_name: run for run in found}


def dump(results):
    """Return all that the store holds."""
    with sqlite3.connect(results / paths.MLFLOW_STORE) as store:
        return "\n".join(store.iterdump())


def test_runs_have_parameters_final_numbers_curves_and_how_they_are_known(results):
    assert exported(results, "mlflow").new == RUNS
    there = client(results)
    found = runs(results)
    assert found.keys() == {BASELINE, LOST, NEEDING}
    run = found[BASELINE]
    assert run.info.status == "FINISHED"
    assert run.data.params["recipe.optimizer"] == "adam" and run.data.params["study"] == "compression"
    assert run.data.metrics["quality/test_quality"] == 0.97
    assert run.data.metrics["energy/train_energy_j"] == 5.0
    assert run.data.tags["energy_source"] == "estimated" and run.data.tags["data_level"] == "sample"
    curve = there.get_metric_history(run.info.run_id, "by_epoch/energy_j")
    assert [(point.step, point.value) for point in curve] == [(1, 5.0)]
    assert curve[0].timestamp - run.info.start_time == 6000  # the epoch ended 6 s after the start
    assert run.info.end_time - run.info.start_time == 13_000


def test_run_without_a_model_has_failed_and_says_why(results):
    exported(results, "mlflow")
    found = runs(results)
    assert (found[LOST].info.status, found[NEEDING].info.status) == ("FAILED", "FAILED")
    assert found[LOST].data.tags["error"] == "the training diverged"
    assert (
        "energy/train_energy_j" in found[LOST].data.metrics and "quality/test_quality" not in found[LOST].data.metrics
    )
    assert found[NEEDING].data.metrics == {}


def test_exporting_twice_changes_nothing(results):
    exported(results, "mlflow")
    before = dump(results)
    again = exported(results, "mlflow")
    assert (again.new, again.there) == ([], RUNS)
    assert dump(results) == before


def test_run_that_was_measured_anew_takes_the_place_of_the_old_one(results):
    exported(results, "mlflow")
    leave_run(results, made_record(quality=0.5))
    again = exported(results, "mlflow")
    assert (again.new, len(again.there)) == ([RUNS[0]], 2)
    assert runs(results)[BASELINE].data.metrics["quality/test_quality"] == 0.5
    assert len(runs(results)) == 3


@pytest.fixture
def shared(tmp_path, empty):
    """Return the address of a store that several results are exported to."""
    shutil.copy(empty, tmp_path / "shared.db")
    return f"sqlite:///{tmp_path / 'shared.db'}"


def qualities(store):
    """Return the qualities of all exports of the baseline, the worst first."""
    there = MlflowClient(tracking_uri=store, registry_uri=store)
    found = there.search_runs([there.get_experiment_by_name(NAME).experiment_id])
    return sorted(run.data.metrics["quality/test_quality"] for run in found if run.info.run_name == BASELINE)


def test_other_results_of_the_same_name_stay_in_the_experiment(results, shared, tmp_path):
    other = made_results(tmp_path / "elsewhere")
    leave_run(other, made_record(quality=0.5))
    exported(results, "mlflow", shared)
    assert exported(other, "mlflow", shared).new == [RUNS[0]]  # the others are the same runs
    assert qualities(shared) == [0.5, 0.97]
    assert exported(results, "mlflow", shared).there == exported(other, "mlflow", shared).there == RUNS
    leave_run(results, made_record(quality=0.6))
    assert exported(results, "mlflow", shared).new == [RUNS[0]]
    assert qualities(shared) == [0.5, 0.6]


def test_results_that_were_moved_or_copied_are_there_and_replace_their_own(results, shared, tmp_path):
    exported(results, "mlflow", shared)
    copy = shutil.copytree(results, tmp_path / "copied" / NAME)
    moved = results.rename(tmp_path / "moved")
    assert exported(copy, "mlflow", shared).there == RUNS
    assert exported(moved, "mlflow", shared, experiment=NAME).there == RUNS
    leave_run(copy, made_record(quality=0.5))
    assert exported(copy, "mlflow", shared).new == [RUNS[0]]
    assert qualities(shared) == [0.5]


def test_results_without_what_tells_them_from_others_are_the_same_by_their_records(results, shared):
    exported(results, "mlflow", shared)
    (results / ORIGIN).unlink()  # as in results that a package was unpacked to
    assert exported(results, "mlflow", shared).there == RUNS


def test_export_that_ended_in_the_middle_is_made_anew(results, monkeypatch):
    monkeypatch.setattr(MlflowClient, "set_terminated", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exported(results, "mlflow")
    monkeypatch.undo()
    assert [run.info.status for run in runs(results).values()] == ["RUNNING"]
    assert exported(results, "mlflow").new == RUNS
    assert sorted(run.info.status for run in runs(results).values()) == ["FAILED", "FAILED", "FINISHED"]


KILLED = """
import os, signal, sys
from pathlib import Path
from mlflow import MlflowClient
from frugalnet.tracking import export
from frugalnet.tracking.where import ORIGIN, Where
whole = MlflowClient.log_batch
def killed(self, *given, **named):
    whole(self, *given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
MlflowClient.log_batch = killed
results = Path(sys.argv[1])
export.export(export.finished(results, ()), Where("mlflow", results))
"""


def test_export_that_was_killed_is_made_anew(results):
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run([sys.executable, "-c", KILLED, results], env=os.environ | {"PYTHONPATH": str(source)})
    assert done.returncode == -signal.SIGKILL
    assert not paths.tracked(results / "compression", BASELINE, "mlflow").exists()
    assert exported(results, "mlflow").new == RUNS
    assert {run.info.status for run in runs(results).values()} == {"FINISHED", "FAILED"}


def test_models_and_figures_are_artifacts_where_they_are_asked_for(results):
    exported(results, "mlflow")
    picture = paths.figure(results / "compression", "gain_for_energy")
    picture.parent.mkdir()
    picture.write_bytes(b"a picture")
    again = exported(results, "mlflow", artifacts=("model", "figures"))
    assert again.new == [RUNS[0], "compression/figures"]  # the other runs have no model
    there, found = client(results), runs(results)
    assert [file.path for file in there.list_artifacts(found[BASELINE].info.run_id)] == ["model.keras"]
    figures = found["compression: figures"].info.run_id
    assert [file.path for file in there.list_artifacts(figures, "figures")] == ["figures/gain_for_energy.png"]
    assert (results / paths.MLFLOW_ARTIFACTS).is_dir()
    assert exported(results, "mlflow", artifacts=("model", "figures")).new == []


def test_experiment_has_the_name_that_is_given(results):
    exported(results, "mlflow", experiment="Another one")
    assert len(runs(results, "Another one")) == 3


def test_experiment_that_was_deleted_is_told(results):
    exported(results, "mlflow")
    there = client(results)
    there.delete_experiment(there.get_experiment_by_name(NAME).experiment_id)
    with pytest.raises(FrugalNetError, match=r"its experiment made was deleted; expected it restored"):
        exported(results, "mlflow")


def test_texts_that_are_too_long_for_mlflow_are_cut(results):
    lost = without_model(made_record(method="joint"), error="x" * 20_000)
    leave_run(results, lost)
    exported(results, "mlflow")
    assert len(runs(results)[lost.run.id].data.tags["error"]) == tracker.LONGEST


def test_page_to_open_is_named(results):
    assert (
        tracker.to_open(Where("mlflow", Path("results/quick")))
        == "mlflow ui --backend-store-uri sqlite:///results/quick/mlflow.db"
    )
    assert tracker.to_open(Where("mlflow", Path("results/quick"), "http://host:1")) == "open http://host:1"
