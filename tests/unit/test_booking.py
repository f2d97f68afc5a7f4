"""Booking against known powers: how near the energy of a window is, and whether its uncertainty tells."""

from array import array

import numpy as np
import pytest
from benchmarks._simulated import CURVES, TICK_S, timeline_of

from frugalnet.energy.booking import Idle, book
from frugalnet.energy.meters.replay import ReplayMeter
from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.sampler import _Channel
from frugalnet.energy.timeline import NUMBERS, Timeline

LENGTH_S = 600
WINDOWS = 1000


def timeline(*readings, **device):
    """Return a timeline of (time_s, energy_j) or Readings."""
    about = {"tick_s": 0.1} | device
    made = [each if isinstance(each, Reading) else Reading(each[0], round(each[1] * 1e6)) for each in readings]
    return Timeline.of(Device("GPU-0", "nvml", "gpu", "measured", **about), made)


def booked(line, *edges, parents=None, idle=None):
    start_s, end_s = np.array(edges, float).T
    return book(line, start_s, end_s, np.array(parents or [-1] * len(edges)), idle)


def played(line, monkeypatch):
    """Return what the sampler makes of a timeline that is replayed, on a clock that is moved; its times are the recorded ones."""
    now_s = [line.time_s[0]]
    monkeypatch.setattr("frugalnet.energy.meters.replay.time.monotonic", lambda: now_s[0])
    channel = _Channel(ReplayMeter(line), 0.1)
    while now_s[0] < line.time_s[-1]:
        channel.read()
        now_s[0] += 0.05
    return channel.timeline


def random_windows(curve, ticks, seed=0, replayed_with=None):
    """Return error and stated sigma, in joules, and the true energy of random windows on a curve."""
    draw = np.random.default_rng(seed)
    line = timeline_of(curve, LENGTH_S, draw)
    if replayed_with:
        line = played(line, replayed_with)
    start_s = draw.uniform(1, LENGTH_S - 2 - ticks * TICK_S, WINDOWS)
    end_s = start_s + ticks * TICK_S
    found = book(line, start_s, end_s, np.full(WINDOWS, -1), None)
    assert found.known.all()
    true_j = curve.energy_j(end_s) - curve.energy_j(start_s)
    return found.energy_uj / 1e6 - true_j, found.u_stat_j, true_j


@pytest.mark.parametrize(("name", "limit"), [("ramp", 0.001), ("sine", 0.001), ("square", 0.01)])
def test_window_of_100_ticks_is_right(name, limit):
    error_j, _, true_j = random_windows(CURVES[name], 100)
    assert np.abs(error_j / true_j).max() < limit


@pytest.mark.parametrize("ticks", [3, 10, 30, 100, 300])
@pytest.mark.parametrize("name", CURVES)
def test_stated_interval_covers_the_truth_and_is_not_too_wide(name, ticks):
    error_j, sigma_j, _ = random_windows(CURVES[name], ticks)
    assert 0.93 <= np.mean(np.abs(error_j) <= 1.96 * sigma_j) <= 0.99
    assert np.sqrt(np.mean(sigma_j**2) / np.mean(error_j**2)) <= 1.5


@pytest.mark.parametrize("name", CURVES)
def test_replayed_timeline_is_as_sure_of_its_windows_as_the_recorded_one(name, monkeypatch):
    error_j, sigma_j, true_j = random_windows(CURVES[name], 100, replayed_with=monkeypatch)
    assert np.abs(error_j / true_j).max() < (0.01 if name == "square" else 0.001)
    assert 0.93 <= np.mean(np.abs(error_j) <= 1.96 * sigma_j) <= 0.99
    assert np.sqrt(np.mean(sigma_j**2) / np.mean(error_j**2)) <= 1.5


