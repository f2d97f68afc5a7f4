"""Chains: a model costs what it could not be without; what took a shape alone costs its own training."""

import math

import pandas as pd
import pytest

from frugalnet.analysis.chains import energy_chains, epochs_in_all, shape_chains
from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.config.carbon import Carbon
from frugalnet.record.estimate import Assumed
from tests.unit.conftest import REFERENCES, made_record

RUNS = {
    "baseline": ("baseline", None, None, 5),
    "continued": ("continued", "baseline", None, 10),
    "pruning": ("pruning", "baseline", None, 10),
    "scratch": ("scratch", "pruning", None, 15),
    "taught": ("scratch", "pruning", "baseline", 15),
    "nas": ("nas", None, None, 5),
    "wide": ("width_scaled", "nas", None, 5),
    "nas_pruning": ("nas_pruning", "nas", None, 10),
    "nas_scratch": ("nas_scratch", "nas_pruning", "nas", 15),
    "of_both": ("pruning", "pruning", "baseline", 10),
}
"""Method, parent, teacher and epochs of some runs."""


def runs(**changed):
    """Return the runs; `changed` are values of columns by run."""
    rows = [
        {"run": run, "method": method, "parent": parent, "teacher": teacher, "epochs": epochs}
        | {"energy_source": "measured", "energy_scope": "gpu"}
        | changed.get(run, {})
        for run, (method, parent, teacher, epochs) in RUNS.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("run", "chain"),
    [
        ("baseline", ["baseline"]),
        ("pruning", ["pruning", "baseline"]),
        ("nas_pruning", ["nas_pruning", "nas"]),
        ("scratch", ["scratch"]),
        ("wide", ["wide"]),
        ("taught", ["taught", "baseline"]),
        ("nas_scratch", ["nas_scratch", "nas"]),
        ("of_both", ["of_both", "pruning", "baseline"]),
    ],
)
def test_chain_has_each_run_once_that_the_model_could_not_be_without(run, chain):
    assert energy_chains(runs())[run] == chain


@pytest.mark.parametrize(("run", "broken"), [("baseline", "taught"), ("nas", "nas_scratch"), ("pruning", "of_both")])
@pytest.mark.parametrize("change", [{"energy_source": "estimated"}, {"energy_scope": "cpu"}])
def test_chain_with_a_parent_or_a_teacher_of_other_energies_has_no_sum(run, broken, change):
    assert energy_chains(runs(**{run: change}))[broken] == []


def test_chain_whose_teacher_is_left_out_has_no_sum():
    table = runs()
    assert energy_chains(table[table["run"] != "baseline"])["taught"] == []


def test_results_of_before_there_was_a_teacher_have_chains():
    assert energy_chains(runs().drop(columns="teacher"))["pruning"] == ["pruning", "baseline"]


def test_shape_was_found_by_the_whole_chain_of_the_parent_and_a_model_that_goes_on_took_none():
    found = shape_chains(runs())
    assert found["scratch"] == ["pruning", "baseline"]
    assert found["taught"] == ["pruning"]  # the baseline, its teacher, is in its own chain
    assert found["wide"] == ["nas"]
    assert found["nas_scratch"] == ["nas_pruning"]
    assert found["pruning"] == found["baseline"] == []


def test_shape_that_was_found_with_other_energies_or_is_left_out_has_no_sum():
    other = {"energy_source": "estimated"}
    assert shape_chains(runs(nas=other))["wide"] == []
    assert shape_chains(runs(baseline=other, pruning=other))["scratch"] == []
    assert shape_chains(runs()[lambda table: table["run"] != "nas"])["wide"] == []


def test_epochs_are_those_that_the_weights_were_trained_for():
    found = epochs_in_all(runs()).set_axis(list(RUNS))
    assert found.to_dict() == {
        "baseline": 5, "continued": 15, "pruning": 15, "scratch": 15, "taught": 15, "nas": 5, "wide": 5,
        "nas_pruning": 15, "nas_scratch": 15, "of_both": 25,
    }  # fmt: skip


def test_epochs_below_a_run_that_is_left_out_are_not_known():
    table = runs()[lambda table: table["run"] != "nas"]
    found = epochs_in_all(table).set_axis(table["run"])
    assert math.isnan(found["nas_pruning"])
    assert found[["wide", "nas_scratch"]].tolist() == [5, 15]


@pytest.fixture
def study_runs(study):
    """Return runs of baseline, pruning and scratch, of 5, 2 and 4 J each, in all columns that tables need."""
    made = read_study(*study(made_record(), made_record(method="pruning"), made_record(method="scratch")))["runs"]
    parent = made["run"].shift().astype(object)
    assumed = '{"idle_w": 10, "tdp_w": 65, "cores": 2}'
    values = {"train_energy_j": [500.0, 200.0, 400.0], "train_duration_s": [10.0, 8.0, 9.0], "parent": parent}
    return made.assign(**values, energy_assumptions=assumed)


def test_control_that_takes_a_shape_pays_for_itself_and_the_shape_stands_beside_it(study_runs):
    table = comparison(study_runs, Carbon(), REFERENCES).set_index("method")
    assert table["energy_to_solution_j"].to_dict() == {"baseline": 500, "pruning": 700, "scratch": 400}
    assert table.loc["scratch", "energy_to_shape_j"] == 700
    assert table.loc[["baseline", "pruning"], "energy_to_shape_j"].isna().all()


def test_teacher_of_a_control_is_in_its_energy_to_solution(study_runs):
    taught = study_runs.assign(teacher=[None, None, study_runs["run"].iloc[0]])
    assert energy_to_solution(taught).tolist() == [500, 700, 900]


def test_co2e_follows_the_same_chain(study_runs):
    carbon = Carbon(intensity_g_per_kwh=360, source="national grid", year=2025)
    table = comparison(study_runs, carbon, REFERENCES).set_index("method")
    assert table["co2e_to_solution_g"].to_dict() == pytest.approx({"baseline": 0.05, "pruning": 0.07, "scratch": 0.04})


def test_work_behind_estimates_follows_the_same_chain(study_runs):
    seconds = {"baseline": (10.0, 14.0), "pruning": (8.0, 9.0), "scratch": (9.0, 16.0)}
    assumed = Assumed(idle_w=10, tdp_w=65, cores=2)
    energy_j = [assumed.energy_j(*seconds[method]) for method in study_runs["method"]]
    row = (
        comparison(study_runs.assign(train_energy_j=energy_j), Carbon(), REFERENCES).set_index("method").loc["scratch"]
    )
    assert row["reference"] == "baseline"
    low_and_high = row[[f"energy_to_solution_ratio_any_watts_{end}" for end in ("low", "high")]].tolist()
    assert low_and_high == pytest.approx([9 / 10, 16 / 14])
