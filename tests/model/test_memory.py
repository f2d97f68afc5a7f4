"""Memory of weights, of activations, and of the process that runs a model."""

import logging

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.measure import peaks, resident
from frugalnet.measure.memory import activation_bytes, weight_bytes

layers = keras.layers


def dense(*units, inputs=4, dtype="float32"):
    model = keras.Sequential([keras.Input((inputs,), dtype=dtype), *(layers.Dense(each) for each in units)])
    model.compile()
    return model


def test_weights_count_in_their_types_trainable_or_not():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()])
    assert weight_bytes(model) == (4 * 3 + 3) * 4 + 4 * 3 * 4
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, dtype="float16")])
    assert weight_bytes(model) == (4 * 3 + 3) * 2


def test_activations_are_inputs_and_outputs_of_the_largest_call():
    assert activation_bytes(dense(10, 3), batch_size=2) == 2 * 4 * (4 + 10)


def test_activation_that_a_later_call_needs_stays_alive():
    inputs = keras.Input((10,))
    hidden = layers.Dense(10)(layers.Dense(10)(inputs))
    assert activation_bytes(keras.Model(inputs, layers.Add()([inputs, hidden])), 1) == 4 * 30
    assert activation_bytes(keras.Model(inputs, hidden), 1) == 4 * 20


def test_output_stays_alive_to_the_end():
    inputs = keras.Input((1,))
    early = layers.Dense(10)(inputs)
    late = layers.Dense(20)(layers.Dense(5)(early))
    assert activation_bytes(keras.Model(inputs, [early, late]), 1) == 4 * (10 + 5 + 20)
    assert activation_bytes(keras.Model(inputs, late), 1) == 4 * (5 + 20)


def test_bytes_take_a_byte():
    assert activation_bytes(keras.Sequential([keras.Input((6,), dtype="uint8"), layers.Rescaling(0.5)]), 1) == 6 + 24


def test_activations_of_open_size_are_unknown(caplog):
    with caplog.at_level(logging.WARNING):
        assert activation_bytes(keras.Sequential([keras.Input((None, 4)), layers.ReLU()]), 1) is None
    assert "expected fixed sizes" in caplog.text


def measured(model, folder):
    """Return the peaks of this process, with a batch of two ones."""
    model.save(folder / "model.keras")
    np.savez(folder / peaks.SAMPLES, np.ones((2, *model.input_shape[1:]), "float32"))
    *_, found = peaks.measure(folder, folder / "model.keras")
    return found


def test_peaks_are_without_the_data(tmp_path, monkeypatch):
    readings = {"VmRSS": [500.0, 530.0], "VmHWM": [640.0, 700.0]}  # before and after the data; inference, training
    monkeypatch.setattr(resident, "_status_mib", lambda key: readings[key].pop(0))
    found = measured(dense(3), tmp_path)
    assert found["host_runtime_mib"] == 500
    assert (found["host_peak_inference_mib"], found["host_peak_training_mib"]) == (610, 670)


@pytest.mark.parametrize("missing", ["STATUS", "CLEAR_REFS"])
def test_peaks_are_unknown_where_the_system_does_not_tell_them(missing, tmp_path, monkeypatch):
    monkeypatch.setattr(resident, missing, tmp_path / "missing" / "file")
    found = measured(dense(3), tmp_path)
    assert (found["host_peak_inference_mib"], found["host_peak_training_mib"]) == (None, None)


def test_training_needs_gradients_and_adams_state_beside_the_weights(tmp_path):
    model = dense(2048, inputs=2048)  # 16 MiB of weights
    model.save(tmp_path / "model.keras")
    found = peaks.peaks(model, tmp_path / "model.keras", [np.ones((2, 2048), "float32")])
    assert found["host_peak_inference_mib"] > found["host_runtime_mib"] + 16
    assert found["host_peak_training_mib"] > found["host_peak_inference_mib"] + 2 * 16
    assert found["host_runtime_mib"] > 100


def test_training_that_fails_leaves_what_is_known_of_inference_and_its_reason(tmp_path, caplog):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.ops.argmax(layers.Dense(3)(inputs), axis=-1))
    model.save(tmp_path / "model.keras")
    with caplog.at_level(logging.WARNING):
        found = peaks.peaks(model, tmp_path / "model.keras", [np.ones((2, 4), "float32")])
    assert found["host_peak_inference_mib"] > found["host_runtime_mib"] > 100
    assert found["host_peak_training_mib"] is None
    assert "in training is not measured" in caplog.text


def test_inputs_by_name_are_given_by_name(tmp_path):
    inputs = {"b": keras.Input((2,), name="b"), "a": keras.Input((3,), name="a")}
    model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([inputs["a"], inputs["b"]])))
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / peaks.SAMPLES, np.ones((2, 3), "float32"), np.ones((2, 2), "float32"))
    *_, found = peaks.measure(tmp_path, tmp_path / "model.keras")
    assert None not in (found["host_peak_inference_mib"], found["host_peak_training_mib"])


def test_process_that_fails_leaves_missing_numbers_and_its_reason(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        found = peaks.peaks(dense(3), tmp_path / "nowhere.keras", [np.ones((2, 4), "float32")])
    assert found == dict.fromkeys(peaks.NAMES)
    assert "nowhere.keras" in caplog.text
