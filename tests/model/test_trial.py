"""A trial is a row and a window of its own, whatever becomes of it, and each joule of a search has one place."""

import json

import keras_tuner
import numpy as np
import pytest

from frugalnet.backend import tf
from frugalnet.config.recipe import Recipe
from frugalnet.energy import Ledger, statement
from frugalnet.errors import FrugalNetError
from frugalnet.search import trial
from frugalnet.search.objective import Costs
from frugalnet.search.trial import try_network
from tests.model.made_tasks import BASELINE, Instant, add_tiny_space, make_instant, processor, task_on
from tests.unit.ticking import TickingMeter


@pytest.fixture
def instant(monkeypatch):
    return make_instant(monkeypatch)


def units(number):
    hp = keras_tuner.HyperParameters()
    hp.values = {"units": number, "layers": 1}
    return hp


def tried(task, *chosen, meters=None):
    """Return the trials of some hyperparameters, one after the other, and the ledger with them."""
    with Ledger([processor()] if meters is None else meters) as ledger, ledger.window("search"):
        found = [try_network(task, number, hp, ledger) for number, hp in enumerate(chosen)]
    return found, ledger


def one(task, hp=None, **given):
    (found,), ledger = tried(task, hp or units(4), **given)
    return found.trial, ledger


def booked(ledger):
    return {window.name: window for window in statement.windows_of(ledger)}


# What a row says


def test_trial_says_what_the_network_is_what_it_cost_and_what_was_chosen(digits, monkeypatch):
    add_tiny_space(monkeypatch)
    (kept,), _ = tried(task_on(digits), units(4))
    found = kept.trial
    assert (found.trial, found.status, found.reason, found.winner) == (0, "complete", None, False)
    assert (found.parameters, found.macs) == (3190, 784 * 4 + 4 * 10)
    assert (found.parameters_compacted, found.macs_compacted) == (found.parameters, found.macs)
    assert (found.epochs, found.batch_size) == (1, 16)
    assert found.objective == found.quality > 0.1
    assert json.loads(found.hyperparameters) == {"units": 4, "layers": 1}
    assert 0 < found.train_energy_j < found.energy_j
    assert 0 < found.latency_ms < 1000 * found.duration_s
    root = "run/search/trial0"
    assert [window.name for window in kept.windows] == [
        *(root, f"{root}/build", f"{root}/train", f"{root}/train/epoch1", f"{root}/train/epoch1/first_step"),
        *(f"{root}/train/epoch1/validation", f"{root}/weigh"),
    ]


@pytest.mark.parametrize(("dataset", "best"), [("digits", 0.8), ("houses", 0.3)])
def test_quality_is_that_of_the_best_epoch(dataset, best, request, instant):
    instant.qualities = [0.3, 0.8, 0.5]
    found, _ = one(task_on(request.getfixturevalue(dataset), epochs=3))
    assert (found.quality, found.epochs) == (best, 3)


def test_parts_are_recorded_and_add_up_to_the_objective(digits, instant):
    instant.qualities = [0.7, 0.8]
    weights = {"parameters": 0.02, "macs": 0.01, "energy": 0.001, "latency": 0.03}
    found, ledger = one(task_on(digits, weights=weights, reference=BASELINE, epochs=2))
    parts = json.loads(found.parts)
    assert parts["quality"] == 0.8
    assert parts["parameters"] == pytest.approx(0.02 * 2)  # 12,760 / 3,190 is 4
    assert parts["macs"] == pytest.approx(0.01 * 2)  # 12,704 / 3,176 is 4
    assert parts["latency"] == pytest.approx(0.03)  # half of the baseline's
    assert found.train_energy_j == booked(ledger)["run/search/trial0/train"].energy_uj / 1e6
    assert parts["energy"] == pytest.approx(0.001 * np.log2(40 / (found.train_energy_j / 2)))  # of an epoch
    assert sum(parts.values()) == found.objective


def test_smaller_network_has_the_smaller_error_in_the_objective(houses, instant):
    instant.qualities = [0.4]
    reference = Costs(parameters=2 * (8 * 4 + 4 + 4 + 1), macs=None, energy=None, latency=1.0)
    found, _ = one(task_on(houses, weights={"parameters": 0.02}, reference=reference))
    assert found.objective == pytest.approx(0.38)


# Trials that fail


def out_of_memory():
    return tf.errors.ResourceExhaustedError(None, None, "no memory")


