"""Inference is measured in turn with a reference until it is known well enough, or its time is up, which shows."""

import time

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.config.measure import Measure
from frugalnet.energy import Ledger
from frugalnet.measure.inference import inference, latency_beside, rows
from frugalnet.measure.intervals import paired_ratio
from frugalnet.measure.operations import same_operations
from frugalnet.measure.reference import copied
from frugalnet.measure.turns import in_turn, predicting
from tests.unit.steady import SteadyMeter


def model(units=3, **layer):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, **layer)])


def measured(small=None, reference=None, meters=(), samples=20, **settings):
    """Return a ledger and what was measured in it."""
    whole = model()
    measure = Measure.model_validate({"inference_s": 0.1, "inference_batch": 16} | settings)
    ledger = Ledger(list(meters))
    with ledger, ledger.window("inference"):
        small = whole if small == "same" else small
        found = inference(whole, small, reference, np.ones((samples, 4), "float32"), measure, ledger)
    return ledger, rows(found, ledger, on_gpu=True)


def of(found, name, size=1):
    return next(each for each in found if (each.model, each.batch_size) == (name, size))


def test_each_batch_size_has_its_window_and_its_numbers():
    ledger, found = measured()
    assert [each.window for each in found] == ["run/inference/batch1", "run/inference/batch16"]
    assert {each.window for each in found} <= {window.name for window in ledger.windows}
    for each in found:
        assert 0 < each.latency_low_ms <= each.latency_ms <= each.latency_high_ms
        assert each.latency_ms <= each.latency_p90_ms <= each.latency_p99_ms
        assert each.blocks >= 6
        assert each.batches % each.blocks == 0
        assert 1000 / each.throughput_per_s * each.batch_size >= each.latency_low_ms / 2


def test_compacted_model_and_reference_are_measured_at_each_batch_size():
    _, found = measured(small=model(2), reference=model(5))
    assert [(each.model, each.window) for each in found] == [
        (name, f"run/inference/batch{size}") for size in (1, 16) for name in ("masked", "compacted", "reference")
    ]
    assert len({each.blocks for each in found if each.batch_size == 1}) == 1


@pytest.mark.parametrize("small", ["same", None])
def test_compacted_model_that_is_the_same_or_not_there_is_not_measured(small):
    assert {each.model for each in measured(small=small)[1]} == {"masked"}


def test_large_batch_has_no_more_samples_than_there_are():
    assert [each.batch_size for each in measured(samples=5)[1]] == [1, 5]


def test_ratio_stands_with_its_interval_at_all_but_the_reference():
    _, found = measured(small=model(2), reference=model(5), meters=[SteadyMeter()])
    for each in found:
        ratios = each.latency_ratio, each.energy_ratio
        if each.model == "reference":
            assert ratios == (None, None)
        else:
            assert 0 < each.latency_ratio_low < each.latency_ratio < each.latency_ratio_high
            assert 0 < each.energy_ratio_low < each.energy_ratio < each.energy_ratio_high


def test_without_a_reference_there_is_no_ratio():
    _, found = measured(small=model(2))
    assert {(each.latency_ratio, each.energy_ratio, each.same_operations) for each in found} == {(None, None, None)}


def test_energy_of_a_sample_is_that_of_the_blocks_gross_and_net():
    _, found = measured(reference=model(), meters=[SteadyMeter(watts=100)])
    for each in found:
        assert each.energy_j == pytest.approx(100 / each.throughput_per_s, rel=0.2)
        assert each.energy_net_j is None  # no idle bracket
        assert 0 < each.energy_u_j < each.energy_j


def test_energy_that_is_not_known_is_none_and_the_latency_stays():
    meter = SteadyMeter(lost_after=3)
    _, found = measured(reference=model(), meters=[meter])
    assert {(each.energy_j, each.energy_u_j, each.energy_ratio) for each in found} == {(None, None, None)}
    assert all(each.latency_ms > 0 for each in found)


def test_measuring_ends_early_when_the_intervals_are_narrow_enough():
    ledger, found = measured(reference=model(), inference_s=600, latency_precision=0.9)
    assert [each.flags for each in found] == [[]] * 4
    for each in found:
        assert each.latency_high_ms - each.latency_low_ms <= 2 * 0.9 * each.latency_ms
    assert ledger.windows[0].duration_s < 60


def test_time_that_is_up_before_the_intervals_are_narrow_shows():
    _, found = measured(latency_precision=1e-9)
    assert [each.flags for each in found] == [["resolution_limited"]] * 2


