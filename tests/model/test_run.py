"""One measured run from start to end: what it leaves, also when it fails."""

import fcntl
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from frugalnet import beginning, run
from frugalnet.backend import keras
from frugalnet.config.carbon import Carbon
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.measure import costs
from frugalnet.record import paths, record
from frugalnet.record.probe import Probe
from frugalnet.record.record import read_record
from frugalnet.record.scores import read_scores
from frugalnet.studies.compression.sheet import run_sheet
from tests.model.conftest import made_digits

CONFIG = Config.model_validate(
    {
        "measure": {"meters": "estimate", "inference_s": 0.05, "idle_s": 0.1, "memory": "none"},
        "compression": {
            "pruning": {"epochs": 2, "update_steps": 3},
            "per_dataset": {"mnist": {"recipe": {"epochs": 2, "batch_size": 16}}},
        },
    }
)
PROBE = Probe(machine={}, started="2026-01-01T00:00:00+00:00", on_gpu=False, meters=[], missing={})
RUNS = {row.method: row for row in reversed(run_sheet(CONFIG)) if row.dataset == "mnist"}
"""The first variant of each method."""


def execute_in(study, digits, monkeypatch):
    """Return a function that does a run of a method on the made digits, and gives its raw folder."""
    digits.card.update(level="sample", source="sample", samples={"train": 160})
    monkeypatch.setattr(beginning.datasets, "load", lambda folder, name: digits)
    monkeypatch.setattr(run.backend, "configure", lambda threads, seed: run.backend.keras.utils.set_random_seed(seed))

    def execute(method, **measure):
        row = RUNS[method]
        row = row.model_copy(update={"measure": row.measure.model_copy(update=measure)})
        parent = study / "raw" / row.parent if row.parent else None
        run.execute(row, run.Inputs(study / "data", parent), PROBE, Carbon(), study)
        return study / "raw" / row.id

    return execute


