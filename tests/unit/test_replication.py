"""Two results compared number by number."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.commands.compare.differences import differences
from frugalnet.commands.compare.numbers import compared, not_comparable, numbers
from frugalnet.config.statistics import Margins
from frugalnet.record import record
from tests.unit.conftest import ESTIMATE, made_record, with_inference
from tests.unit.made_replications import made, number, runs_of

SOFTWARE = {
    "frugalnet": "0.1.0",
    "python": "3.12.1",
    "packages": {"keras": "3.12.4"},
    "git": {"commit": "abc", "dirty": False},
}


def test_difference_of_qualities_has_welchs_interval():
    """Student's sleep data (Cushny and Peebles 1905), as R's manual page of `sleep` has them: t.test(extra ~ group)."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    told = compared(first, second, 0.005)
    assert told["value"] == pytest.approx(1.58)
    assert (told["low"], told["high"]) == (pytest.approx(-0.2054832, abs=1e-7), pytest.approx(3.3654832, abs=1e-7))


def test_ratio_is_of_geometric_means():
    told = compared(np.array([1.0, 4.0]), np.array([2.0, 8.0]), None)
    assert told["value"] == pytest.approx(2.0)
    assert told["low"] * told["high"] == pytest.approx(4.0)  # symmetric in logarithms


@pytest.mark.parametrize(
    ("first", "second", "margin", "verdict"),
    [
        ([0.970, 0.971, 0.972], [0.971, 0.972, 0.973], 0.005, "agree"),
        ([0.970, 0.971, 0.972], [0.980, 0.981, 0.982], 0.005, "differ"),
        ([0.90, 0.92, 0.94], [0.91, 0.93, 0.95], 0.005, "cannot be told"),
        ([100.0, 101.0, 102.0], [101.0, 102.0, 103.0], None, "agree"),
        ([100.0, 101.0, 102.0], [200.0, 201.0, 202.0], None, "differ"),
        ([500.0, 500.0], [500.0, 500.0], None, "agree"),
        ([500.0, 500.0], [400.0, 400.0], None, "differ"),
        ([0.0, 0.0], [0.0, 0.0], None, "agree"),
        ([0.0, 0.0], [1.0, 1.0], None, "cannot be told"),
        ([0.97], [0.97], 0.005, "agree"),
        ([0.97], [0.99], 0.005, "cannot be told"),
        ([0.97], [], 0.005, "cannot be told"),
    ],
)
def test_verdict_is_by_the_interval_and_the_margin(first, second, margin, verdict):
    assert compared(np.array(first), np.array(second), margin)["verdict"] == verdict


def test_one_seed_has_no_interval_and_says_so():
    told = compared(np.array([0.97]), np.array([0.98]), 0.005)
    assert told["value"] == pytest.approx(0.01)
    assert np.isnan(told["low"])
    assert told["reason"] == "one seed: no interval"


def test_numbers_of_the_same_method_are_compared(tmp_path):
    first = runs_of(tmp_path, "a", made([0.970, 0.971, 0.972], [5.0, 5.1, 5.2]))
    second = runs_of(tmp_path, "b", made([0.970, 0.972, 0.971], [10.0, 10.2, 10.4]))
    rows = numbers(first, second, Margins())
    assert number(rows, "test_quality")["verdict"] == "agree"
    energy = number(rows, "train_energy_j")
    assert (energy["a"], energy["b"], energy["verdict"]) == (pytest.approx(5.1), pytest.approx(10.2), "differ")
    assert energy["low"] < 2.0 < energy["high"]
    assert energy["value"] == pytest.approx(2.0)
    assert number(rows, "parameters")["reason"] is None or pd.isna(number(rows, "parameters")["reason"])


def test_energies_of_another_source_or_scope_are_not_compared(tmp_path):
    gpu = record.Energy(scope="gpu", source="measured", devices=[ESTIMATE])
    first = runs_of(tmp_path, "a", made([0.97, 0.98], [5.0, 5.1]))
    second = runs_of(tmp_path, "b", made([0.97, 0.98], [5.0, 5.1], energy=gpu))
    rows = numbers(first, second, Margins())
    assert number(rows, "energy_per_inference_j")["reason"] == "energies: estimated (cpu) against measured (gpu)"
    assert np.isnan(number(rows, "energy_per_inference_j")["value"])
    assert pd.isna(number(rows, "latency_batch1_ms")["reason"])


