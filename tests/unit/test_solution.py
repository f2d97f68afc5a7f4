"""How sure sums and means of energies are: one gain is one error, all else is independent, and nothing unknown is left out."""

from math import hypot, isnan, sqrt

import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.solution import Solution
from frugalnet.config.carbon import Carbon
from tests.unit.conftest import REFERENCES, made_record
from tests.unit.test_analysis_search import try_with_trial, with_window

GAIN = 0.0344
EXACT = {"u_stat_j": 0.0, "u_idle_j": 0.0}


def metered(rec, device="GPU-0", gain=GAIN, **changes):
    """Return a record whose windows took a third of their energy above idle, on one device whose gain alone is uncertain."""

    def window(each):
        net_uj = each.energy_uj // 3
        of_gain = {"gain": gain, "u_sys_j": gain and gain * net_uj / 1e6, "energy_net_uj": net_uj}
        return each.model_copy(update={"device": device, **EXACT, **of_gain, **changes})

    return rec.model_copy(update={"windows": [window(each) for each in rec.windows]})


def row(study, *records, failed=(), method="baseline"):
    runs = read_study(*study(*records, failed=failed))["runs"]
    return comparison(runs, Carbon(), REFERENCES).set_index("method").loc[method]


def test_gain_moves_net_energy_by_its_part_of_that_and_the_gross_one_by_its_part_of_that(study):
    found = row(study, metered(made_record(train_uj=30_000_000_000)))
    assert (found["train_energy_net_j"], found["train_u_sys_j"]) == (10_000, pytest.approx(344))
    assert (found["energy_to_solution_j"], found["energy_to_solution_u_j"]) == (30_000, pytest.approx(1032))


@pytest.mark.parametrize(
    ("device", "net_j", "gross_j"),
    [("GPU-0", 344 + 34.4, 1032 + 103.2), ("GPU-7", hypot(344, 34.4), hypot(1032, 103.2))],
)
def test_run_and_its_kept_trials_share_the_gain_of_one_card_and_not_those_of_two(study, device, net_j, gross_j):
    alone = metered(made_record(method="nas", train_uj=30_000_000_000))
    about = {"energy_net_uj": 1_000_000_000, "u_sys_j": 34.4, "device": device}
    found = row(study, with_window(alone, "trials/trial0", 3_000_000_000, **about), method="nas")
    assert found["train_energy_net_j"] == 11_000
    assert found["train_u_sys_j"] == pytest.approx(net_j)
    assert found["energy_to_solution_u_j"] == pytest.approx(gross_j)


@pytest.mark.parametrize(("device", "net_j", "gross_j"), [("GPU-0", 344, 1032), ("GPU-7", 344 / 2**0.5, 1032 / 2**0.5)])
def test_gain_stays_in_a_mean_over_seeds_of_one_device_and_averages_over_devices(study, device, net_j, gross_j):
    seeds = [made_record(seed=seed, train_uj=30_000_000_000) for seed in (0, 1)]
    found = row(study, metered(seeds[0]), metered(seeds[1], device))
    assert found["train_u_sys_j"] == pytest.approx(net_j)
    assert found["energy_to_solution_u_j"] == pytest.approx(gross_j)


def test_statistical_uncertainty_of_a_mean_over_seeds_falls_with_their_root(study):
    seeds = [metered(made_record(seed=seed), u_stat_j=0.5, u_idle_j=0.4, gain=0.0, u_sys_j=0.0) for seed in range(4)]
    found = row(study, *seeds)
    assert found["train_u_stat_j"] == pytest.approx(0.5 / sqrt(4))
    assert found["energy_to_solution_u_j"] == pytest.approx(0.3 / sqrt(4))  # gross: without idle power


def test_chain_on_one_device_adds_up_its_gain_and_its_statistical_parts_by_squares(study):
    chain = [
        metered(made_record(train_uj=30_000_000), u_stat_j=0.3),
        metered(made_record(method="pruning", train_uj=6_000_000), u_stat_j=0.4),
    ]
    found = row(study, *chain, method="pruning")
    assert found["energy_to_solution_j"] == 36
    assert found["energy_to_solution_u_j"] == pytest.approx(hypot(0.3, 0.4, GAIN * 36))


def test_chain_over_two_devices_adds_up_by_squares(study):
    chain = [metered(made_record(train_uj=30_000_000)), metered(made_record(method="pruning", train_uj=6_000_000), "B")]
    found = row(study, *chain, method="pruning")
    assert found["energy_to_solution_u_j"] == pytest.approx(GAIN * hypot(30, 6))


def test_failed_tries_are_in_the_uncertainty_and_a_trial_that_is_counted_elsewhere_is_not(study):
    finished = with_window(metered(made_record(method="nas")), "trials/trial0", 2_000_000, device="GPU-0")
    found = row(study, finished, failed=[metered(try_with_trial())], method="nas")
    assert found["energy_to_solution_j"] == (5 + 2) + (4 + 3 - 2)
    assert found["energy_to_solution_u_j"] == pytest.approx(GAIN * 12)


def test_parent_of_two_runs_of_a_mean_is_one_measurement(study):
    pruned = made_record(method="pruning", train_uj=6_000_000)
    other = pruned.model_copy(update={"run": pruned.run.model_copy(update={"variant": "other"})})
    parent = metered(made_record(train_uj=30_000_000), u_stat_j=0.3, gain=0.0)
    runs = read_study(*study(parent, *(metered(each, u_stat_j=0.4, gain=0.0) for each in (pruned, other))))["runs"]
    children = runs["run"][runs["method"] == "pruning"]
    assert Solution(runs).uncertainty_j(children) == pytest.approx(hypot(0.3, 0.4 / sqrt(2)))


@pytest.mark.parametrize("unknown", [{"gain": None, "u_sys_j": None}, {"u_stat_j": None}])
def test_uncertainty_is_not_known_where_a_part_of_the_chain_is_not(study, unknown):
    chain = [metered(made_record(), **unknown), metered(made_record(method="pruning"))]
    found = row(study, *chain, method="pruning")
    assert found["energy_to_solution_j"] == 10
    assert isnan(found["energy_to_solution_u_j"])


def test_uncertainty_is_not_known_where_the_parent_is_not_there(study):
    assert isnan(row(study, metered(made_record(method="pruning")), method="pruning")["energy_to_solution_u_j"])


def test_record_of_before_windows_had_a_gain_has_that_of_the_gross_energy(study):
    found = row(study, metered(made_record(), gain=None, u_sys_j=0.2))
    assert found["energy_to_solution_u_j"] == pytest.approx(0.2)
