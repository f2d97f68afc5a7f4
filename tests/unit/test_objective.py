"""The objective of a search: quality, and what each weight takes off or adds for a halving of what it is on."""

from dataclasses import replace

import pytest

from frugalnet.config.nas import Weights
from frugalnet.errors import FrugalNetError
from frugalnet.search.objective import Costs, Objective, costs_of_baseline
from tests.unit.conftest import made_record, with_inference

BASELINE = Costs(parameters=1000, macs=800, energy=40.0, latency=1.0)
ACCURACY, ERROR = 1, -1


def parts(quality, costs, sign=ACCURACY, reference=BASELINE, **weights):
    return Objective(Weights(**weights), reference, sign).parts(quality, costs)


def test_halving_of_the_parameters_adds_exactly_the_weight():
    assert parts(0.9, replace(BASELINE, parameters=500), parameters=0.02) == {"quality": 0.9, "parameters": 0.02}


def test_doubling_of_the_parameters_takes_the_weight_off():
    assert parts(0.9, replace(BASELINE, parameters=2000), parameters=0.02) == {"quality": 0.9, "parameters": -0.02}


def test_network_as_large_as_the_baseline_has_its_quality_alone():
    assert parts(0.9, BASELINE, parameters=0.02) == {"quality": 0.9, "parameters": 0}


def test_halving_takes_the_weight_off_an_error():
    assert parts(0.35, replace(BASELINE, parameters=500), ERROR, parameters=0.02) == {
        "quality": 0.35,
        "parameters": -0.02,
    }


@pytest.mark.parametrize(("part", "half"), [("parameters", 500), ("macs", 400), ("energy", 20.0), ("latency", 0.5)])
def test_every_part_has_a_weight_of_its_own(part, half):
    assert parts(0.9, replace(BASELINE, **{part: half}), **{part: 0.25}) == {"quality": 0.9, part: 0.25}


def test_several_parts_stand_beside_each_other():
    costs = Costs(parameters=250, macs=1600, energy=40.0, latency=0.5)
    found = parts(0.9, costs, parameters=0.02, macs=0.01, energy=0.5, latency=0.03)
    assert found == {"quality": 0.9, "parameters": 0.04, "macs": -0.01, "energy": 0, "latency": 0.03}
    assert sum(found.values()) == pytest.approx(0.96)


def test_without_weights_there_is_quality_alone_and_no_reference_is_needed():
    unknown = Costs(parameters=500, macs=None, energy=None, latency=None)
    assert parts(0.9, unknown, reference=None) == {"quality": 0.9}


def test_part_without_a_weight_need_not_be_known():
    costs = Costs(parameters=500, macs=None, energy=None, latency=None)
    assert parts(0.9, costs, parameters=0.02) == {"quality": 0.9, "parameters": 0.02}


@pytest.mark.parametrize("sign", [ACCURACY, ERROR])
def test_another_baseline_shifts_all_trials_alike(sign):
    trials = [Costs(300, 500, 12.0, 0.7), Costs(70, 900, 55.0, 0.4)]
    differences = []
    for baseline in (BASELINE, Costs(11, 3, 0.02, 9.0)):
        one, other = (sum(parts(0.9, trial, sign, baseline, parameters=0.02, energy=0.01).values()) for trial in trials)
        differences.append(one - other)
    assert differences[0] == pytest.approx(differences[1])


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ("macs", "its multiply-accumulates are not known"),
        ("energy", "the energy of its training is not known"),
        ("latency", "it was measured beside no baseline"),
    ],
)
@pytest.mark.parametrize(("whose", "of_trial"), [("the trial", True), ("the baseline", False)])
def test_part_that_is_not_known_is_named_with_its_key(part, why, whose, of_trial):
    unknown = replace(BASELINE, **{part: None})
    costs, reference = (unknown, BASELINE) if of_trial else (BASELINE, unknown)
    with pytest.raises(FrugalNetError, match=rf"^nas\.weights\.{part}: not known for {whose}, {why}$"):
        parts(0.9, costs, reference=reference, **{part: 0.1})


# What the baseline costs


def test_costs_of_the_baseline_are_those_of_its_record():
    assert costs_of_baseline(made_record()) == Costs(1000, 990, 5.0, 1.0, ("cpu", "estimated"))


def test_energy_of_the_baseline_is_that_of_an_epoch():
    windows = made_record().windows
    second = windows[3].model_copy(update={"name": "run/train/epoch2", "energy_uj": 0, "gap_uj": 0})
    assert costs_of_baseline(made_record(windows=[*windows, second])).energy == 2.5


def test_epochs_count_once_and_energies_over_the_devices_of_the_totals():
    of_cpu = made_record().windows
    of_card = [each.model_copy(update={"device": "GPU-0", "scope": "gpu", "energy_uj": 7}) for each in of_cpu]
    assert costs_of_baseline(made_record(windows=[*of_card, *of_cpu])).energy == 5.0


def test_energy_of_a_baseline_that_was_not_measured_is_not_known():
    assert costs_of_baseline(made_record(train_uj=None)).energy is None


def test_latency_of_the_baseline_is_1_whatever_its_own_process_measured():
    rec = with_inference(made_record(), latency_ms=7.0, latency_ratio=0.97)
    assert costs_of_baseline(rec).latency == 1.0


def test_energies_of_another_kind_are_not_compared():
    baseline = Costs(1000, 990, 5.0, 1.0, ("cpu", "measured"))
    trial = Costs(500, 490, 2.5, 1.0, ("cpu", "estimated"))
    with pytest.raises(
        FrugalNetError, match=r"nas\.weights\.energy: of the trial it is cpu estimated, of the baseline cpu measured"
    ):
        Objective(Weights(energy=0.1), baseline, 1).parts(0.9, trial)
    assert sum(Objective(Weights(macs=0.1), baseline, 1).parts(0.9, trial).values()) > 1.0


@pytest.mark.parametrize("part", ["macs", "energy"])
def test_part_that_the_baseline_does_not_know_is_refused_before_any_trial(part):
    baseline = replace(Costs(1000, 990, 5.0, 1.0), **{part: None})
    with pytest.raises(FrugalNetError, match=rf"nas\.weights\.{part}: not known for the baseline"):
        Objective(Weights(**{part: 0.1}), baseline, 1)


def test_weights_without_a_baseline_are_refused_before_any_trial():
    with pytest.raises(FrugalNetError, match=r"^nas\.weights\.latency: there is no baseline to compare with$"):
        Objective(Weights(latency=0.1), None, 1)


def test_energy_that_is_not_known_is_said_to_be_so_and_not_to_be_of_another_kind():
    baseline = Costs(1000, 990, 5.0, 1.0, ("cpu", "measured"))
    with pytest.raises(
        FrugalNetError, match=r"^nas\.weights\.energy: not known for the trial, the energy of its training"
    ):
        Objective(Weights(energy=0.1), baseline, 1).parts(0.9, Costs(500, 490, None, 1.0, (None, None)))
