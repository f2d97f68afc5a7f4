"""What a record says of a ledger: totals with their scope, carbon, and the files beside it."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow.parquet
import pytest

from frugalnet.config.carbon import Carbon
from frugalnet.energy import Ledger, statement
from frugalnet.record import paths, record
from tests.unit.steady import SteadyMeter, totals
from tests.unit.ticking import TickingMeter


def test_totals_name_their_scope():
    with Ledger([SteadyMeter(), SteadyMeter(30, "package-0", "cpu")]) as ledger:
        pass
    energy = totals(ledger)
    assert [total.scope for total in energy.totals] == ["gpu", "cpu", "gpu+cpu"]
    gpu, cpu, both = (total.energy_uj for total in energy.totals)
    assert gpu + cpu == both
    assert energy.scope == "gpu+cpu"


def test_times_are_in_whole_microseconds_and_uncertainties_have_nine_digits():
    with Ledger([SteadyMeter()]) as ledger, ledger.window("train"):
        time.sleep(0.02)
    entries = statement.windows_of(ledger)
    seconds = [value for each in entries for value in (each.start_s, each.end_s, each.cpu_s)]
    assert seconds == [round(value, 6) for value in seconds]
    uncertain = [value for each in entries for value in (each.u_stat_j, each.u_sys_j) if value is not None]
    assert uncertain and uncertain == [float(f"{value:.9g}") for value in uncertain]


def test_record_says_over_how_long_the_power_of_a_device_is_a_mean():
    meter = SteadyMeter()
    meter.device = replace(meter.device, averaging_s=1.0)
    with Ledger([meter, SteadyMeter(30, "package-0", "cpu")]) as ledger:
        pass
    assert [device.averaging_s for device in totals(ledger).devices] == [1.0, 0.0]


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


def test_co2e_of_the_record_has_the_pue_and_no_joule_does():
    with Ledger([SteadyMeter()]) as ledger:
        time.sleep(0.02)
    without, with_it = (Carbon(intensity_g_per_kwh=360, source="made", year=2026, pue=pue) for pue in (1, 1.5))
    (one,), (other,) = (totals(ledger, carbon=carbon).totals for carbon in (without, with_it))
    assert other.co2e_g == pytest.approx(1.5 * one.co2e_g)
    assert other.energy_uj == one.energy_uj


def test_co2e_of_the_record_is_of_the_hours_of_the_run_and_unknown_outside_of_the_file(tmp_path):
    with Ledger([SteadyMeter()]) as ledger:
        time.sleep(0.02)
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    found = {}
    for name, first in (("now", this_hour - timedelta(hours=1)), ("later", this_hour + timedelta(hours=5))):
        rows = [f"{first + timedelta(hours=number):%Y-%m-%dT%H:%MZ},360\n" for number in range(3)]
        (tmp_path / name).write_text("hour_utc,g_per_kwh\n" + "".join(rows))
        carbon = Carbon(hourly=str(tmp_path / name), source="made", year=2026)
        (found[name],) = totals(ledger, carbon=carbon).totals
    assert found["now"].co2e_g == pytest.approx(found["now"].energy_uj / 1e10)
    assert found["now"].co2e_reason is None
    assert found["later"].co2e_g is None
    assert found["later"].co2e_reason.startswith("the energy was used outside the hours of ")


def test_files_hold_every_reading_and_every_window(tmp_path):
    with Ledger([SteadyMeter(), SteadyMeter(30, "package-0", "cpu")], idle_s=0.01) as ledger:
        pass
    statement.write(ledger, statement.windows_of(ledger), tmp_path)
    timeline = pd.read_parquet(tmp_path / paths.TIMELINE)
    assert timeline.groupby("device").size().to_dict() == {line.device.name: len(line) for line in ledger.timelines}
    assert (timeline["time_s"].min() < 0) and (timeline["time_s"].max() >= 0)
    assert pyarrow.parquet.read_table(tmp_path / paths.WINDOWS).to_pylist() == [
        window.model_dump() for window in statement.windows_of(ledger)
    ]


def test_files_of_a_run_without_meters_have_all_columns(tmp_path):
    with Ledger([]) as ledger:
        pass
    statement.write(ledger, statement.windows_of(ledger), tmp_path)
    assert len(pd.read_parquet(tmp_path / paths.TIMELINE)) == 0
    assert list(pd.read_parquet(tmp_path / paths.WINDOWS)["name"]) == ["run"]


# While the run goes on


def booked(windows):
    return [(window.name, window.device, window.energy_uj, window.gap_uj, window.source) for window in windows]


def of_trial(windows, name):
    return [window for window in windows if window.name == name or window.name.startswith(f"{name}/")]


@pytest.mark.parametrize("meters", [[SteadyMeter], [TickingMeter], [SteadyMeter, TickingMeter], []])
def test_closed_window_is_booked_while_the_run_goes_on_exactly_as_at_its_end(meters):
    early = []
    with Ledger([meter(name=f"GPU-{place}") for place, meter in enumerate(meters)]) as ledger, ledger.window("search"):
        for number in range(3):
            with ledger.window(f"trial{number}"), ledger.window("train"):
                time.sleep(0.03)
            early.append(statement.windows_of(ledger, f"run/search/trial{number}"))
    late = statement.windows_of(ledger)
    for number in range(3):
        assert booked(early[number]) == booked(of_trial(late, f"run/search/trial{number}"))
        assert len(early[number]) == 2 * max(1, len(meters))
        assert all((window.energy_uj is not None) == bool(meters) for window in early[number])


def test_window_that_is_booked_alone_is_a_root_and_times_count_from_its_start():
    with Ledger([SteadyMeter()]) as ledger:
        time.sleep(0.02)
        with ledger.window("trial0"):
            time.sleep(0.01)
            with ledger.window("train"):
                pass
        root, inside = statement.windows_of(ledger, "run/trial0")
    assert (root.name, root.parent, root.start_s) == ("run/trial0", None, 0)
    assert (inside.name, inside.parent) == ("run/trial0/train", "run/trial0")
    assert 0.01 <= inside.start_s <= inside.end_s <= root.end_s


def test_device_that_is_lost_leaves_its_closed_windows_unknown_at_once():
    meter = SteadyMeter(lost_after=10**9)
    with Ledger([meter]) as ledger:
        with ledger.window("trial0"):
            meter._lost_after = 0
        start_s = time.monotonic()
        (window,) = statement.windows_of(ledger, "run/trial0")
        assert time.monotonic() - start_s < 0.5
    assert (window.energy_uj, window.flags) == (None, ["unknown: meter nvml: GPU-0: GPU is lost"])


def test_windows_of_a_path_are_its_own_and_those_inside_it():
    with Ledger([]) as ledger, ledger.window("search"):
        for name in ("trial1", "trial10", "trial1"):
            with ledger.window(name), ledger.window("train"):
                pass
    assert [window.name for window in ledger.windows][2:4] == ["run/search/trial1", "run/search/trial1/train"]
    assert ledger.numbers("run/search/trial1") == [2, 3]
    assert ledger.numbers("run/search/trial10/train") == [5]
    assert ledger.numbers("run/search/trial1~2") == [6, 7]
    assert ledger.numbers("run/search") == [1, 2, 3, 4, 5, 6, 7]
    assert ledger.numbers("run/train") == []


@pytest.mark.parametrize("meter", [SteadyMeter, TickingMeter])
def test_timelines_until_now_reach_this_moment_and_do_not_grow(meter):
    with Ledger([meter()], sampling_hz=100) as ledger:
        moment_s = time.monotonic()
        (line,) = ledger.timelines_until_now()
        count = len(line)
        time.sleep(0.1)
    assert line.time_s[-1] >= moment_s
    assert len(line) == len(line.column("power_w")) == count < len(ledger.timelines[0])


def entry(name, energy_uj, scope):
    return record.WindowEntry(
        name=name, parent=None, device=scope, scope=scope, start_s=0, end_s=1, energy_uj=energy_uj, gap_uj=None,
        energy_net_uj=None, u_stat_j=None, u_idle_j=None, u_sys_j=None, source=None, flags=[],
    )  # fmt: skip


@pytest.mark.parametrize(("scope", "expected"), [("cpu", 1.5), ("gpu", 4.0), ("gpu+cpu", 5.5), (None, None)])
def test_energy_of_a_window_is_the_sum_over_the_devices_of_a_scope(scope, expected):
    windows = [entry("train", 1_500_000, "cpu"), entry("train", 4_000_000, "gpu"), entry("other", 7, "cpu")]
    assert statement.energy_j(windows, "train", scope) == expected


def test_energy_of_a_window_is_unknown_where_that_of_one_device_is():
    windows = [entry("train", 1_500_000, "cpu"), entry("train", None, "gpu")]
    assert statement.energy_j(windows, "train", "gpu+cpu") is None
    assert statement.energy_j(windows, "train", "cpu") == 1.5
    assert statement.energy_j(windows, "validation", "cpu") is None


CARD, PROCESSOR = ("GPU-0", "gpu"), ("package-0", "cpu")


@pytest.mark.parametrize(
    ("devices", "on_gpu", "expected"),
    [
        ([CARD, PROCESSOR], True, "gpu+cpu"),
        ([CARD, PROCESSOR], False, "cpu"),
        ([CARD], False, "gpu"),
        ([PROCESSOR], True, "cpu"),
        ([], False, None),
    ],
)
def test_scope_is_that_of_the_devices_that_work(devices, on_gpu, expected):
    ledger = Ledger([SteadyMeter(30, name, scope) for name, scope in devices])
    assert statement.scope_of(ledger, on_gpu) == expected


# With trials of other processes


def test_totals_hold_what_stands_beside_the_run():
    with Ledger([SteadyMeter(30, "package-0", "cpu")]) as ledger:
        pass
    own = statement.windows_of(ledger)
    beside = [entry("trials/trial0", 5_000_000, "cpu"), entry("trials/trial1", 2_000_000, "cpu")]
    energy = statement.energy_of(ledger, [*own, *beside], False, False, {}, record.Conditions(), Carbon())
    assert energy.totals[0].energy_uj == own[0].energy_uj + 7_000_000


@pytest.mark.parametrize(("device", "expected_j"), [("GPU-0", 378.4), ("GPU-7", (344**2 + 34.4**2) ** 0.5)])
def test_total_has_one_gain_of_one_card_and_two_of_two(device, expected_j):
    known = {"u_stat_j": 0.0, "u_idle_j": 0.0, "gain": 0.0344}
    windows = [
        entry("run", 10_000_000_000, "gpu").model_copy(update={"u_sys_j": 344.0, "device": "GPU-0", **known}),
        entry("trials/trial0", 1_000_000_000, "gpu").model_copy(update={"u_sys_j": 34.4, "device": device, **known}),
    ]
    energy = statement.energy_of(Ledger([SteadyMeter()]), windows, True, False, {}, record.Conditions(), Carbon())
    assert energy.totals[0].u_sys_j == pytest.approx(expected_j)


def test_total_is_unknown_where_a_trial_beside_the_run_is():
    with Ledger([SteadyMeter(30, "package-0", "cpu")]) as ledger:
        pass
    windows = [*statement.windows_of(ledger), entry("trials/trial0", None, "cpu")]
    energy = statement.energy_of(ledger, windows, False, False, {}, record.Conditions(), Carbon())
    assert (energy.totals[0].energy_uj, energy.totals[0].source) == (None, None)
