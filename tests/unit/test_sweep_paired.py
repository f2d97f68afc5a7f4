"""Runs that differ in one thing alone: estimates with literal numbers, and intervals that hold as often as they say."""

from math import exp, log, nan

import numpy as np
import pandas as pd
import pytest

from frugalnet.studies.sweep.efficiency import efficiency
from frugalnet.studies.sweep.paired import estimated
from frugalnet.studies.sweep.sensitivity import sensitivity
from tests.unit.made_grid import made_epochs, made_runs, made_study
from tests.unit.made_grid_tables import made_tables

PLAIN = {"rows": {"strong": None, "pretrained": None}}
R18 = [f"resnet18-lr{rate}-{schedule}" for rate in ("0.1", "0.05") for schedule in ("step", "plateau")]
LOST = {"status": "diverged"}


def sensitivity_of(qualities, seeds=1, changed=None, **columns):
    """Return the rows on test quality; `qualities` are by configuration, one for each seed."""
    study = made_study(**PLAIN | {"seeds": seeds, "efficiency": None})
    changes = {
        f"{name}/seed{seed}": {"test_quality": each} for name, own in qualities.items() for seed, each in enumerate(own)
    }
    for name, own in (changed or {}).items():
        changes[name] = changes.get(name, {}) | own
    runs = made_runs(study, changes).assign(**columns)
    return sensitivity(runs, made_epochs(runs), study)


def row_of(table, network="resnet18", axis="learning_rate", quantity="test_quality"):
    own = table[(table["network"] == network) & (table["axis"] == axis) & (table["quantity"] == quantity)]
    assert len(own) == 1
    return own.iloc[0]


def test_a_level_is_compared_with_the_first_one_with_all_else_equal():
    # 0.05 instead of 0.1: -0.02 with step and -0.01 with plateau.
    row = row_of(sensitivity_of(dict(zip(R18, [(0.70,), (0.72,), (0.68,), (0.71,)], strict=True))))
    assert (row["level"], row["against"], row["pairs"], row["scale"]) == ("0.05", "0.1", 2, "difference")
    assert row["estimate"] == pytest.approx(-0.015)
    # 12.706 times the standard error 0.005
    assert [row["low"], row["high"]] == pytest.approx([-0.015 - 0.06353, -0.015 + 0.06353], abs=1e-5)
    assert row["note"] == "interval over 2 combinations, as there is one seed: too wide where they differ in the effect"


def test_with_several_seeds_the_interval_is_over_seeds_and_an_interaction_does_not_widen_it():
    qualities = [(0.70, 0.71), (0.72, 0.72), (0.68, 0.70), (0.78, 0.79)]
    row = row_of(sensitivity_of(dict(zip(R18, qualities, strict=True)), seeds=2))
    # Differences -0.02 and -0.01 with step, 0.06 and 0.07 with plateau: each with the variance 0.00005.
    assert row["estimate"] == pytest.approx(0.025) and row["pairs"] == 4
    assert row["high"] - row["estimate"] == pytest.approx(4.30265 * (0.00005 / 4) ** 0.5, rel=1e-4)
    assert row["note"] == "interval over seeds, pooled over 2 combinations (2 degrees of freedom)"


def test_costs_are_ratios_and_their_estimate_is_a_geometric_mean():
    costs = dict(zip(R18, (100.0, 200.0, 50.0, 400.0), strict=True))
    table = sensitivity_of({}, changed={name: {"train_energy_j": cost} for name, cost in costs.items()})
    row = row_of(table, quantity="train_energy_j")
    assert row["scale"] == "ratio" and row["estimate"] == pytest.approx(1.0)  # 0.5 and 2
    assert row["low"] == pytest.approx(exp(-12.7062 * log(2)), rel=1e-4)


def test_all_networks_together_tell_of_the_axis_of_networks_and_single_ones_do_not():
    table = sensitivity_of({})
    assert row_of(table, "all", "network")["pairs"] == 4
    assert set(table[table["network"] == "resnet18"]["axis"]) == {"learning_rate", "schedule"}


def test_a_grid_of_one_network_has_one_set_of_rows():
    study = made_study(
        **PLAIN | {"axes": {"network": {"resnet18": {"network": "resnet18"}, "resnet50": None}}, "seeds": 1}
    )
    runs = made_runs(study)
    assert set(sensitivity(runs, made_epochs(runs), study)["network"]) == {"all"}


def test_one_pair_has_no_interval():
    lost = dict.fromkeys((R18[1], R18[3]), LOST)
    row = row_of(sensitivity_of({}, changed=lost))
    assert row["pairs"] == 1 and pd.isna(row["low"]) and pd.isna(row["p"])
    assert row["note"] == (
        "one pair: no interval; of 2 runs at learning_rate 0.05, 1 diverged, so that the others are a selection; "
        "of 2 runs at learning_rate 0.1, 1 diverged, so that the others are a selection"
    )


