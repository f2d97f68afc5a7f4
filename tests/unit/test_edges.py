"""Windows whose edges are steps of power: how near their energy is, and whether its uncertainty tells."""

import numpy as np
import pytest
from benchmarks._simulated import integrated_timeline_of, timeline_of, work

from frugalnet.energy.booking import book


def of_steps(outside_w, inside_w, window_s, lag_s=0.0, follows="late"):
    """Return error and stated sigma of windows that begin and end where the power steps, in joules."""
    draw = np.random.default_rng(0)
    done = work(outside_w, inside_w, window_s, 80 if window_s < 10 else 30, draw, lag_s, follows=follows)
    found = book(
        timeline_of(done.curve, done.length_s, draw), done.start_s, done.end_s, np.full(len(done.start_s), -1), None
    )
    assert found.known.all()
    return found.energy_uj / 1e6 - done.energy_j, found.u_stat_j


@pytest.mark.parametrize("lag_s", [0, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("window_s", [0.5, 3, 10])
@pytest.mark.parametrize(("outside_w", "inside_w"), [(60, 300), (300, 180)])
def test_window_whose_edges_are_steps_is_booked_without_bias(outside_w, inside_w, window_s, lag_s):
    error_j, sigma_j = of_steps(outside_w, inside_w, window_s, lag_s)
    assert np.mean(np.abs(error_j) <= 1.96 * sigma_j) >= 0.93
    assert abs(error_j.mean()) < 1


@pytest.mark.parametrize("lag_s", [0.02, 0.1])
def test_power_that_follows_its_load_slowly_is_covered(lag_s):
    error_j, sigma_j = of_steps(60, 300, 3, lag_s, "exponential")
    assert np.mean(np.abs(error_j) <= 1.96 * sigma_j) >= 0.93
    assert abs(error_j.mean()) < 1


def test_pause_that_is_shorter_than_a_tick_is_covered():
    draw = np.random.default_rng(0)
    done = work(60, 300, 3, 200, draw, gap_s=(0.03, 0.04))
    line = timeline_of(done.curve, done.length_s, draw)
    found = book(line, done.start_s[1:], done.end_s[1:], np.full(199, -1), None)
    error_j = found.energy_uj / 1e6 - done.energy_j[1:]
    assert np.mean(np.abs(error_j) <= 1.96 * found.u_stat_j) >= 0.93


def test_window_within_a_tick_is_as_unsure_as_its_power_may_be():
    draw = np.random.default_rng(0)
    done = work(60, 300, 0.05, 200, draw)
    found = book(timeline_of(done.curve, done.length_s, draw), done.start_s, done.end_s, np.full(200, -1), None)
    error_j = found.energy_uj / 1e6 - done.energy_j
    assert all(flags == ["resolution_limited"] for flags in found.flags)
    assert np.mean(np.abs(error_j) <= 1.96 * found.u_stat_j) >= 0.93


@pytest.mark.parametrize("averaging_s", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("window_s", [0.5, 3, 12])
def test_power_that_a_sensor_averages_is_dated_back(window_s, averaging_s):
    draw = np.random.default_rng(0)
    done = work(60, 300, window_s, 60, draw, 0.02, gap_s=(2.5, 4.0))
    line = integrated_timeline_of(done.curve, done.length_s, draw, averaging_s)
    found = book(line, done.start_s, done.end_s, np.full(60, -1), None)
    error_j = found.energy_uj / 1e6 - done.energy_j
    assert np.mean(np.abs(error_j) <= 1.96 * found.u_stat_j) >= 0.93
    assert abs(error_j.mean()) < (8 if window_s > 2 * averaging_s else 60)
    flagged = [f"power_averaged: {averaging_s:g} s" in flags for flags in found.flags]
    assert all(flagged) if window_s < 10 * averaging_s else not any(flagged)
