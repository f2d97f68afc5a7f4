"""The host of runs whose GPUs alone are read: its estimate stands beside their joules, in no sum."""

import json
import time

import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.energy import Ledger
from tests.unit.conftest import ESTIMATE, REFERENCES, made_record
from tests.unit.steady import SteadyMeter, entries

CARD = ESTIMATE.model_copy(
    update={"device": "GPU-0", "meter": "nvml", "scope": "gpu", "source": "measured", "assumptions": {}}
)


def on_card(devices=(CARD,), cpu_s=20.0):
    """Return the record of a run of 10 s of training on a card that was read, the process tree having used `cpu_s`."""
    rec = made_record()
    windows = [each.model_copy(update={"device": "GPU-0", "scope": "gpu", "cpu_s": cpu_s}) for each in rec.windows]
    energy = rec.energy.model_copy(update={"scope": "gpu", "source": "measured", "devices": [*devices]})
    return rec.model_copy(update={"windows": windows, "energy": energy, "machine": rec.machine | {"cores": 5}})


def runs_of(study, rec):
    return read_study(*study(rec))["runs"]


def test_host_is_estimated_from_wall_time_and_cpu_seconds_and_is_in_no_other_energy(study):
    runs = runs_of(study, on_card())
    row, compared = runs.iloc[0], comparison(runs, Carbon(), REFERENCES).iloc[0]
    assert row["train_cpu_s"] == 20
    assert row["host_energy_estimate_j"] == compared["host_energy_estimate_j"] == 10 * 10 + (65 - 10) / 5 * 20
    assert json.loads(row["host_assumptions"]) == {"idle_w": 10, "tdp_w": 65, "cores": 5}
    assert row["train_energy_j"] == compared["energy_to_solution_j"] == 5
    assert (row["energy_source"], row["energy_scope"], row["energy_assumptions"]) == ("measured", "gpu", None)


@pytest.mark.parametrize(
    "rec",
    [
        on_card(devices=[CARD, ESTIMATE]),
        on_card(devices=[CARD, CARD.model_copy(update={"device": "wall", "scope": "machine"})]),
        on_card(cpu_s=None),
        on_card(devices=[]),
        made_record(),
    ],
    ids=["the CPU is read", "the wall plug is read", "no CPU seconds were noted", "nothing is read", "no card is read"],
)
def test_host_is_empty_where_it_is_read_or_not_known(study, rec):
    runs = runs_of(study, rec)
    assert pd.isna(runs.loc[0, "host_energy_estimate_j"])
    assert pd.isna(comparison(runs, Carbon(), REFERENCES).loc[0, "host_energy_estimate_j"])


def cpu_work(seconds):
    start_s = time.process_time()
    while time.process_time() - start_s < seconds:
        pass


@pytest.mark.parametrize("meters", [[], [SteadyMeter(30, "package-0", "cpu")]], ids=["no meter", "a meter"])
def test_window_has_the_cpu_seconds_of_its_time_whatever_meters_there_are(meters):
    with Ledger(meters) as ledger:
        cpu_work(0.05)
        with ledger.window("train"):
            cpu_work(0.1)
        with ledger.window("idle"):
            time.sleep(0.05)
    found = {name: window.cpu_s for (name, _), window in entries(ledger).items()}
    assert found["run/train"] == pytest.approx(0.1, rel=0.3)
    assert found["run/idle"] < 0.04
    assert found["run"] >= found["run/train"] + 0.05


def test_roots_say_when_they_began():
    with Ledger([]) as ledger, ledger.window("train"):
        pass
    root, inside = entries(ledger).values()
    assert abs(time.time() - pd.Timestamp(root.started).timestamp()) < 10
    assert inside.started is None
