"""The ledger closes: every microjoule of a run stands in exactly one place."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frugalnet.energy import Ledger, Reading


class TickingMeter:
    """Give the next of a list of energies at each reading, one second apart; after its end the last one."""

    name, device, scope, source, assumptions = "replay", "fake", "cpu", "simulated", {}

    def __init__(self, *energies_uj):
        self.energies_uj = list(energies_uj)
        self.readings = 0

    def read(self):
        self.readings += 1
        energy_uj = self.energies_uj[min(self.readings, len(self.energies_uj)) - 1]
        return Reading(float(self.readings), energy_uj, None)

    def close(self):
        self.closed = True


def ledger_of(*energies_uj):
    """Return a ledger that reads at the edges only: its sampler would need a thousand seconds for a reading."""
    return Ledger(TickingMeter(*energies_uj), sampling_hz=0.001)


def by_name(ledger):
    return {window.name: window for window in ledger.windows}


def test_window_gets_the_energy_between_its_edges():
    with ledger_of(100, 130, 190, 250) as ledger, ledger.window("train"):
        pass
    assert by_name(ledger)["run/train"].energy_uj == 60
    assert by_name(ledger)["run"].energy_uj == 150


def test_gap_is_what_happened_between_the_children():
    with ledger_of(0, 10, 30, 35, 95, 100) as ledger:
        for name in ("load", "train"):
            with ledger.window(name):
                pass
    assert by_name(ledger)["run"].gap_uj == 100 - (30 - 10) - (95 - 35)


@given(st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=4), max_leaves=25), st.data())
@settings(max_examples=60, deadline=None)
def test_children_and_gap_are_the_parent_exactly(tree, data):
    def walk(children):
        for position, child in enumerate(children):
            with ledger.window(f"w{position}"):
                walk(child)

    steps = data.draw(st.lists(st.integers(0, 10**12), min_size=200, max_size=200))
    energies = [sum(steps[: n + 1]) for n in range(200)]
    with ledger_of(*energies) as ledger:
        walk(tree)
    for parent in ledger.windows:
        children = [window.energy_uj for window in ledger.windows if window.parent == parent.name]
        assert sum(children) + parent.gap_uj == parent.energy_uj


def test_windows_that_an_error_left_open_are_closed_with_their_parent():
    ledger = ledger_of(*range(0, 1000, 10))

    def failing_run():
        with ledger, ledger.window("train"):
            ledger.open("epoch1")
            ledger.open("validation")
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        failing_run()
    assert all(window.end_s is not None for window in ledger.windows)
    assert {window.name for window in ledger.windows} == {
        "run",
        "run/train",
        "run/train/epoch1",
        "run/train/epoch1/validation",
    }


def test_closing_a_closed_window_changes_nothing():
    with ledger_of(*range(0, 100, 10)) as ledger:
        with ledger.window("train") as train:
            pass
        before = train.energy_uj
        ledger.close("run/train")
    assert train.energy_uj == before


def test_meter_that_fails_in_the_middle_makes_its_windows_unknown_not_zero():
    with ledger_of(0, 10, None, 40, 50) as ledger, ledger.window("train"):
        pass
    assert by_name(ledger)["run/train"].energy_uj is None
    assert by_name(ledger)["run"].gap_uj is None
    assert by_name(ledger)["run"].energy_uj == 40


def test_without_a_meter_times_are_kept_and_energy_is_unknown():
    with Ledger(None) as ledger, ledger.window("train"):
        pass
    assert by_name(ledger)["run/train"].duration_s >= 0
    assert by_name(ledger)["run/train"].energy_uj is None
    assert ledger.energy_source().reason == "measure.meters is none"


def test_second_window_of_a_name_gets_a_name_of_its_own():
    with ledger_of(*range(0, 100, 10)) as ledger:
        for _ in range(2):
            with ledger.window("epoch1"), ledger.window("validation"):
                pass
    names = [window.name for window in ledger.windows]
    assert names == ["run", "run/epoch1", "run/epoch1/validation", "run/epoch1~2", "run/epoch1~2/validation"]


def test_deep_copy_is_the_ledger_itself():
    ledger = ledger_of(0)
    assert copy.deepcopy({"callback": ledger})["callback"] is ledger


def test_devices_are_synchronised_before_each_edge():
    calls = []
    with Ledger(TickingMeter(0), 0.001, lambda: calls.append(1)) as ledger, ledger.window("train"):
        pass
    assert len(calls) == 4


def test_timeline_is_sampled_between_the_edges_and_the_meter_closed():
    meter = TickingMeter(*range(100))
    with Ledger(meter, sampling_hz=100) as ledger:
        while len(ledger.timeline) < 5:
            pass
    assert [reading.energy_uj for reading in ledger.timeline[:3]] == [0, 1, 2]
    assert meter.closed