def test_integrated_power_of_a_device_that_jumps_states_its_sampling_error():
    draw = np.random.default_rng(0)
    jumps_s = np.cumsum(draw.exponential(1.7, 5000))
    time_s = np.arange(0, 6000, 0.1)
    power_w = np.where(np.searchsorted(jumps_s, time_s) % 2, 300.0, 60.0)
    energy_j = np.concatenate([[0], np.cumsum((power_w[1:] + power_w[:-1]) / 2 * 0.1)])
    line = timeline(
        *(Reading(t, round(e * 1e6), p) for t, e, p in zip(time_s, energy_j, power_w, strict=True)),
        cumulative=False,
        tick_s=0,
    )
    edges_s = np.concatenate([[0], jumps_s])
    levels_w = np.where(np.arange(len(edges_s)) % 2, 300.0, 60.0)
    steps_j = np.concatenate([[0], np.cumsum(np.diff(edges_s) * levels_w[:-1])])
    start_s = draw.uniform(1, 5900, 1000)
    end_s = start_s + 50
    true_j = np.interp(end_s, edges_s, steps_j) - np.interp(start_s, edges_s, steps_j)
    found = book(line, start_s, end_s, np.full(1000, -1), None)
    error_j = found.energy_uj / 1e6 - true_j
    assert 0.93 <= np.mean(np.abs(error_j) <= 1.96 * found.u_stat_j) <= 1
    assert np.sqrt(np.mean(found.u_stat_j**2) / np.mean(error_j**2)) <= 1.7


# Between, beyond and without readings


def test_window_at_the_end_of_an_averaged_timeline_waits_for_what_tells_of_it():
    line = timeline(
        *(Reading(t / 10, 10_000_000 * t, 100.0) for t in range(41)), cumulative=False, tick_s=0, averaging_s=1.0
    )
    found = booked(line, (1, 3), (1, 3.5))
    assert found.known.tolist() == [True, False]
    assert found.energy_uj[0] == 200_000_000


def test_energy_between_two_readings_is_interpolated():
    found = booked(timeline((0, 0), (1, 100), (2, 200), (3, 400)), (0.5, 2.5))
    assert found.energy_uj[0] == 250_000_000


def test_window_beyond_the_readings_is_unknown_with_the_reason():
    found = booked(timeline((0, 0), (1, 100), (2, 200)), (0.5, 2.5), (-1, 1))
    assert not found.known.any()
    assert found.flags == [
        ["unknown: no reading at the end of the window"],
        ["unknown: no reading at the start of the window"],
    ]


@pytest.mark.parametrize("readings", [[], [(0, 0)]])
def test_timeline_that_is_too_short_knows_nothing(readings):
    found = booked(timeline(*readings), (0, 0))
    assert not found.known[0]


def test_counter_that_was_reset_makes_its_windows_unknown_and_no_others():
    line = timeline((0, 500), (1, 600), (2, 700), (3, 50), (4, 150), (5, 250))
    found = booked(line, (0, 2), (1.5, 3.5), (3, 5), (2.5, 4))
    assert found.known.tolist() == [True, False, True, False]
    assert found.flags[1] == ["unknown: the counter was reset"]
    assert found.energy_uj[[0, 2]].tolist() == [200_000_000, 200_000_000]


def hole(**device):
    return timeline(*((t, 100 * t) for t in (0, 1, 2, 3, 20, 21, 22)), **device)


def test_nothing_is_interpolated_across_a_hole():
    found = booked(hole(), (1, 10), (10, 21))
    assert not found.known.any()
    assert found.flags[0] == ["unknown: no reading for 17.0 s"]


def test_counter_goes_on_through_a_hole_but_integrated_power_does_not():
    assert booked(hole(), (1, 21)).energy_uj[0] == 2_000_000_000
    assert not booked(hole(cumulative=False), (1, 21)).known[0]


def test_power_that_was_not_told_is_that_of_its_interval():
    readings = [Reading(t / 10, 10_000_000 * t, None if t == 20 else 100.0) for t in range(41)]
    found = booked(timeline(*readings, cumulative=False, tick_s=0, averaging_s=1.0), (1, 3))
    assert (found.energy_uj[0], found.u_stat_j[0]) == (200_000_000, pytest.approx(0, abs=1e-6))


@pytest.mark.parametrize("edge_s", [3.0, 2.9995])
def test_reset_that_ends_at_a_reading_at_the_edge_is_unknown(edge_s):
    line = timeline((0, 500), (1, 1000), (2, 1500), (3, 20), (4, 120), (5, 220))
    found = booked(line, (0.5, edge_s), (edge_s, 5))
    assert found.known.tolist() == [False, True]
    assert found.flags[0] == ["unknown: the counter was reset"]
    assert found.energy_uj[1] == 200_000_000


@pytest.mark.parametrize("edge_s", [20.0, 19.9995])
def test_hole_in_integrated_power_that_ends_at_a_reading_at_the_edge_is_unknown(edge_s):
    found = booked(hole(cumulative=False), (1, edge_s), (edge_s, 22))
    assert found.known.tolist() == [False, True]
    assert found.flags[0] == ["unknown: no reading for 17.0 s"]


