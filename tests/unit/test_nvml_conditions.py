"""What NVIDIA cards tell beside their energy: temperature, clocks, throttling, other processes."""

import os
import subprocess

import pynvml
import pytest

from frugalnet.energy.meters.nvml import open_nvml
from tests.unit.fake_nvml import NO_COUNTER, next_tick


def test_reading_tells_how_the_card_is(opened):
    [meter] = opened(
        "tick_ms=20 temperature_c=71 clock_mhz=1410 memory_clock_mhz=9501 utilization_percent=93 memory_mib=2048"
    )
    reading = meter.read()
    assert (reading.power_w, reading.temperature_c, reading.utilization, reading.memory_mib) == (100, 71, 0.93, 2048)
    assert (reading.clock_mhz, reading.memory_clock_mhz) == (1410, 9501)


def test_what_a_card_cannot_tell_is_none(opened):
    [meter] = opened("tick_ms=20 extras_error=3 power_error=4")
    reading = meter.read()
    assert reading.energy_uj > 0
    told = (
        reading.power_w, reading.temperature_c, reading.clock_mhz, reading.memory_clock_mhz, reading.utilization,
        reading.memory_mib, reading.throttle, reading.other_processes,
    )  # fmt: skip
    assert told == (None,) * 8


def test_card_is_asked_how_it_is_only_when_its_counter_has_moved(opened, fake_nvml):
    [meter] = opened("tick_ms=100 temperature_c=40")
    fake_nvml.set(0, "stuck=1")
    meter.read()
    fake_nvml.set(0, "temperature_c=80")
    assert meter.read().temperature_c == 40
    fake_nvml.set(0, "stuck=0")
    assert next_tick(meter).temperature_c == 80


@pytest.mark.parametrize(
    ("mask", "named"),
    [
        ("0x0", ""),
        ("0x103", ""),  # idle, clocks that someone chose, clocks of the display
        ("0x4", "sw_power_cap"),
        ("0x10", "sync_boost"),
        ("0x68", "hw_slowdown+sw_thermal+hw_thermal"),
        ("0x88", "hw_slowdown+hw_power_brake"),
    ],
)
def test_reasons_for_throttling_are_named(opened, mask, named):
    [meter] = opened(f"{NO_COUNTER} throttle={mask}")
    assert meter.read().throttle == named


def test_reasons_for_throttling_are_asked_by_their_old_name_of_an_old_driver(opened, monkeypatch):
    def missing(handle):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons", missing)
    [meter] = opened(f"{NO_COUNTER} throttle=0x20")
    assert meter.read().throttle == "sw_thermal"


def test_other_processes_are_counted_without_this_one_and_its_children(opened):
    child = subprocess.Popen(["sleep", "60"])
    try:
        [meter] = opened(f"{NO_COUNTER} pids={os.getpid()},{child.pid},{os.getppid()},1")
        assert meter.read().other_processes == len({os.getppid(), 1})
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize(("listed", "known"), [("77", None), ("77,78,79", 2)])
def test_container_that_counts_processes_for_itself_knows_only_of_several(fake_nvml, monkeypatch, listed, known):
    monkeypatch.setattr("frugalnet.energy.meters.nvml.HOST_NUMBERS", "pid:[another]")
    fake_nvml.cards(f"pids={listed}")
    (meter,) = open_nvml()
    assert meter.read().other_processes == known


def test_card_that_nobody_else_uses_has_no_other_processes(opened):
    [meter] = opened(f"{NO_COUNTER} pids={os.getpid()}")
    assert meter.read().other_processes == 0


def test_other_processes_are_counted_once_a_second(opened, fake_nvml, clock):
    [meter] = opened(f"{NO_COUNTER} pids={os.getpid()}")
    meter.read()
    fake_nvml.set(0, "pids=1")
    clock[0] += 0.5
    assert meter.read().other_processes == 0
    clock[0] += 0.5
    assert meter.read().other_processes == 1
