"""Meters say what they read, and what they assume."""

import time

import pynvml
import pytest

from frugalnet.config import Measure
from frugalnet.energy import open_meter
from frugalnet.energy.meters import EstimateMeter, NvmlMeter
from frugalnet.errors import FrugalNetError


def test_estimate_counts_idle_watts_while_nothing_is_done():
    meter = EstimateMeter(idle_w=20, tdp_w=20)
    first = meter.read()
    time.sleep(0.05)
    second = meter.read()
    assert second.energy_uj - first.energy_uj == pytest.approx(20e6 * (second.time_s - first.time_s), abs=2)


def test_estimate_counts_cpu_time_by_the_share_of_a_core():
    meter = EstimateMeter(idle_w=0, tdp_w=100)
    before, cpu_before_s = meter.read(), time.process_time()
    while time.process_time() - cpu_before_s < 0.2:
        pass
    energy_j = (meter.read().energy_uj - before.energy_uj) / 1e6
    assert energy_j == pytest.approx(100 / meter.cores * 0.2, rel=0.3)


def test_estimate_states_its_assumptions():
    meter = EstimateMeter(idle_w=8, tdp_w=45)
    assert (meter.source, meter.scope) == ("estimated", "cpu")
    assert meter.assumptions == {"idle_w": 8, "tdp_w": 45, "cores": meter.cores}


class FakeCard:
    """Stand in for the functions of pynvml that the meter calls."""

    def __init__(self, monkeypatch, counter_mj=(), power_mw=100_000):
        self.counters_mj, self.power_mw, self.asked = list(counter_mj), power_mw, []
        for name, function in {
            "nvmlInit": lambda: None,
            "nvmlShutdown": lambda: None,
            "nvmlDeviceGetHandleByIndex": lambda index: self.asked.append(index),
            "nvmlDeviceGetHandleByUUID": lambda uuid: self.asked.append(uuid),
            "nvmlDeviceGetUUID": lambda handle: "GPU-1",
            "nvmlDeviceGetName": lambda handle: "Fake",
            "nvmlDeviceGetPowerUsage": lambda handle: self.power_mw,
            "nvmlDeviceGetTotalEnergyConsumption": self.counter,
        }.items():
            monkeypatch.setattr(pynvml, name, function)

    def counter(self, handle):
        if not self.counters_mj:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return self.counters_mj.pop(0)


def test_card_with_a_counter_is_measured(monkeypatch):
    FakeCard(monkeypatch, counter_mj=[0, 7_000, 9_500])
    meter = NvmlMeter()
    assert meter.source == "measured"
    assert [meter.read().energy_uj, meter.read().energy_uj] == [7_000_000, 9_500_000]


def test_card_without_a_counter_is_integrated_from_its_power(monkeypatch):
    card = FakeCard(monkeypatch)
    clock = iter([10.0, 12.0])
    meter = NvmlMeter()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    first = meter.read()
    card.power_mw = 200_000
    second = meter.read()
    assert meter.source == "integrated"
    assert second.energy_uj - first.energy_uj == 2 * 150 * 10**6


def test_counter_that_fails_later_is_unknown_not_zero(monkeypatch):
    FakeCard(monkeypatch, counter_mj=[0, 5])
    meter = NvmlMeter()
    assert [meter.read().energy_uj, meter.read().energy_uj] == [5_000, None]


@pytest.mark.parametrize(("visible", "asked"), [("2,0", 2), ("GPU-77", "GPU-77")])
def test_visible_device_is_the_one_that_is_read(monkeypatch, visible, asked):
    card = FakeCard(monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    NvmlMeter()
    assert card.asked == [asked]


def test_named_meter_that_is_not_there_says_why(monkeypatch):
    def missing():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
    for meters in ("nvml", "auto"):
        with pytest.raises(FrugalNetError, match=r"meter nvml: NVML Shared Library Not Found; .* measure\.meters"):
            open_meter(Measure(meters=meters), on_gpu=True)


def test_gpu_that_cannot_be_named_is_an_error_not_an_estimate_of_the_cpu(monkeypatch):
    FakeCard(monkeypatch, counter_mj=[0])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1234")
    with pytest.raises(FrugalNetError, match="CUDA_VISIBLE_DEVICES = 'MIG-1234'; expected an index or a UUID"):
        open_meter(Measure(), on_gpu=True)


def test_idle_gpu_is_not_measured_for_work_on_the_cpu(monkeypatch):
    FakeCard(monkeypatch, counter_mj=[0, 0])
    assert open_meter(Measure(), on_gpu=False).name == "estimate"
    assert open_meter(Measure(), on_gpu=True).name == "nvml"
    with pytest.raises(FrugalNetError, match=r"measure\.meters = 'nvml': TensorFlow finds no GPU"):
        open_meter(Measure(meters="nvml"), on_gpu=False)


def test_no_meter_is_opened_where_none_is_wanted():
    assert open_meter(Measure(meters="none"), on_gpu=False) is None
