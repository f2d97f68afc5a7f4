"""What a record says of a ledger: totals with their scope, carbon, and the files beside it."""

import time

import pandas as pd
import pyarrow.parquet
import pytest

from frugalnet import record
from frugalnet.energy import Ledger, statement
from frugalnet.sections import Carbon
from tests.unit.steady import SteadyMeter, totals


def test_totals_name_their_scope():
    with Ledger([SteadyMeter(), SteadyMeter(30, "package-0", "cpu")]) as ledger:
        pass
    energy = totals(ledger)
    assert [total.scope for total in energy.totals] == ["gpu", "cpu", "gpu+cpu"]
    gpu, cpu, both = (total.energy_uj for total in energy.totals)
    assert gpu + cpu == both
    assert energy.scope == "gpu+cpu"


def test_idle_gpu_is_left_out_of_totals_of_work_on_the_cpu():
    meters = [SteadyMeter(), SteadyMeter(30, "package-0", "cpu")]
    with Ledger(meters) as ledger:
        pass
    assert totals(ledger, on_gpu=False).scope == "cpu"


def test_sum_is_known_as_its_weakest_part():
    assert statement.weakest(["measured", "estimated", "integrated"]) == "estimated"
    assert statement.weakest([]) is None


def test_co2e_is_energy_times_the_configured_intensity_and_null_without_one():
    with Ledger([SteadyMeter()]) as ledger:
        time.sleep(0.02)
    carbon = Carbon(intensity_g_per_kwh=360, source="made", year=2026)
    (total,) = totals(ledger, carbon=carbon).totals
    assert total.co2e_g == pytest.approx(total.energy_uj / 1e10)  # 360 g/kWh = 0.1 g/kJ
    assert totals(ledger, carbon=carbon).carbon == carbon
    assert totals(ledger).totals[0].co2e_g is None


def test_files_hold_every_reading_and_every_window(tmp_path):
    with Ledger([SteadyMeter(), SteadyMeter(30, "package-0", "cpu")], idle_s=0.01) as ledger:
        pass
    statement.write(ledger, statement.windows_of(ledger), tmp_path)
    timeline = pd.read_parquet(tmp_path / record.TIMELINE)
    assert timeline.groupby("device").size().to_dict() == {line.device.name: len(line) for line in ledger.timelines}
    assert (timeline["time_s"].min() < 0) and (timeline["time_s"].max() >= 0)
    assert pyarrow.parquet.read_table(tmp_path / record.WINDOWS).to_pylist() == [
        window.model_dump() for window in statement.windows_of(ledger)
    ]


def test_files_of_a_run_without_meters_have_all_columns(tmp_path):
    with Ledger([]) as ledger:
        pass
    statement.write(ledger, statement.windows_of(ledger), tmp_path)
    assert len(pd.read_parquet(tmp_path / record.TIMELINE)) == 0
    assert list(pd.read_parquet(tmp_path / record.WINDOWS)["name"]) == ["run"]