FAILURES = {
    "an exception": (Instant(fails={0: RuntimeError("lost the device")}), {}, "RuntimeError: lost the device"),
    "an error of ours": (Instant(fails={0: FrugalNetError("dense1: not finite")}), {}, "dense1: not finite"),
    "no memory for one sample": (
        Instant(fails={n: out_of_memory() for n in range(5)}), {}, "ResourceExhaustedError: no memory",
    ),
    "no finite quality": (Instant([float("nan")]), {}, "the training diverged: the metric is nan, the loss 0.5"),
    "too many parameters": (Instant(), {"max_parameters": 3189}, "too large: 3190 parameters, nas.max_parameters is 3189"),
    "too many operations": (Instant(), {"max_macs": 3175}, "too large: 3176 macs, nas.max_macs is 3175"),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_trial_that_fails_is_a_row_with_its_reason_and_its_joules(failure, digits, monkeypatch):
    training, settings, reason = FAILURES[failure]
    training.done.clear()
    make_instant(monkeypatch, training)
    found, ledger = one(task_on(digits, **settings))
    assert (found.status, found.reason) == ("failed", reason)
    assert found.objective is None
    windows = booked(ledger)
    assert found.energy_j == windows["run/search/trial0"].energy_uj / 1e6 > 0
    assert windows["run/search/trial0"].end_s <= windows["run/search"].end_s
    assert (found.parameters, found.macs) == (3190, 3176)
    assert found.hyperparameters == '{"units": 4, "layers": 1}'


@pytest.mark.parametrize("limit", ["max_parameters", "max_macs"])
def test_network_above_a_limit_is_not_trained_and_one_at_the_limit_is(limit, digits, instant):
    at = {"max_parameters": 3190, "max_macs": 3176}[limit]
    (first, second), _ = tried(task_on(digits, **{limit: at}), units(8), units(4))
    assert (first.trial.status, second.trial.status) == ("failed", "complete")
    assert [parameters for parameters, *_ in instant.done] == [3190]
    assert (first.trial.epochs, first.trial.batch_size, first.trial.quality) == (0, None, None)


def test_training_whose_loss_is_lost_fails_though_its_accuracy_is_a_number(digits, monkeypatch):
    add_tiny_space(monkeypatch)
    recipe = Recipe(batch_size=16, optimizer="sgd").model_copy(update={"learning_rate": 1e30})  # above what is accepted
    found, _ = one(task_on(digits, recipe=recipe))
    assert (found.status, found.objective, found.epochs) == ("failed", None, 1)
    assert "the training diverged: its loss is not finite" in found.reason


def test_window_that_a_failure_left_open_is_closed(digits, instant):
    instant.fails = {0: RuntimeError("lost the device")}
    with Ledger([processor()]) as ledger, ledger.window("search") as search:
        try_network(task_on(digits), 0, units(4), ledger)
        assert [window.name for window in ledger.windows if window.end_s is None] == ["run", search.name]
    assert booked(ledger)["run/search/trial0/train/epoch1"].energy_uj is not None


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_stopped_process_is_no_failed_trial(stop, digits, instant):
    instant.fails = {0: stop()}
    with pytest.raises(stop):
        tried(task_on(digits), units(4))


# Too little memory


def test_batch_is_halved_for_want_of_memory_and_both_attempts_are_booked(digits, instant):
    instant.fails = {0: out_of_memory(), 1: out_of_memory()}
    found, ledger = one(task_on(digits))
    assert [batch_size for *_, batch_size in instant.done] == [16, 8, 4]
    assert (found.status, found.batch_size, found.epochs) == ("complete", 4, 1)
    windows = booked(ledger)
    attempts = [windows[f"run/search/trial0/train{n}"] for n in ("", "~2", "~3")]
    assert found.train_energy_j == attempts[2].energy_uj / 1e6
    assert sum(each.energy_uj for each in attempts) < 1e6 * found.energy_j


def test_attempt_with_half_the_batch_starts_from_the_same_weights(digits, monkeypatch):
    starts = []

    class Spoiling(Instant):
        def during(self, model):
            starts.append(model.get_weights())
            model.set_weights([weights + 1 for weights in starts[-1]])

    make_instant(monkeypatch, Spoiling(fails={0: out_of_memory()}))
    one(task_on(digits))
    assert len(starts) == 2
    for first, second in zip(*starts, strict=True):
        np.testing.assert_array_equal(first, second)


# Energies


@pytest.mark.parametrize("meters", [[processor], [TickingMeter], [processor, TickingMeter]])
def test_energy_of_a_search_is_exactly_that_of_its_trials_and_the_gap(meters, digits, instant):
    instant.fails = {1: RuntimeError("lost the device")}
    found, ledger = tried(task_on(digits), units(2), units(4), units(8), meters=[meter() for meter in meters])
    windows = statement.windows_of(ledger)
    for device in {window.device for window in windows}:
        own = {window.name: window for window in windows if window.device == device}
        trials_uj = sum(own[f"run/search/trial{number}"].energy_uj for number in range(3))
        assert trials_uj + own["run/search"].gap_uj == own["run/search"].energy_uj
        assert own["run/search"].energy_uj + own["run"].gap_uj == own["run"].energy_uj
    scope = statement.scope_of(ledger, on_gpu=False)
    for kept in found:
        energy_j = statement.energy_j(windows, kept.trial.window, scope)
        assert kept.trial.energy_j == energy_j > 0


def test_without_meters_energies_are_not_known_and_nothing_else_changes(digits, instant):
    found, _ = one(task_on(digits), meters=[])
    assert (found.status, found.energy_j, found.train_energy_j) == ("complete", None, None)


def test_weight_of_energy_fails_a_trial_whose_energy_is_not_known(digits, instant):
    found, _ = one(task_on(digits, weights={"energy": 0.1}, reference=BASELINE), meters=[])
    assert found.reason == "nas.weights.energy: not known for the trial, the energy of its training is not known"
    assert found.quality == 0.8


# One trial and the others


def test_result_of_a_trial_does_not_depend_on_those_before_it(digits, monkeypatch):
    add_tiny_space(monkeypatch)
    monkeypatch.setattr(trial, "latency_beside", lambda model, reference, x: (0.5, 0.5))
    task = task_on(digits, epochs=1)
    (_, after), _ = tried(task, units(16), units(8))
    np.random.seed(7)
    with Ledger([]) as ledger:
        alone = try_network(task, 1, units(8), ledger)
    assert alone.trial.quality == after.trial.quality


def test_trials_of_a_search_and_those_of_other_seeds_start_from_other_weights(digits, monkeypatch):
    starts = []

    class Noting(Instant):
        def during(self, model):
            starts.append(model.get_weights()[0].sum())

    make_instant(monkeypatch, Noting())
    tried(task_on(digits), units(4), units(4))
    tried(task_on(digits, seed=1), units(4), units(4))
    tried(task_on(digits), units(4))
    assert len(set(starts[:4])) == 4
    assert starts[4] == starts[0]
