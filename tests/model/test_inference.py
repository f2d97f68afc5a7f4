"""Inference is repeated until it is known well enough, or its time is up, which shows."""

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.config.measure import Measure
from frugalnet.energy import Ledger
from frugalnet.measure.inference import inference, median_interval
from tests.unit.steady import SteadyMeter


def model(units=3):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])


def measured(small=None, meters=(), samples=20, **settings):
    """Return a ledger and what was measured in it."""
    whole = model()
    measure = Measure.model_validate({"inference_s": 0.1, "inference_batch": 16} | settings)
    ledger = Ledger(list(meters))
    with ledger, ledger.window("inference"):
        small = whole if small == "same" else small
        found = inference(whole, small, np.ones((samples, 4), "float32"), measure, ledger)
    return ledger, found


def test_interval_of_a_median_lies_between_order_statistics():
    assert median_interval(np.array([10, 1, 9, 2, 8, 3, 7, 4, 6, 5])) == (2, 9)  # 97.9 %; (3, 8) would be 89.1 %
    assert median_interval(np.arange(6)) == (0, 5)  # 96.9 %


def test_five_values_bound_no_median():
    assert median_interval(np.arange(5)) is None


def test_each_batch_size_has_its_window_and_its_numbers():
    ledger, found = measured()
    assert [each.window for each in found] == ["run/inference/batch1", "run/inference/batch16"]
    assert {each.window for each in found} <= {window.name for window in ledger.windows}
    for each in found:
        assert 0 < each.latency_low_ms <= each.latency_ms <= each.latency_high_ms
        (window,) = (window for window in ledger.windows if window.name == each.window)
        assert each.throughput_per_s == pytest.approx(each.batches * each.batch_size / window.duration_s)


def test_compacted_model_is_measured_right_after_the_other():
    _, found = measured(small=model(2))
    assert [(each.model, each.window.rpartition("/")[2]) for each in found] == [
        ("masked", "batch1"),
        ("compacted", "compacted_batch1"),
        ("masked", "batch16"),
        ("compacted", "compacted_batch16"),
    ]


@pytest.mark.parametrize("small", ["same", None])
def test_compacted_model_that_is_the_same_or_not_there_is_not_measured(small):
    assert {each.model for each in measured(small=small)[1]} == {"masked"}


def test_large_batch_has_no_more_samples_than_there_are():
    assert [each.batch_size for each in measured(samples=5)[1]] == [1, 5]


def test_measuring_ends_early_when_the_interval_is_narrow_enough():
    ledger, found = measured(inference_s=600, latency_precision=0.5)
    assert [each.flags for each in found] == [[], []]
    for each in found:
        assert each.latency_high_ms - each.latency_low_ms <= 2 * 0.5 * each.latency_ms
    assert ledger.windows[0].duration_s < 60


def test_time_that_is_up_before_the_interval_is_narrow_shows():
    _, found = measured(latency_precision=1e-9)
    assert [each.flags for each in found] == [["resolution_limited"]] * 2


def test_window_that_is_too_short_for_the_meter_shows():
    _, found = measured(meters=[SteadyMeter(tick_s=0.1)], latency_precision=0.5, inference_s=0.1)
    assert [each.flags for each in found] == [["resolution_limited"]] * 2
