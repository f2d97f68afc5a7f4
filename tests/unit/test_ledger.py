"""The ledger closes: every microjoule of a run stands in exactly one place, on every device."""

import copy
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frugalnet.energy import Device, Ledger, Reading, statement
from frugalnet.energy.booking import book
from frugalnet.energy.timeline import Timeline
from tests.unit.steady import SteadyMeter, entries, totals


def test_window_gets_the_energy_of_its_time():
    with Ledger([SteadyMeter(watts=100)]) as ledger, ledger.window("train"):
        time.sleep(0.05)
    window = entries(ledger)["run/train", "GPU-0"]
    assert window.energy_uj == pytest.approx(100e6 * (window.end_s - window.start_s), rel=1e-3)


def test_times_are_counted_from_the_start_of_the_run():
    with Ledger([SteadyMeter()]) as ledger, ledger.window("train"):
        pass
    assert entries(ledger)["run", "GPU-0"].start_s == 0


def test_every_window_is_there_once_for_each_device():
    with Ledger([SteadyMeter(), SteadyMeter(30, "package-0", "cpu")]) as ledger, ledger.window("train"):
        pass
    assert list(entries(ledger)) == [
        (name, device) for name in ("run", "run/train") for device in ("GPU-0", "package-0")
    ]


TREES = st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=4), max_leaves=25)


@pytest.fixture(autouse=True)
def quick_to_settle(monkeypatch):
    monkeypatch.setattr("frugalnet.energy.ledger.GPU_SETTLE_S", 0)