def test_ratios_to_the_reference_are_compared_as_times_and_energies_are(tmp_path):
    halved = [with_inference(each, latency_ratio=0.5) for each in made([0.97, 0.98], [5.0, 5.1], method="pruning")]
    first = runs_of(tmp_path, "a", made([0.97, 0.98], [5.0, 5.1], method="pruning"))
    second = runs_of(tmp_path, "b", halved)
    rows = numbers(first, second, Margins())
    for name in ("latency_ratio", "latency_large_ratio"):
        assert number(rows, name)[["a", "b", "value", "verdict"]].tolist() == [1.0, 0.5, pytest.approx(0.5), "differ"]
    assert number(rows, "energy_per_inference_ratio")["verdict"] == "agree"
    rows = numbers(first, second.drop(columns="latency_ratio"), Margins())
    assert "latency_ratio" not in set(rows["quantity"])


def test_estimates_that_assume_other_powers_are_not_compared(tmp_path):
    other = ESTIMATE.model_copy(update={"assumptions": {"idle_w": 10, "tdp_w": 200, "cores": 2}})
    energy = record.Energy(scope="cpu", source="estimated", devices=[other])
    first = runs_of(tmp_path, "a", made([0.97], [5.0]))
    second = runs_of(tmp_path, "b", made([0.97], [5.0], energy=energy))
    assert number(numbers(first, second, Margins()), "train_energy_j")["reason"].startswith(
        "energies: estimates that assume"
    )


def test_assumptions_that_neither_result_has_are_the_same():
    measured = {"data_level": "sample", "threads": 2, "energy_source": "measured", "energy_scope": "gpu"}
    missing = [measured | {"energy_assumptions": value} for value in (None, np.nan, pd.NA)]
    for first in missing:
        for second in missing:
            assert not_comparable("train_energy_j", first, second) is None
        reason = not_comparable("train_energy_j", first, measured | {"energy_assumptions": '{"idle_w": 10}'})
        assert reason == "energies: estimates that assume unequal powers"


def test_qualities_on_other_data_are_not_compared_and_sizes_are(tmp_path):
    first = runs_of(tmp_path, "a", made([0.97, 0.98], [5.0, 5.1]))
    second = runs_of(tmp_path, "b", made([0.97, 0.98], [5.0, 5.1], data={"level": "official"}))
    rows = numbers(first, second, Margins())
    assert number(rows, "test_quality")["reason"] == "data: sample against official"
    assert number(rows, "train_energy_j")["verdict"] == "cannot be told"
    assert number(rows, "parameters")["verdict"] == "agree"


def test_what_changed_is_named_with_both_values():
    first = {"compression/mnist/baseline/default/seed0": made_record(software=SOFTWARE)}
    changed = SOFTWARE | {"packages": {"keras": "3.13.0"}}
    card = {"level": "official", "files": [{"name": "x.gz", "sha256": "1" * 64}]}
    second = {
        "compression/mnist/baseline/default/seed0": made_record(
            software=changed, machine={"processor": "other", "gpus": []}, data=card
        ),
        "compression/mnist/baseline/default/seed1": made_record(seed=1, software=changed),
    }
    run = second["compression/mnist/baseline/default/seed0"].run
    recipe = run.recipe.model_copy(update={"epochs": run.recipe.epochs + 1})
    second["compression/mnist/baseline/default/seed0"] = second["compression/mnist/baseline/default/seed0"].model_copy(
        update={"run": run.model_copy(update={"recipe": recipe})}
    )
    rows = differences(
        ({"compression": {"nas": {"trials": 3}}}, {"compression": {"nas": {"trials": 10}}}), first, second
    )
    found = {(row.part, row.item): (row.a, row.b) for row in rows.itertuples()}
    assert found["settings", "compression.nas.trials"] == ("3", "10")
    assert found["run sheet", "mnist/baseline/default"] == ("-", "there")
    assert found["run sheet", "recipe.epochs"] == (str(run.recipe.epochs), str(run.recipe.epochs + 1))
    assert found["software", "keras"] == ("3.12.4", "3.13.0")
    assert found["machine", "processor"] == ("made", "made, other")
    assert found["data", "mnist.level"] == ("sample", "official, sample")
    assert found["data", "mnist.files.x_gz"] == ("-", "1" * 64)
    assert not [key for key in found if key[0] == "code"]
