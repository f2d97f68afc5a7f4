"""The bench trains networks shortly, and says what tracing, steps, validation and inference take."""

from dataclasses import replace

import pytest

from frugalnet.commands.forecast.bench import Bench
from frugalnet.commands.forecast.candidates import PROBED, proposed, search_task
from frugalnet.config.measure import Measure
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import Run
from frugalnet.energy import Ledger
from frugalnet.measure.operations import macs
from frugalnet.methods import Job
from frugalnet.methods.baseline import network_of
from tests.model.made_tasks import add_tiny_space
from tests.unit.steady import SteadyMeter

VERSIONS = {"method_version": 1, "recipe_version": 1, "network_version": 1}


def run_of(**given):
    about = {"study": "compression", "dataset": "mnist", "network": "softmax_big", "method": "baseline"}
    place = {"variant": "default", "seed": 0, "parent": None, "pruning": None, "nas": None}
    recipe, measure = Recipe(batch_size=8, steps_per_execution=3), Measure(inference_s=0.1)
    return Run(**about | place | VERSIONS | {"recipe": recipe, "measure": measure} | given)


@pytest.fixture
def bench(digits, monkeypatch):
    monkeypatch.setattr(
        "frugalnet.commands.forecast.bench.EPOCH_S", 1000
    )  # epochs are probed as a whole, however busy the machine is
    digits.card["samples"] = {"train": 160, "validation": 40, "test": 40}
    with Ledger([SteadyMeter()]) as ledger:
        yield Bench(run_of(), digits, ledger)


def test_parts_of_a_training_add_up_to_it(bench):
    tried = bench.shape(lambda: network_of(Job(bench.run, bench.data, None, bench.ledger, None)))
    training, windows = tried.shape.plain, {window.name: window.duration_s for window in closed(bench.ledger)}
    steps = 3 + 20 + 20  # a first call, of 3 steps, and two epochs of 160 samples in eights, whose last call has 2
    whole_s = training.fixed.time_s + steps * training.step.time_s + 3 * training.validation.time_s
    assert whole_s == pytest.approx(windows["run/network"])
    assert training.fixed.time_s > 10 * training.step.time_s  # tracing
    assert tried.shape.macs == 482_816
    assert tried.shape.masked == {}


def test_network_is_trained_and_measured_with_each_kind_of_pruning(bench):
    prunings = {
        "weight": Pruning(sparsity=0.9, update_steps=4),
        "unit": Pruning(granularity="unit", sparsity=0.5, update_steps=4),
    }
    tried = bench.shape(lambda: network_of(Job(bench.run, bench.data, None, bench.ledger, None)), prunings)
    assert set(tried.shape.masked) == {"weight", "unit"}
    assert set(tried.shape.inference) == {"plain", "weight", "unit"}
    kept = {kind: float((model.get_layer("dense1").kernel.numpy() != 0).mean()) for kind, model in tried.models.items()}
    assert kept == pytest.approx({"plain": 1.0, "weight": 0.1, "unit": 0.5}, abs=0.01)


def test_inference_that_is_not_known_well_enough_takes_all_of_its_time(bench, monkeypatch):
    monkeypatch.setattr("frugalnet.commands.forecast.bench.INFERENCE_S", 0.05)
    measure = Measure(inference_s=100, latency_precision=1e-6, inference_batch=8)
    run = bench.run.model_copy(update={"measure": measure})
    found = replace(bench, run=run).shape(lambda: network_of(Job(run, bench.data, None, bench.ledger, None)), {})
    done_s = max(window.duration_s for window in closed(bench.ledger) if window.name.endswith("inference"))
    assert 200 - 0.1 < found.shape.inference["plain"].time_s < 200 + done_s  # the model, and what it is measured beside
    assert found.shape.inference["plain"].energy_j == pytest.approx(
        found.shape.inference["plain"].time_s * 100, rel=0.1
    )


def test_energy_of_a_part_is_that_of_its_window(bench):
    found = bench.timed("wait", lambda: None)
    assert found.energy_j == pytest.approx(found.time_s * 100, rel=0.05, abs=0.01)


def test_candidates_are_spread_over_their_sizes_and_the_part_above_a_limit_is_told(bench, monkeypatch):
    add_tiny_space(monkeypatch)
    nas = Nas(tuner="random", space="tiny", trials=8, weights={"parameters": 0.01})
    run = run_of(method="nas", nas=nas, space_version=1)
    chosen, too_large = proposed(search_task(run, bench.data), PROBED)
    assert [hp.values["units"] for hp in chosen] == [2, 4, 8]
    assert too_large == 0
    tight = run.model_copy(update={"nas": nas.model_copy(update={"max_macs": 794 * 4 + 40})})
    task = search_task(tight, bench.data)
    chosen, too_large = proposed(task, PROBED)
    assert too_large == 0.375
    assert len(chosen) == PROBED
    assert all(macs(task.build(hp)).dense <= 794 * 4 + 40 for hp in chosen)


def closed(ledger):
    return [window for window in ledger.windows if window.end_s is not None]
