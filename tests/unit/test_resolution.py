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


def test_counter_that_tells_at_any_moment_resolves_any_window():
    ledger = Ledger([SteadyMeter()], sampling_hz=10)
    assert (ledger.resolvable_s(0.001), ledger.block_s) == (0, 0)


def test_power_that_is_a_mean_is_known_no_better_than_over_its_time():
    ledger = Ledger([SteadyMeter(cumulative=False, averaging_s=1.0)], sampling_hz=20)
    assert ledger.resolvable_s(0.01) == pytest.approx(1 / 6**0.5 / 0.01)


@pytest.mark.parametrize(
    ("about", "block_s"),
    [({"tick_s": 0.1}, 0.4), ({"cumulative": False}, 0.2), ({"cumulative": False, "averaging_s": 1.0}, 4.0)],
)
def test_block_is_as_long_as_four_moments_at_which_the_energy_is_known(about, block_s):
    assert Ledger([SteadyMeter(**about)], sampling_hz=20).block_s == pytest.approx(block_s)


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
