"""The energy of NVIDIA cards, with and without an energy counter: here those of a fake library."""

import time
from itertools import pairwise

import pynvml
import pytest

from frugalnet.energy.meters.nvml import GAIN
from tests.unit.fake_nvml import NO_COUNTER, next_tick

FIRST, SECOND, THIRD = (f"GPU-00000000-0000-0000-0000-00000000000{index}" for index in range(3))


# Cards with an energy counter


def test_card_with_a_counter_is_measured(opened):
    [meter] = opened("tick_ms=20 name=Fake_A")
    device = meter.device
    assert (device.name, device.model, device.meter, device.scope) == (FIRST, "Fake A", "nvml", "gpu")
    assert (device.source, device.cumulative, device.quantum_uj) == ("measured", True, 1000)
    assert device.gain == GAIN == pytest.approx(0.034, abs=0.001)
    assert "arXiv:2312.02741" in device.gain_source


def test_period_of_the_counter_is_found(opened):
    [meter] = opened("tick_ms=100")
    assert meter.device.tick_s == pytest.approx(0.1, rel=0.1)


def test_energy_of_a_few_ticks_is_that_of_the_counter(opened):
    [meter] = opened("watts=100 tick_ms=100")
    first = meter.read()
    time.sleep(0.35)
    second = meter.read()
    used_uj, elapsed_s = second.energy_uj - first.energy_uj, second.time_s - first.time_s
    at_most_s = 0.1 + first.time_error_s + second.time_error_s + 0.002  # the fake's clock has whole milliseconds
    assert used_uj % 10_000_000 == 0  # 100 W x 100 ms
    assert used_uj == pytest.approx(100e6 * elapsed_s, abs=100e6 * at_most_s)


def test_power_that_changes_is_in_the_counter(opened, fake_nvml):
    [meter] = opened("watts=100 tick_ms=20")
    fake_nvml.set(0, "watts=250")
    next_tick(meter)  # in part still of 100 W
    ticks = [next_tick(meter).energy_uj for _ in range(4)]
    assert all((after - before) % 5_000_000 == 0 for before, after in pairwise(ticks))  # 250 W x 20 ms


def test_two_cards_of_different_speed_are_told_apart(opened):
    slow, fast = opened("watts=100 tick_ms=60", "watts=300 tick_ms=20")
    assert slow.device.tick_s > 1.5 * fast.device.tick_s
    assert (slow.read().power_w, fast.read().power_w) == (100, 300)
    assert {next_tick(slow).energy_uj % 6_000_000, next_tick(fast).energy_uj % 6_000_000} == {0}


def test_counter_that_is_reset_returns_its_lower_value(opened, fake_nvml):
    [meter] = opened("tick_ms=20")
    before = meter.read().energy_uj
    fake_nvml.set(0, "reset_after_s=0")
    assert meter.read().energy_uj < 500_000_000 < before  # 100 W: 5 s of it, and since the machine started
    assert next_tick(meter).energy_uj > 0


# Cards without one


def test_card_without_a_counter_is_integrated_from_its_power(opened, fake_nvml, clock):
    [meter] = opened(f"{NO_COUNTER} watts=100")
    device = meter.device
    assert (device.source, device.cumulative, device.quantum_uj, device.tick_s) == ("integrated", False, 1, 0)
    first = meter.read()
    fake_nvml.set(0, "watts=200")
    clock[0] += 2
    second = meter.read()
    assert second.energy_uj - first.energy_uj == 300_000_000  # 2 s x (100 W + 200 W) / 2
    assert (first.power_w, second.power_w) == (100, 200)


def test_integrated_energy_loses_nothing_to_rounding(opened, clock):
    [meter] = opened(f"{NO_COUNTER} watts=0.001")
    first = meter.read().energy_uj
    for _ in range(10_000):
        clock[0] += 0.0001  # 0.1 microjoules each
        last = meter.read().energy_uj
    assert last - first == pytest.approx(1000, abs=1)


def test_counter_that_stands_still_is_none(opened):
    [meter] = opened("stuck=1 watts=50")
    assert meter.device.source == "integrated"
    assert meter.read().power_w == 50


# Over how long power is a mean


def test_power_of_the_moment_is_integrated_where_the_card_has_it(opened, fake_nvml, clock):
    [meter] = opened(f"{NO_COUNTER} watts=100 instant_watts=60 architecture=9")
    assert (meter.device.averaging_s, meter.device.assumptions) == (0.0, {"power": "NVML_FI_DEV_POWER_INSTANT"})
    first = meter.read()
    fake_nvml.set(0, "instant_watts=300")
    clock[0] += 2
    second = meter.read()
    assert second.energy_uj - first.energy_uj == 360_000_000  # 2 s x (60 W + 300 W) / 2
    assert (first.power_w, second.power_w) == (60, 300)


def test_power_beside_a_counter_is_that_of_the_moment_where_the_card_has_it(opened):
    instant, usual = opened("tick_ms=20 watts=100 instant_watts=60", "tick_ms=20 watts=100")
    assert (instant.read().power_w, usual.read().power_w) == (60, 100)


@pytest.mark.parametrize(
    ("card", "averaging_s"),
    [
        ("architecture=4", 0.0),  # Pascal
        ("architecture=6", 0.0),  # Turing
        ("architecture=7 name=NVIDIA_GeForce_RTX_3090", 1.0),
        ("architecture=7 name=NVIDIA_RTX_A3000", 1.0),
        ("architecture=7 name=NVIDIA_A100-SXM4-80GB", 0.0),
        ("architecture=7 name=NVIDIA_A30", 0.0),
        ("architecture=9 name=NVIDIA_H100_PCIe", 1.0),
        ("architecture=4294967295", 1.0),  # one that the driver does not know
        ("architecture=-1", 1.0),  # one that cannot be asked
    ],
)
def test_usual_power_is_a_mean_where_nvml_says_so(opened, card, averaging_s):
    [meter] = opened(f"{NO_COUNTER} {card}")
    assert meter.device.averaging_s == averaging_s
    assert meter.device.assumptions == {"power": "nvmlDeviceGetPowerUsage"}


def test_energy_of_a_counter_is_no_mean_whatever_the_power_is(opened):
    [meter] = opened("tick_ms=20 architecture=9")
    assert meter.device.averaging_s == 0.0


def test_driver_of_before_the_cards_that_average_is_read_as_ever(opened, monkeypatch):
    def missing(*_):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetFieldValues", missing)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetArchitecture", missing)
    [meter] = opened(f"{NO_COUNTER} watts=50 instant_watts=60 architecture=9")
    assert (meter.device.averaging_s, meter.read().power_w) == (0.0, 50)
