"""How long a window must be for a meter to resolve its energy."""

import time

import pytest

from frugalnet.energy import Ledger
from tests.unit.steady import SteadyMeter


def test_counter_that_ticks_needs_edges_that_are_small_beside_the_window():
    ledger = Ledger([SteadyMeter(tick_s=0.1)])
    assert ledger.resolvable_s(0.02) == pytest.approx(0.1 / 6**0.5 / 0.02)
    assert ledger.resolvable_s(0.01) == pytest.approx(4.08, abs=0.01)


def test_power_that_is_integrated_is_known_between_readings_only():
    ledger = Ledger([SteadyMeter(cumulative=False)], sampling_hz=20)
    assert ledger.resolvable_s(0.01) == pytest.approx(0.05 / 6**0.5 / 0.01)


def test_power_that_a_sensor_averages_is_known_no_more_often_than_it_averages_over():
    ledger = Ledger([SteadyMeter(cumulative=False, averaging_s=1.0)], sampling_hz=20)
    assert ledger.resolvable_s(0.02) == pytest.approx(1.0 / 6**0.5 / 0.02)


def test_counter_that_is_read_at_the_edges_resolves_any_stretch():
    ledger = Ledger([SteadyMeter()], sampling_hz=10)
    assert (ledger.resolvable_s(0.001), ledger.block_s) == (0, 0)


def test_block_is_long_for_what_is_read_of_it():
    assert Ledger([SteadyMeter(tick_s=0.1)]).block_s == pytest.approx(0.4)
    assert Ledger([SteadyMeter(cumulative=False, averaging_s=1.0)]).block_s == pytest.approx(4.0)


def test_machine_counts_only_where_no_part_of_it_is_read():
    plug = SteadyMeter(name="plug", scope="machine", cumulative=False, averaging_s=2.0)
    assert Ledger([plug, SteadyMeter(tick_s=0.1)]).block_s == pytest.approx(0.4)
    assert Ledger([plug]).block_s == pytest.approx(8.0)


def test_stretches_are_booked_as_what_was_done_in_them():
    with Ledger([SteadyMeter(watts=100)], sampling_hz=10) as ledger:
        stretches = []
        for _ in range(3):
            stretch = ledger.begin()
            time.sleep(0.01)
            stretches.append(ledger.end(stretch))
    (line,) = ledger.timelines
    found = ledger.book_stretches(line, stretches)
    assert found.known.all()
    assert found.energy_uj / 1e6 == pytest.approx([100 * each.duration_s for each in stretches], rel=1e-3)


def test_device_that_is_slowest_decides():
    ledger = Ledger([SteadyMeter(name="GPU-0", tick_s=0.1), SteadyMeter(name="GPU-1", tick_s=0.02)])
    assert ledger.resolvable_s(0.02) == pytest.approx(2.04, abs=0.01)
    assert ledger.block_s == pytest.approx(0.4)


def test_device_that_is_lost_is_not_waited_for():
    ledger = Ledger([SteadyMeter(tick_s=0.1, lost_after=0)])
    with ledger:
        pass
    assert (ledger.resolvable_s(0.02), ledger.block_s) == (0, 0)


def test_without_meters_there_is_nothing_to_resolve():
    assert (Ledger([]).resolvable_s(0.02), Ledger([]).block_s) == (0, 0)
