"""The cost of a model is one row, of the model as it is and of the smaller one that computes the same."""

import json
import logging
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.measure import cost, costs
from frugalnet.measure import peaks as peaks_module
from frugalnet.measure.size import gzip_bytes
from frugalnet.record import record

layers = keras.layers


def half_dead(units=256, dead=128):
    """Return 20-256-3 whose last hidden units have no weights and no bias."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((20,)), layers.Dense(units, "relu"), layers.Dense(3)])
    kernel, bias = model.layers[0].get_weights()
    kernel[:, units - dead :] = 0
    model.layers[0].set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def row():
    return cost(half_dead(), batch_size=8, memory=False)


def test_row_has_the_columns_of_the_record_and_whole_numbers_where_it_says_so(row):
    assert set(row) == set(record.COST)
    assert record.Model.model_validate(row | {"sha256": ""}, strict=True).parameters == 6147


def test_compacted_model_is_counted_beside_the_model(row):
    assert (row["parameters"], row["parameters_nonzero"], row["parameters_compacted"]) == (
        6147,
        20 * 128 + 256 * 3,
        3075,
    )
    assert (row["macs"], row["macs_nonzero"], row["macs_compacted"]) == (5888, 20 * 128 + 256 * 3, 2944)
    assert (row["weight_bytes"], row["weight_bytes_compacted"]) == (4 * 6147, 4 * 3075)
    assert (row["activation_bytes"], row["activation_bytes_compacted"]) == (8 * 4 * (20 + 256), 8 * 4 * (20 + 128))
    assert row["activation_batch"] == 8


def test_files_are_smaller_after_gzip_compaction_and_quantization(row):
    assert row["gzip_bytes"] < row["model_bytes"] - 8_000
    assert row["compacted_bytes"] < row["model_bytes"] - 8_000
    assert row["gzip_bytes_compacted"] < row["compacted_bytes"]
    assert row["tflite_bytes_compacted"] < row["tflite_bytes"] - 8_000
    assert row["tflite_int8_bytes"] is not None


def test_compaction_changes_outputs_by_rounding_at_most(row):
    assert 0 <= row["compaction_error"] <= 1e-6


def test_unknown_is_none_and_not_zero(row):
    assert [row[name] for name in ("host_peak_training_mib", "host_runtime_mib")] == [None, None]


def test_int8_weights_take_a_quarter_of_the_bytes():
    model = keras.Sequential([keras.Input((200,)), layers.Dense(200), layers.Dense(3)])
    found = cost(model, memory=False)
    assert found["tflite_bytes"] > 4 * 200 * 200
    assert 200 * 200 < found["tflite_int8_bytes"] < found["tflite_bytes"] / 3


def test_model_with_nothing_to_remove_is_its_own_compacted_model():
    model = half_dead(dead=0)
    found = cost(model, memory=False)
    assert costs.compaction(model) is model
    assert (found["parameters_compacted"], found["compacted_bytes"]) == (6147, found["model_bytes"])
    assert found["compaction_error"] == 0


def test_model_that_cannot_be_compacted_has_no_compacted_numbers(monkeypatch, caplog):
    def refuse(model):
        raise FrugalNetError("NaN weights in dense")

    monkeypatch.setattr(costs, "compact", refuse)
    with caplog.at_level(logging.WARNING):
        found = cost(half_dead(), memory=False)
    assert "is not compacted: NaN weights in dense" in caplog.text
    assert [found[name] for name in ("parameters_compacted", "compacted_bytes", "macs_compacted")] == [None] * 3
    assert found["compaction_error"] is None
    assert found["macs"] == 5888


def test_compaction_that_changes_the_outputs_is_measured_and_warned_of(caplog):
    model, other = half_dead(), half_dead()
    other.layers[1].set_weights([1.5 * weight for weight in other.layers[1].get_weights()])
    with caplog.at_level(logging.WARNING):
        found = cost(model, memory=False, compacted=other)
    assert found["compaction_error"] == pytest.approx(0.5, abs=0.01)
    assert "compaction changed the outputs by 5.0e-01" in caplog.text


def test_model_that_cannot_be_converted_has_no_tflite_size(monkeypatch, caplog):
    def fail(self):
        raise RuntimeError("no such operation\nand more")

    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_concrete_functions", fail)
    with caplog.at_level(logging.WARNING):
        found = cost(half_dead(), memory=False)
    assert (found["tflite_bytes"], found["tflite_int8_bytes"]) == (None, None)
    assert caplog.text.rstrip().endswith("is not converted to TensorFlow Lite: no such operation")


def test_model_stays_as_it_was_and_is_saved_without_its_optimizer(tmp_path):
    model = half_dead()
    model.compile("adam", "mse")
    model.fit(np.ones((8, 20)), np.ones((8, 3)), verbose=0)
    optimizer, before = model.optimizer, model.get_weights()
    saved = costs.save(model, tmp_path / "model.keras", memory=False)
    assert model.compiled and model.optimizer is optimizer
    assert all(map(np.array_equal, model.get_weights(), before))
    assert saved.model_bytes == (tmp_path / "model.keras").stat().st_size < 4 * 6147 + 20_000
    assert saved.sha256 == digest(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert b"optimizer" not in archive.read("config.json") + archive.read("model.weights.h5")


def test_model_with_several_inputs_and_outputs():
    numbers, image = keras.Input((4,)), keras.Input((6, 6, 1), dtype="uint8")
    flat = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    joined = layers.Concatenate()([numbers, flat])
    found = cost(keras.Model([numbers, image], [layers.Dense(2)(joined), layers.Dense(1)(joined)]), memory=False)
    assert found["macs"] == 40 * 3
    assert found["compaction_error"] == 0


def test_peaks_are_those_of_model_and_compacted_model_each_in_its_process(monkeypatch):
    measured = []

    def peaks(model, path, batch):
        measured.append((model.count_params(), path.stat().st_size, [part.shape for part in batch]))
        return dict.fromkeys(costs.NAMES, float(model.count_params()))

    monkeypatch.setattr(costs, "peaks", peaks)
    found = cost(half_dead(), batch_size=8)
    assert [(count, shapes) for count, _, shapes in measured] == [(6147, [(8, 20)]), (3075, [(8, 20)])]
    assert [size for _, size, _ in measured] == [found["model_bytes"], found["compacted_bytes"]]
    for name in peaks_module.PEAKS:
        assert (found[name], found[f"{name}_compacted"]) == (6147, 3075)
    assert found["host_runtime_mib"] == 6147 and "host_runtime_mib_compacted" not in found


def test_peaks_of_a_model_with_nothing_to_remove_are_measured_once(monkeypatch):
    values = iter(range(10))
    monkeypatch.setattr(costs, "peaks", lambda *_: dict.fromkeys(costs.NAMES, next(values)))
    found = cost(half_dead(dead=0))
    assert {found[f"{name}{twin}"] for name in peaks_module.PEAKS for twin in ("", "_compacted")} == {0}


def test_open_input_has_no_samples_and_the_rest_is_known(caplog):
    model = keras.Sequential([keras.Input((None, 4)), layers.Dense(3)])
    with caplog.at_level(logging.WARNING):
        found = cost(model)
    assert "no samples are made for inputs of open size" in caplog.text
    assert (found["parameters"], found["macs"], found["host_peak_inference_mib"]) == (15, None, None)


def test_parsing_the_workflow_loads_no_tensorflow():
    modules = ("analysis.selection", "figures", "jobs.needed", "jobs.order", "jobs.sheets", "record.machine")
    code = f"import sys, {', '.join(f'frugalnet.{name}' for name in modules)}; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_size_after_gzip_is_the_same_whenever_and_wherever_a_model_was_saved(tmp_path):
    sizes = []
    for year, address in ((2025, 140_537_947_171_856), (2026, 94_105_311_274_064)):
        path = tmp_path / f"{year}.keras"
        shared = [{"shared_object_id": number} for number in (address, address + 16, address)]
        contents = {
            "metadata.json": json.dumps({"date_saved": f"{year}-01-01@00:00:{address % 60:02}"}),
            "config.json": json.dumps({"layers": shared}),
        }
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(zipfile.ZipInfo(name, (year, 3, 4, 5, 6, 8)), content)
        sizes.append(gzip_bytes(path))
    assert sizes[0] == sizes[1] > 100