def test_without_a_pair_there_is_no_estimate():
    row = row_of(sensitivity_of({}, changed=dict.fromkeys(R18[2:], LOST)))
    assert row["pairs"] == 0 and pd.isna(row["estimate"])
    assert row["note"].startswith(
        "no two complete runs differ in learning_rate alone; of 2 runs at learning_rate 0.05, 2"
    )


def test_values_without_spread_have_no_interval():
    row = row_of(sensitivity_of(dict(zip(R18, [(0.7,), (0.7,), (0.6,), (0.6,)], strict=True))))
    assert row["estimate"] == pytest.approx(-0.1) and pd.isna(row["low"])
    assert row["note"] == "no spread: no interval can be given"


def test_costs_are_compared_only_where_energies_are_of_one_kind_and_quality_always():
    other = {"energy_source": "estimated", "energy_scope": "cpu"}
    table = sensitivity_of({}, changed=dict.fromkeys(R18[2:], other))
    energy = table[(table["network"] == "resnet18") & (table["axis"] == "learning_rate")].set_index("quantity")
    assert energy.loc["train_energy_j", "pairs"] == 0 and energy.loc["test_quality", "pairs"] == 2
    assert pd.isna(energy.loc["test_quality", "energy_source"])
    assert energy.loc["train_energy_j", "energy_source"] == "measured"


def test_energies_that_are_not_known_have_no_estimate():
    unknown = {"train_energy_j": nan, "energy_source": None, "energy_scope": None}
    row = row_of(sensitivity_of({}, **unknown), quantity="train_energy_j")
    assert row["pairs"] == 0
    assert row["note"] == "no two complete runs differ in learning_rate alone; not known for 2 of 2 pairs"


def test_p_values_are_corrected_for_all_rows_of_the_quantity():
    table = sensitivity_of({}, seeds=2)
    own = table[table["quantity"] == "test_quality"]
    assert len(own) == 7 and own["p_holm"].min() == pytest.approx(7 * own["p"].min())


def test_a_technique_is_on_instead_of_off_with_all_other_factors_equal():
    table = made_tables()["efficiency"]
    assert len(table) == 21
    row = table[(table["factor"] == "precision") & (table["quantity"] == "train_energy_j")].iloc[0]
    assert (row["off"], row["on"], row["pairs"]) == ("float32", "mixed_float16", 4)
    assert row["low"] < 0.7 < row["high"] and row["off_mean"] > row["on_mean"]
    memory = table[(table["factor"] == "precision") & (table["quantity"] == "train_device_peak_mib")].iloc[0]
    assert memory["estimate"] == pytest.approx(0.65) and pd.isna(memory["low"])


def test_a_gpu_memory_that_is_not_known_leaves_the_other_quantities():
    study = made_study(**PLAIN)
    runs = made_runs(study).assign(train_device_peak_mib=nan)
    table = efficiency(runs, made_epochs(runs), study).set_index(["factor", "quantity"])
    assert table.loc[("precision", "train_device_peak_mib"), "pairs"] == 0
    assert "not known for 4 of 4 pairs" in table.loc[("precision", "train_device_peak_mib"), "note"]
    assert table.loc[("precision", "train_energy_j"), "pairs"] == 4


def test_a_study_without_a_design_has_no_rows_on_techniques():
    study = made_study(**PLAIN | {"efficiency": None})
    runs = made_runs(study)
    assert efficiency(runs, made_epochs(runs), study).empty


def coverage(counts, interaction, noise=1.0, trials=4000):
    """Return how often the interval holds the mean effect; `counts` are seeds by combination, `noise` their deviations."""
    random = np.random.default_rng(21)
    effects = 3.0 + interaction * np.resize([-1.0, 1.0], len(counts))
    noise = np.broadcast_to(noise, len(counts))
    held = 0
    for _ in range(trials):
        made = [
            effect + size * random.normal(size=count)
            for effect, size, count in zip(effects, noise, counts, strict=True)
        ]
        found = estimated(made, 1.0)
        held += found.low <= effects.mean() <= found.high
    return held / trials


@pytest.mark.parametrize("interaction", [0.0, 2.0])
@pytest.mark.parametrize("counts", [(2, 2), (2, 2, 2, 2), (3, 3), (2,)])
def test_intervals_over_seeds_hold_as_often_as_they_say_with_an_interaction_too(counts, interaction):
    assert coverage(counts, interaction) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("counts", [(1, 1), (1, 1, 1, 1), (2, 2, 1, 1)])
def test_intervals_over_combinations_hold_as_often_as_they_say_and_more_often_with_an_interaction(counts):
    assert coverage(counts, 0.0) == pytest.approx(0.95, abs=0.015)
    assert coverage(counts, 2.0) > 0.985


def test_intervals_hold_nearly_as_often_where_the_noise_of_one_network_is_twice_that_of_another():
    assert coverage((2, 2, 2, 2), 1.0, noise=[1.0, 1.0, 2.0, 2.0]) > 0.92
    assert coverage((2, 2), 1.0, noise=[1.0, 2.0]) > 0.92