def test_counter_is_known_at_a_reading_behind_a_hole():
    found = booked(hole(), (1, 19.9995), (3.0005, 19.9995))
    assert found.energy_uj.tolist() == [1_900_000_000, 1_700_000_000]


def test_reading_that_failed_is_a_hole_however_short():
    line = timeline((0, 0), (0.1, 10))
    line.lost = "meter nvml: timeout"
    for moment_s in (0.3, 0.4):
        line.append(Reading(moment_s, round(100e6 * moment_s)))
    found = booked(line, (0, 0.2), (0, 0.35))
    assert found.known.tolist() == [False, True]
    assert found.flags[0] == ["unknown: meter nvml: timeout"]


def test_parent_of_an_unknown_window_has_no_known_gap():
    found = booked(hole(), (0, 21), (1, 10), parents=[-1, 0])
    assert found.known.tolist() == [True, False]
    assert not found.gap_known[0]


def test_idle_power_and_its_uncertainty_are_taken_off():
    line = timeline(*((t, 100 * t) for t in range(21)))
    found = booked(line, (5, 15), idle=Idle(power_w=30, sigma_w=0.5))
    assert found.net_uj[0] == 700_000_000
    assert found.u_stat_j[0] == pytest.approx(5.0, rel=1e-3)


def test_gain_is_systematic_and_unknown_where_nothing_is_known():
    readings = [(t, 100 * t) for t in range(21)]
    assert booked(timeline(*readings, gain=0.035), (5, 15)).u_sys_j[0] == pytest.approx(35)
    assert booked(timeline(*readings), (5, 15)).u_sys_j is None


def test_gain_moves_the_net_energy_by_its_part_of_the_net_energy_alone():
    line = timeline(*((t, 300 * t) for t in range(121)), gain=0.0344)  # 30,000 J in 100 s, 200 W of them at rest
    found = booked(line, (10, 110), idle=Idle(power_w=200, sigma_w=0))
    assert (found.energy_uj[0], found.net_uj[0]) == (30_000_000_000, 10_000_000_000)
    assert found.u_sys_j[0] == pytest.approx(344)


def test_window_without_two_readings_inside_is_limited_by_resolution():
    found = booked(timeline(*((t / 10, 10 * t) for t in range(21))), (1.02, 1.18), (1.02, 1.21))
    assert found.flags == [["resolution_limited"], []]


def disturbed(**columns):
    """Return a timeline of 2 s whose readings from 1.0 s on have these columns."""
    return timeline(*(Reading(t / 10, 10_000_000 * t, **(columns if t >= 10 else {})) for t in range(21)))


@pytest.mark.parametrize(
    ("columns", "flag"),
    [
        ({"other_processes": 2}, "other_processes: 2"),
        ({"throttle": "sw_power_cap+hw_thermal"}, "throttled: hw_thermal+sw_power_cap"),
    ],
)
def test_disturbance_flags_the_windows_that_it_touches(columns, flag):
    found = booked(disturbed(**columns), (0.15, 0.75), (0.75, 1.55))
    assert found.flags == [[], [flag]]


def test_temperature_that_drifts_flags_the_window():
    line = timeline(*(Reading(t / 10, 10_000_000 * t, temperature_c=40 + 2 * t) for t in range(21)))
    found = booked(line, (0.1, 0.3), (0.1, 1.5))
    assert found.flags[0] == []
    assert found.flags[1] == ["temperature_drift: 28 C"]


def test_ten_hours_with_ten_thousand_windows_are_booked_exactly():
    count = 360_000
    line = timeline()
    line.time_s = array("d", np.arange(count) / 10)
    line.energy_uj = array("q", np.arange(count) * 20_000_000)
    line.numbers = {name: array("d", np.full(count, np.nan)) for name in NUMBERS}
    line.throttle = [None] * count
    edges_s = np.linspace(1, 35_990, 10_000)
    start_s = np.concatenate([[0.5], edges_s[:-1]])
    end_s = np.concatenate([[35_995], edges_s[1:]])
    found = book(line, start_s, end_s, np.array([-1] + [0] * 9_999), Idle(50, 0.1))
    assert found.energy_uj[1:].sum() + found.gap_uj[0] == found.energy_uj[0]