@given(TREES, st.lists(st.integers(0, 10**9), min_size=3, max_size=60), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_children_and_gap_are_the_parent_exactly(tree, steps_uj, seed):
    edges, parents = [], []
    draw = np.random.default_rng(seed)
    timeline = Timeline(Device("GPU-0", "nvml", "gpu", "measured", tick_s=0.1, quantum_uj=1000))
    for number, energy_uj in enumerate(np.cumsum(steps_uj)):
        timeline.append(Reading(number + draw.uniform(0, 0.5), int(energy_uj)))

    def place(children, start_s, end_s, parent):
        number = len(edges)
        edges.append((start_s, end_s))
        parents.append(parent)
        moments = sorted(draw.uniform(start_s, end_s, 2 * len(children)))
        for child, (first, last) in zip(children, zip(moments[::2], moments[1::2], strict=True), strict=True):
            place(child, first, last, number)

    place(tree, 0.6, len(steps_uj) - 1.0, -1)
    start_s, end_s = np.array(edges).T
    booked = book(timeline, start_s, end_s, np.array(parents), None)
    assert booked.known.all()
    for number in range(len(edges)):
        inside = sum(int(booked.energy_uj[child]) for child, parent in enumerate(parents) if parent == number)
        assert inside + int(booked.gap_uj[number]) == int(booked.energy_uj[number])
        assert booked.gap_uj[number] >= 0


class LostDevice:
    """Work whose device is lost: waiting for it fails."""

    lost = False

    def synchronize(self):
        if self.lost:
            raise RuntimeError("device lost")


@pytest.mark.parametrize("where", ["inside a window", "at the end"])
def test_device_that_cannot_be_waited_for_leaves_a_whole_ledger(where):
    device, meter = LostDevice(), SteadyMeter()
    ledger = Ledger([meter], synchronize=device.synchronize)

    def failing_run():
        with ledger:
            with ledger.window("train"):
                device.lost = where == "inside a window"
            device.lost = True

    with pytest.raises(RuntimeError, match="device lost"):
        failing_run()
    assert {name: window.energy_uj is not None for (name, _), window in entries(ledger).items()} == {
        "run": True,
        "run/train": True,
    }
    assert meter.closed


def test_windows_that_an_error_left_open_are_closed_with_their_parent():
    ledger = Ledger([SteadyMeter()])

    def failing_run():
        with ledger, ledger.window("train"):
            ledger.open("epoch1")
            ledger.open("validation")
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        failing_run()
    found = entries(ledger)
    assert {name for name, _ in found} == {"run", "run/train", "run/train/epoch1", "run/train/epoch1/validation"}
    assert all(window.energy_uj is not None for window in found.values())


def test_closing_a_closed_window_changes_nothing():
    with Ledger([]) as ledger:
        with ledger.window("train") as train:
            pass
        before = train.end_s
        ledger.close("run/train")
    assert train.end_s == before


def test_meter_that_dies_in_mid_run_leaves_null_and_the_reason_not_a_guess():
    meter = SteadyMeter(lost_after=10**9)
    with Ledger([meter]) as ledger:
        with ledger.window("before"):
            pass
        meter._lost_after = 0
        with ledger.window("behind"):
            pass
    found = entries(ledger)
    assert found["run/before", "GPU-0"].energy_uj is not None
    for name in ("run/behind", "run"):
        window = found[name, "GPU-0"]
        assert (window.energy_uj, window.gap_uj, window.u_stat_j, window.source) == (None, None, None, None)
        assert window.flags == ["unknown: meter nvml: GPU-0: GPU is lost"]
    assert totals(ledger).devices[0].lost == "meter nvml: GPU-0: GPU is lost"


def test_device_that_dies_leaves_the_others_as_they_are():
    dying, living = SteadyMeter(), SteadyMeter(name="GPU-1")
    with Ledger([dying, living]) as ledger:
        dying._lost_after = 0
    found = entries(ledger)
    assert found["run", "GPU-0"].energy_uj is None
    assert found["run", "GPU-1"].energy_uj is not None


def test_without_a_meter_times_are_kept_and_energy_is_unknown():
    with Ledger([], idle_s=60) as ledger, ledger.window("train"):
        pass
    window = entries(ledger)["run/train", None]
    assert window.end_s >= window.start_s
    assert (window.energy_uj, window.flags) == (None, ["unknown: no meter"])
    assert totals(ledger).reason == "measure.meters is none"


@pytest.mark.parametrize(
    ("other_share", "length_s", "flags"),
    [(0.5, 2.0, ["other_load: 50 %"]), (0.01, 2.0, []), (0.5, 0.9, []), (-0.1, 2.0, [])],
)
def test_window_in_which_other_processes_used_the_machine_is_flagged(monkeypatch, other_share, length_s, flags):
    clock = {"now": 0.0}
    cores, own_s = os.cpu_count(), 0.25
    monkeypatch.setattr("frugalnet.energy.ledger.time.monotonic", lambda: clock["now"])
    monkeypatch.setattr("frugalnet.energy.ledger.CpuTime.read_s", lambda self: own_s * clock["now"])
    monkeypatch.setattr(
        "frugalnet.energy.ledger.machine_s", lambda: (own_s + other_share * cores) * clock["now"] + 1000
    )
    with Ledger([]) as ledger, ledger.window("train"):
        clock["now"] += length_s
    found = [entry.flags for entry in statement.windows_of(ledger)]
    assert found == [["unknown: no meter", *flags]] * 2


def test_second_window_of_a_name_gets_a_name_of_its_own():
    with Ledger([]) as ledger:
        for _ in range(2):
            with ledger.window("epoch1"), ledger.window("validation"):
                pass
    names = [window.name for window in ledger.windows]
    assert names == ["run", "run/epoch1", "run/epoch1/validation", "run/epoch1~2", "run/epoch1~2/validation"]


def test_deep_copy_is_the_ledger_itself():
    ledger = Ledger([])
    assert copy.deepcopy({"callback": ledger})["callback"] is ledger


def test_devices_are_synchronised_before_each_edge():
    calls = []
    with Ledger([], synchronize=lambda: calls.append(1)) as ledger, ledger.window("train"):
        pass
    assert len(calls) == 4


def test_meters_are_closed_at_the_end():
    meter = SteadyMeter()
    with Ledger([meter]):
        pass
    assert meter.closed


def test_net_is_gross_without_the_idle_power_that_brackets_found():
    with Ledger([SteadyMeter(watts=40)], idle_s=0.05) as ledger, ledger.window("train"):
        time.sleep(0.05)
    window = entries(ledger)["run/train", "GPU-0"]
    assert window.energy_uj == pytest.approx(40e6 * (window.end_s - window.start_s), rel=1e-3)
    assert abs(window.energy_net_uj) < 0.02 * window.energy_uj
    (device,) = totals(ledger).devices
    for bracket in ("idle_no_context_w", "idle_before_w", "idle_after_w"):
        assert getattr(device, bracket) == pytest.approx(40, rel=1e-3)


def test_disturbed_bracket_is_told_in_every_window():
    meter = SteadyMeter()
    plain = meter.read
    meter.read = lambda: replace(plain(), other_processes=1)
    with Ledger([meter], idle_s=0.02) as ledger:
        meter.read = plain
    assert "idle bracket other_processes: 1" in entries(ledger)["run", "GPU-0"].flags


def test_load_of_others_in_a_bracket_is_told_in_every_window(monkeypatch):
    share = {"of_all": 0.4}
    monkeypatch.setattr(
        "frugalnet.energy.ledger.machine_s", lambda: share["of_all"] * os.cpu_count() * time.monotonic()
    )
    monkeypatch.setattr("frugalnet.energy.ledger.CpuTime.read_s", lambda self: 0.0)
    with Ledger([SteadyMeter()], idle_s=1.0) as ledger:
        share["of_all"] = 0.0
    assert "idle bracket other_load: 40 %" in entries(ledger)["run", "GPU-0"].flags


def test_brackets_are_outside_of_the_run():
    with Ledger([SteadyMeter()], idle_s=0.05) as ledger:
        pass
    assert entries(ledger)["run", "GPU-0"].end_s < 0.05


def test_context_is_made_between_the_first_bracket_and_the_second():
    ledger = Ledger([SteadyMeter()], idle_s=0.01, wake=lambda: woken.append(list(ledger.idle_stretches)))
    woken = []
    with ledger:
        pass
    assert woken == [["no_context"]]
    assert list(ledger.idle_stretches) == ["no_context", "before", "after"]


def test_run_that_failed_before_it_began_has_no_windows_and_no_energy():
    def fail():
        raise RuntimeError("no context")

    meter = SteadyMeter()
    ledger = Ledger([meter], idle_s=0.01, wake=fail)
    with pytest.raises(RuntimeError, match="no context"), ledger:
        pass
    assert entries(ledger) == {}
    assert totals(ledger).totals[0].energy_uj is None
    assert meter.closed


def test_devices_are_not_touched_before_the_bracket_without_a_context():
    order = []
    ledger = Ledger([SteadyMeter()], idle_s=0.01, synchronize=lambda: order.append(list(ledger.idle_stretches)))
    with ledger:
        pass
    assert order[0] == ["no_context", "before"]


def test_without_brackets_net_energy_is_unknown():
    with Ledger([SteadyMeter()]) as ledger:
        pass
    assert entries(ledger)["run", "GPU-0"].energy_net_uj is None