@pytest.fixture
def execute(tmp_path, digits, monkeypatch, without_tflite):
    return execute_in(tmp_path, digits, monkeypatch)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a study in which the baseline is done, which tests must not change."""
    study = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as monkeypatch:
        execute_in(study, made_digits(), monkeypatch)("baseline")
    return study


@pytest.fixture(scope="module")
def baseline(finished):
    """Return the raw folder of the baseline."""
    return finished / "raw" / RUNS["baseline"].id


@pytest.fixture
def child(finished, execute, tmp_path):
    """Return a function that does a run that starts from the baseline."""
    shutil.copytree(finished / "raw", tmp_path / "raw")
    return execute


def test_finished_run_leaves_its_files_and_no_scratch(baseline, finished):
    assert {path.name for path in baseline.iterdir()} == set(paths.COMPLETE)
    assert not (finished / "work" / "mnist/baseline/default/seed0").exists()
    assert not (finished / "failed").exists()


def test_record_names_every_file_with_its_checksum(baseline):
    found = read_record(baseline / paths.RECORD)
    assert found.files == {name: digest(baseline / name) for name in sorted(set(paths.COMPLETE) - {paths.RECORD})}


def test_record_holds_spec_machine_software_and_status(baseline):
    found = read_record(baseline / paths.RECORD)
    assert (found.run, found.status) == (RUNS["baseline"], "complete")
    assert found.machine["cores"] >= 1
    assert found.software["packages"]["keras"].startswith("3.12")
    assert set(found.software["git"] or {"commit", "dirty"}) == {"commit", "dirty"}


def test_windows_of_the_record_and_of_the_table_are_the_same_and_add_up(baseline):
    found = read_record(baseline / paths.RECORD)
    assert pyarrow.parquet.read_table(baseline / paths.WINDOWS).to_pylist() == [
        window.model_dump() for window in found.windows
    ]
    for parent in found.windows:
        inside = sum(window.energy_uj for window in found.windows if window.parent == parent.name)
        assert inside + parent.gap_uj == parent.energy_uj


def test_record_names_meter_scope_idle_power_and_uncertainty(baseline):
    found = read_record(baseline / paths.RECORD)
    (device,) = found.energy.devices
    assert (device.meter, found.energy.scope, found.energy.source) == ("estimate", "cpu", "estimated")
    assert 9 < device.idle_before_w < 40
    (total,) = found.energy.totals
    assert (total.name, total.scope, total.energy_uj) == ("run", "cpu", found.windows[0].energy_uj)
    assert 0 < total.energy_net_uj < total.energy_uj
    assert total.u_stat_j > 0
    assert total.u_sys_j is None


def test_timeline_reaches_from_before_the_run_to_its_end(baseline):
    timeline, root = pd.read_parquet(baseline / paths.TIMELINE), read_record(baseline / paths.RECORD).windows[0]
    assert timeline["time_s"].min() < -0.1
    assert timeline["time_s"].max() > root.end_s
    assert timeline["time_s"].diff().dropna().min() >= 0


def test_quality_of_the_record_is_that_of_the_saved_model(baseline, digits):
    labels = np.asarray(keras.models.load_model(baseline / paths.MODEL)(digits.test.x)).argmax(axis=1)
    expected = (labels == digits.test.y).mean()
    assert read_record(baseline / paths.RECORD).quality["test_accuracy"] == pytest.approx(expected)


def test_model_is_saved_without_the_optimizer(baseline):
    size = read_record(baseline / paths.RECORD).model
    assert size.model_bytes < 4 * size.parameters * 1.1


@pytest.mark.parametrize("method", ["continued", "pruning"])
def test_method_starts_from_its_parents_model(baseline, child, method):
    parent = read_record(baseline / paths.RECORD)
    child = read_record(child(method) / paths.RECORD)
    assert child.parents == [record.Parent(id="mnist/baseline/default/seed0", model_sha256=parent.model.sha256)]
    assert child.model.parameters == parent.model.parameters


def test_parent_whose_model_is_not_the_recorded_one_is_refused(child, tmp_path):
    model = tmp_path / "raw" / RUNS["baseline"].id / paths.MODEL
    model.write_bytes(model.read_bytes() + b"x")
    with pytest.raises(
        FrugalNetError, match=r"model\.keras: not the model that record\.json beside it was written for"
    ):
        child("pruning")


def test_quality_on_test_data_is_the_mean_of_the_scores_that_are_left(baseline):
    scores = read_scores(baseline / paths.TEST_SCORES)
    assert len(scores) == 40 and scores.dtype == bool
    assert read_record(baseline / paths.RECORD).quality["test_accuracy"] == scores.mean()


def test_record_names_the_teacher_and_its_model(baseline, child, tmp_path):
    pruned = child("pruning")
    distilled = {"granularity": "unit", "distillation": 0.5}
    settings = RUNS["scratch"].pruning.model_copy(update=distilled)
    row = RUNS["scratch"].model_copy(update={"pruning": settings, "teacher": RUNS["baseline"].id})
    inputs = run.Inputs(tmp_path / "data", pruned, baseline)
    run.execute(row, inputs, PROBE, Carbon(), tmp_path)
    found = read_record(tmp_path / "raw" / row.id / paths.RECORD)
    assert found.teacher.model_dump() == {"id": RUNS["baseline"].id, "model_sha256": digest(baseline / paths.MODEL)}
    assert "run/teacher" in {window.name for window in found.windows}


def test_failed_run_leaves_what_it_measured_and_nothing_that_looks_whole(execute, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("lost the device")

    monkeypatch.setattr(run, "inference", fail)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="lost the device"):
            execute("baseline")
    first, second = (read_record(tmp_path / f"failed/mnist/baseline/default/seed0/{n}/record.json") for n in (0, 1))
    assert first.status == second.status == "failed"
    assert "lost the device" in first.error
    assert next(window for window in first.windows if window.name == "run/train").energy_uj > 0
    assert len(pd.read_parquet(tmp_path / "failed/mnist/baseline/default/seed0/0" / paths.TIMELINE)) > 2
    assert not (tmp_path / "raw").exists()


def fail(monkeypatch, function="frugalnet.methods.baseline.network_of", error="no luck"):
    """Have a function that a run calls raise an error."""

    def raising(*_, **__):
        raise RuntimeError(error)

    monkeypatch.setattr(function, raising)


def test_try_that_cannot_be_written_keeps_the_first_error_and_leaves_nothing_half_written(
    execute, tmp_path, monkeypatch, caplog
):
    fail(monkeypatch)
    fail(monkeypatch, "frugalnet.ending.statement.write", "no space left")
    with pytest.raises(RuntimeError, match="no luck"):
        execute("baseline")
    assert "could not be written (RuntimeError: no space left)" in caplog.text
    assert not list(tmp_path.rglob("failed/**/*"))
    assert [path.name for path in (tmp_path / "work").rglob("*") if path.is_file()] == ["seed0.lock"]


def test_error_while_a_finished_run_is_written_loses_no_joules(execute, tmp_path, monkeypatch):
    fail(monkeypatch, "frugalnet.run.publish", "disk full")
    with pytest.raises(RuntimeError, match="disk full"):
        execute("baseline")
    found = read_record(tmp_path / "failed/mnist/baseline/default/seed0/0/record.json")
    assert (found.status, "disk full" in found.error) == ("failed", True)
    assert next(window for window in found.windows if window.name == "run").energy_uj > 0


def test_try_has_a_number_above_all_that_are_left(execute, tmp_path, monkeypatch):
    tries = tmp_path / "failed/mnist/baseline/default/seed0"
    for number in ("0", "3", "notes"):
        (tries / number).mkdir(parents=True)
    fail(monkeypatch)
    with pytest.raises(RuntimeError):
        execute("baseline")
    assert (tries / "4" / "record.json").exists()


def test_replayed_timeline_makes_a_record_that_says_simulated(execute, tmp_path):
    lines = [f"{t / 10},{t * 4_000_000},40" for t in range(600)]
    (tmp_path / "recorded.csv").write_text("\n".join(["time_s,energy_uj,power_w", *lines]) + "\n")
    found = read_record(execute("baseline", meters="replay", replay=str(tmp_path / "recorded.csv")) / paths.RECORD)
    root = found.windows[0]
    assert root.energy_uj == pytest.approx(40e6 * (root.end_s - root.start_s), rel=1e-6)
    assert (
        {window.source for window in found.windows} == {"simulated"} == {total.source for total in found.energy.totals}
    )


def test_run_that_another_process_is_doing_is_not_done_twice(execute, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "PATIENCE_S", 0)
    work = tmp_path / "work" / "mnist/baseline/default"
    work.mkdir(parents=True)
    with (work / "seed0.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(FrugalNetError, match="another process is doing the run mnist/baseline/default/seed0"):
            execute("baseline")


def test_scratch_of_a_killed_run_is_not_taken_for_results(execute, tmp_path):
    made = tmp_path / "work" / "mnist/baseline/default/seed0" / "made"
    made.mkdir(parents=True)
    (made / "trials.csv").write_text("half a li")
    assert not (execute("baseline") / "trials.csv").exists()


def test_record_is_plain_json(baseline):
    json.loads((baseline / paths.RECORD).read_text(), parse_constant=pytest.fail)


def test_record_holds_what_the_model_costs_as_it_is_and_compacted(baseline):
    found = read_record(baseline / paths.RECORD)
    assert (found.model.macs, found.model.activation_batch) == (784 * 528 + 528 * 128 + 128 * 10, 256)
    assert found.model.gzip_bytes < found.model.model_bytes
    assert found.model.compacted_bytes <= found.model.model_bytes
    assert "run/inference/compaction" in {window.name for window in found.windows}


def test_memory_is_measured_for_the_runs_that_the_configuration_names(execute, monkeypatch):
    asked = []
    monkeypatch.setattr(costs, "peaks", lambda *_: asked.append(True) or dict.fromkeys(costs.NAMES, 7.0))
    for method in ("baseline", "continued"):
        measure = RUNS[method].measure.model_copy(update={"memory": "baseline"})
        monkeypatch.setitem(RUNS, method, RUNS[method].model_copy(update={"measure": measure}))
    assert read_record(execute("baseline") / paths.RECORD).model.host_peak_training_mib == 7
    assert read_record(execute("continued") / paths.RECORD).model.host_peak_training_mib is None
    assert len(asked) == 1


def test_inputs_of_a_job_are_the_folders_of_its_files():
    files = {"data": "data/mnist/dataset.json", "parent": "raw/mnist/nas/default/seed0/record.json"}
    files |= {"teacher": "raw/mnist/baseline/default/seed0/record.json"}
    files |= {"reference": "raw/mnist/baseline/default/seed0/record.json", "trials": ["trials/1.json", "trials/0.json"]}
    assert beginning.inputs_of(files) == beginning.Inputs(
        data=Path("data/mnist"),
        parent=Path("raw/mnist/nas/default/seed0"),
        teacher=Path("raw/mnist/baseline/default/seed0"),
        reference=Path("raw/mnist/baseline/default/seed0/record.json"),
        trials=[Path("trials/1.json"), Path("trials/0.json")],
    )


def test_job_without_parent_reference_and_trials_has_its_data_alone():
    found = beginning.inputs_of({"data": "data/mnist/dataset.json"})
    assert (found.parent, found.teacher, found.reference, found.trials) == (None, None, None, [])


def test_hourly_intensities_that_cannot_be_read_stop_a_run_before_anything_is_measured(tmp_path):
    carbon = Carbon(hourly=str(tmp_path / "grid.csv"), source="a grid", year=2026)
    with pytest.raises(FrugalNetError, match=r"grid\.csv': No such file"):
        run.execute(RUNS["baseline"], run.Inputs(tmp_path / "data"), PROBE, carbon, tmp_path / "study")
    assert not (tmp_path / "study").exists()
