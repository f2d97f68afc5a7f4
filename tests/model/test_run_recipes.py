"""What parts of a recipe leave in a measured run: starting weights, and int8 files as they are deployed."""

import pytest

from frugalnet import run
from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.measure.deployed import Int8
from frugalnet.record import paths
from frugalnet.record.record import read_record
from tests.model.test_run import RUNS, baseline, child, execute, fail, finished

__all__ = ["baseline", "child", "execute", "finished"]


def starting_from(path):
    """Return the row of the baseline with a file of weights to start from."""
    row = RUNS["baseline"]
    return row.model_copy(update={"recipe": row.recipe.model_copy(update={"weights": str(path)})})


def test_record_names_the_weights_that_the_network_started_from(baseline, execute, monkeypatch):
    monkeypatch.setitem(RUNS, "baseline", starting_from(baseline / paths.MODEL))
    found = read_record(execute("baseline") / paths.RECORD)
    before = read_record(baseline / paths.RECORD)
    assert (before.weights_sha256, found.weights_sha256) == (None, digest(baseline / paths.MODEL))
    assert found.quality["train_loss"] < before.quality["train_loss"]  # it went on from there


def test_weights_that_are_missing_stop_a_run_before_anything_is_measured(execute, tmp_path, monkeypatch):
    monkeypatch.setitem(RUNS, "baseline", starting_from(tmp_path / "none.keras"))
    with pytest.raises(FrugalNetError, match=r"none\.keras: no such file"):
        execute("baseline")
    assert not (tmp_path / "failed").exists()


def test_weights_of_another_network_are_a_failed_try_without_training(execute, tmp_path, monkeypatch):
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="other")]).save(tmp_path / "other.keras")
    monkeypatch.setitem(RUNS, "baseline", starting_from(tmp_path / "other.keras"))
    with pytest.raises(
        FrugalNetError, match="weights of another network than softmax_big: dense1 is not in it; dense2"
    ):
        execute("baseline")
    found = read_record(tmp_path / "failed/mnist/baseline/default/seed0/0/record.json")
    assert found.weights_sha256 == digest(tmp_path / "other.keras")
    assert "run/train" not in {window.name for window in found.windows}


def rounding(monkeypatch, method, level, granularity="weight"):
    """Have the run of a method round to int8, and prune as said if it prunes."""
    row = RUNS[method]
    changes = {"recipe": row.recipe.model_copy(update={"internal": level})}
    if row.pruning:
        changes["pruning"] = row.pruning.model_copy(update={"granularity": granularity})
    monkeypatch.setitem(RUNS, method, row.model_copy(update=changes))


@pytest.mark.parametrize("level", ["quantization_aware", "post_training_quantization"])
def test_run_that_rounds_leaves_an_int8_file_and_what_it_is_as_deployed(execute, digits, monkeypatch, level):
    rounding(monkeypatch, "baseline", level)
    folder = execute("baseline")
    found = read_record(folder / paths.RECORD)
    file = folder / "model.tflite"
    assert found.files["model.tflite"] == digest(file)
    assert (found.deployed.bytes, found.deployed_reason) == (file.stat().st_size, None)
    assert found.deployed.bytes < 0.3 * found.model.model_bytes
    outputs = Int8(file.read_bytes(), 1).predict(digits.test.x)
    assert found.deployed.quality["test_accuracy"] == (outputs.argmax(axis=1) == digits.test.y).mean()
    assert found.deployed.quality.keys() == {"test_accuracy", "validation_accuracy"}
    rows = [each for each in found.inference if each.model == "deployed"]
    assert [each.batch_size for each in rows] == [1, 40]
    assert all(each.latency_ms > 0 and each.energy_j > 0 and each.latency_ratio > 0 for each in rows)
    assert "run/inference/quantization" in {window.name for window in found.windows}


def test_pruned_network_is_deployed_compacted(child, monkeypatch):
    rounding(monkeypatch, "pruning", "quantization_aware", "unit")
    found = read_record(child("pruning") / paths.RECORD)
    assert found.model.parameters_compacted < 0.5 * found.model.parameters
    assert found.deployed.bytes < 1.5 * found.model.parameters_compacted + 4000


def test_run_whose_network_cannot_be_rounded_is_complete_and_says_why(execute, monkeypatch):
    rounding(monkeypatch, "baseline", "post_training_quantization")
    fail(monkeypatch, "frugalnet.recipes.quantization.calibrated_ranges", "an unknown layer")
    folder = execute("baseline")
    found = read_record(folder / paths.RECORD)
    assert (found.status, found.deployed) == ("complete", None)
    assert found.deployed_reason == "softmax_big is not converted to int8: an unknown layer"
    assert {path.name for path in folder.iterdir()} == set(paths.COMPLETE)


def test_energy_of_gpus_is_not_that_of_an_int8_file_on_the_processor(execute, monkeypatch):
    rounding(monkeypatch, "baseline", "post_training_quantization")
    monkeypatch.setattr(run.backend, "on_gpu", lambda: True)
    found = read_record(execute("baseline") / paths.RECORD)
    energies = {each.model: (each.energy_j, each.energy_ratio) for each in found.inference}
    assert energies["deployed"] == (None, None)
    assert energies["masked"][0] > 0
