"""CO2e: of each run at the hours in which it was done, times the PUE, and not known where an hour is missing."""

import json
from datetime import UTC, datetime

import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.config.hours import read_hours
from frugalnet.record.co2e import by_hour, co2e_g
from frugalnet.record.record import WindowEntry
from tests.unit.conftest import REFERENCES, made_record

KWH_J = 3_600_000


@pytest.fixture
def hourly(tmp_path):
    """Return a function that gives hourly intensities from 2026-01-01T00 on."""

    def carbon(*g_per_kwh, **about):
        path = tmp_path / "grid.csv"
        rows = [f"2026-01-01T{hour:02}:00Z,{grams}\n" for hour, grams in enumerate(g_per_kwh)]
        path.write_text("hour_utc,g_per_kwh\n" + "".join(rows))
        read_hours.cache_clear()
        return Carbon(**{"hourly": str(path), "source": "a grid", "year": 2026} | about)

    return carbon


def window(name, start_s, end_s, energy_j, started=None):
    return WindowEntry(
        name=name, parent=name.rpartition("/")[0] or None, device="cpu", scope="cpu", start_s=start_s, end_s=end_s,
        energy_uj=None if energy_j is None else round(energy_j * 1e6), gap_uj=None, energy_net_uj=None, u_stat_j=None,
        u_idle_j=None, u_sys_j=None, source=None, flags=[], started=started,
    )  # fmt: skip


def hour(number):
    return datetime(2026, 1, 1, number, tzinfo=UTC)


def test_energy_of_a_window_is_in_its_hours_by_its_mean_power():
    windows = [window("run/train", 1800, 9000, 7200), window("run/search", 0, 60, 5)]
    used = by_hour(windows, {"run": "2026-01-01T00:00:00+00:00"})
    assert used == {hour(0): pytest.approx(1805), hour(1): pytest.approx(3600), hour(2): pytest.approx(1800)}


def test_trial_of_another_process_is_in_the_hours_in_which_that_did_it():
    started = {"run": "2026-01-01T05:00:00+00:00", "trials/trial1": "2026-01-01T02:59:30+00:00", "trials/trial10": None}
    assert by_hour([window("trials/trial1", 0, 60, 8)], started) == {hour(2): 4, hour(3): 4}
    assert by_hour([window("trials/trial10", 0, 60, 8)], started) is None


def test_window_that_ends_with_its_hour_or_lasts_no_time_is_in_that_hour():
    started = {"run": "2026-01-01T00:00:00+00:00"}
    assert by_hour([window("run/train", 0, 3600, 7), window("run/build", 3000, 3000, 1)], started) == {hour(0): 8}


def test_hours_of_unknown_energy_are_not_known():
    assert by_hour([window("run/train", 0, 3600, None)], {"run": "2026-01-01T00:00:00+00:00"}) is None


def test_co2e_is_energy_times_intensity_of_its_hour_times_pue(hourly):
    used = {hour(0): 1 * KWH_J, hour(1): 3 * KWH_J}
    assert co2e_g(4 * KWH_J, used, hourly(100, 200)) == (pytest.approx(700), None)
    assert co2e_g(4 * KWH_J, used, hourly(100, 200, pue=1.5)) == (pytest.approx(1050), None)
    assert co2e_g(4 * KWH_J, None, Carbon(intensity_g_per_kwh=50, source="a grid", year=2026, pue=1.2)) == (240, None)
    assert co2e_g(4 * KWH_J, used, Carbon()) == (None, None)


@pytest.mark.parametrize(
    ("energy_j", "used", "reason"),
    [
        (None, None, "the energy is not known"),
        (1.0, None, "the hours in which the energy was used are not known"),
        (1.0, {hour(0): 0.5, hour(2): 0.5}, "the energy was used outside the hours of "),
    ],
)
def test_co2e_that_is_not_known_has_a_reason(hourly, energy_j, used, reason):
    grams, told = co2e_g(energy_j, used, hourly(100, 200))
    assert grams is None
    assert told.startswith(reason)


def at(rec, number, train_uj=None):
    """Return the record of a run whose window `run` began at half past an hour of 2026-01-01."""
    windows = [
        each.model_copy(update={"started": f"2026-01-01T{number:02}:30:00+00:00"} if each.parent is None else {})
        for each in rec.windows
    ]
    return rec.model_copy(update={"windows": windows})


def compared(study, carbon, *records, failed=()):
    table = comparison(read_study(*study(*records, failed=failed))["runs"], carbon, REFERENCES)
    return table.set_index("method")


def test_parents_count_at_their_own_hours(study, hourly):
    records = at(made_record(), 0), at(made_record(method="continued", train_uj=7_200_000), 2)
    found = compared(study, hourly(360, 0, 720, pue=1.5), *records)
    assert found.loc["baseline", "co2e_to_solution_g"] == pytest.approx(1.5 * 5 * 1e-4)
    assert found.loc["continued", "co2e_to_solution_g"] == pytest.approx(1.5 * (5 * 1e-4 + 7.2 * 2e-4))
    assert found.loc["continued", "energy_to_solution_j"] == pytest.approx(12.2)  # which the PUE does not multiply
    assert found.loc["continued", "carbon_g_per_kwh"] == pytest.approx((5 * 360 + 7.2 * 720) / 12.2)
    assert found.loc["continued", ["carbon_source", "carbon_year", "carbon_pue"]].tolist() == ["a grid", 2026, 1.5]


def test_chain_with_a_run_outside_the_hours_is_not_known_and_says_why(study, hourly):
    found = compared(study, hourly(360, 720), at(made_record(), 5), at(made_record(method="continued"), 1))
    assert found["co2e_to_solution_g"].isna().all()
    assert found["carbon_g_per_kwh"].isna().all()
    assert found.loc["continued", "co2e_reason"] == found.loc["baseline", "co2e_reason"]
    assert found.loc["baseline", "co2e_reason"].endswith("grid.csv (2026-01-01T00 to 2026-01-01T01, UTC)")


def test_tries_that_failed_count_at_their_own_hours(study, hourly):
    tries = [at(made_record(train_uj=4_500_000), 2)]  # whose `run` took 7.5 J
    found = compared(study, hourly(0, 0, 360), at(made_record(), 0), failed=tries)
    assert found.loc["baseline", "energy_to_solution_j"] > 5
    expected_g = (found.loc["baseline", "energy_to_solution_j"] - 5) * 1e-4
    assert found.loc["baseline", "co2e_to_solution_g"] == pytest.approx(expected_g)


def test_run_of_before_starts_were_noted_is_in_the_hours_from_its_start_on(study):
    runs = read_study(*study(made_record(started="2026-01-01T10:59:56+00:00")))["runs"]  # trains from 2 s to 12 s
    assert json.loads(runs.loc[0, "energy_by_hour_j"]) == {"2026-01-01T10": 1.0, "2026-01-01T11": 4.0}


def test_intensity_of_0_is_known(study):
    found = compared(study, Carbon(intensity_g_per_kwh=0, source="hydro", year=2026), made_record())
    assert found.loc["baseline", ["co2e_to_solution_g", "carbon_g_per_kwh"]].tolist() == [0, 0]