def test_time_that_is_too_short_for_the_meter_shows():
    _, found = measured(meters=[SteadyMeter(tick_s=0.1)], latency_precision=0.5, inference_s=0.1)
    assert [each.flags for each in found] == [["resolution_limited"]] * 2


def test_blocks_of_models_alternate_in_shuffled_order():
    done = []

    def noting(name):
        return lambda: (done.append(name), time.sleep(0.002))

    found = in_turn({name: noting(name) for name in "abc"}, 0.1, 1e-9)
    assert {len(each.durations_s) for each in found.blocks.values()} == {len(found.blocks["a"].durations_s)}
    changes = [name for number, name in enumerate(done) if number == 0 or done[number - 1] != name]
    orders = {tuple(changes[at : at + 3]) for at in range(6, len(changes) - 3, 3)}
    assert len(orders) > 1


def test_half_width_is_that_of_the_widest_interval():
    found = in_turn({"a": lambda: time.sleep(0.001), "b": lambda: time.sleep(0.003)}, 0.2, 0.5, reference="b")
    assert found.enough
    assert 0 < found.half_width <= 0.5


def test_model_that_takes_three_times_as_long_has_that_ratio():
    found = in_turn({"a": lambda: time.sleep(0.001), "b": lambda: time.sleep(0.003)}, 0.3, 1e-9)
    slow, fast = (np.median(np.concatenate(found.blocks[name].durations_s)) for name in "ba")
    assert 1.5 < slow / fast < 3.5


def test_input_is_copied_in_and_output_is_copied_out_each_time(monkeypatch):
    copied_in = []
    constant = __import__("tensorflow").constant
    monkeypatch.setattr("frugalnet.measure.turns.tf.constant", lambda x: copied_in.append(x) or constant(x))
    one, two = predicting(model(), np.ones((2, 4), "float32"), [1, 2])
    for predict in (one, two, two):
        predict()
    assert [each.shape for each in copied_in] == [(1, 4), (2, 4), (2, 4)]


def test_latency_in_a_search_stands_beside_the_reference():
    x = np.ones((4, 4), "float32")
    latency_ms, ratio = latency_beside(model(), model(), x, budget_s=0.1)
    assert latency_ms > 0
    assert 0.2 < ratio < 5
    assert latency_beside(model(), None, x, budget_s=0.1)[1] is None


# The same operations


def test_copy_does_the_same_operations_with_its_own_weights():
    own = model()
    twin = copied(own)
    assert same_operations(own, twin)
    assert twin.layers[0].kernel is not own.layers[0].kernel
    np.testing.assert_array_equal(twin.get_weights()[0], own.get_weights()[0])


def test_weights_names_and_what_training_reads_change_no_operation():
    other = model(name="another", kernel_initializer="zeros", kernel_regularizer="l2")
    other.set_weights([np.zeros((4, 3), "float32"), np.ones(3, "float32")])
    assert same_operations(model(), other)


@pytest.mark.parametrize(
    "other",
    [
        lambda: model(2),
        lambda: model(activation="relu"),
        lambda: model(use_bias=False),
        lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.ReLU()]),
        lambda: keras.Sequential([keras.Input((4,), dtype="float16"), keras.layers.Dense(3)]),
    ],
)
def test_other_shapes_functions_and_types_are_other_operations(other):
    assert not same_operations(model(), other())


def test_dilated_convolution_is_another_operation():
    def net(**settings):
        return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, padding="same", **settings)])

    assert same_operations(net(), net(name="another"))
    assert not same_operations(net(), net(dilation_rate=2))


def test_model_whose_batch_takes_longer_than_its_time_has_a_ratio_without_an_interval():
    found = in_turn({"a": lambda: time.sleep(0.05), "b": lambda: time.sleep(0.1)}, 0.02, 1e-9, reference="b")
    ratio, low, high = paired_ratio(found.blocks["a"].quartiles_s, found.blocks["b"].quartiles_s)
    assert 0.4 < ratio < 0.7
    assert (low, high) == (None, None)
    assert not found.enough


def test_graphs_that_differ_in_what_flows_where_are_not_the_same():
    def net(first):
        x = keras.Input((3,))
        a, b = keras.layers.Dense(3)(x), keras.layers.Dense(3)(x)
        c = keras.layers.Dense(3)(a if first else b)
        return keras.Model(x, keras.layers.Subtract()([c, a]))

    assert same_operations(net(True), net(True))
    assert not same_operations(net(True), net(False))


def test_model_without_a_graph_is_the_same_as_none():
    class Own(keras.Model):
        def call(self, x):
            return x

    assert not same_operations(Own(), model())
