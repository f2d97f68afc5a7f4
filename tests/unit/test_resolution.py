"""How long a window must be for a meter to resolve its energy."""

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


def test_counter_that_is_read_at_the_edges_needs_two_readings():
    assert Ledger([SteadyMeter()], sampling_hz=10).resolvable_s(0.001) == pytest.approx(0.2)


def test_device_that_is_slowest_decides():
    ledger = Ledger([SteadyMeter(name="GPU-0", tick_s=0.1), SteadyMeter(name="GPU-1", tick_s=0.02)])
    assert ledger.resolvable_s(0.02) == pytest.approx(2.04, abs=0.01)


def test_device_that_is_lost_is_not_waited_for():
    ledger = Ledger([SteadyMeter(tick_s=0.1, lost_after=0)])
    with ledger:
        pass
    assert ledger.resolvable_s(0.02) == 0


def test_without_meters_there_is_nothing_to_resolve():
    assert Ledger([]).resolvable_s(0.02) == 0
