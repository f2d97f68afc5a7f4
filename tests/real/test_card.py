"""The NVML meter on a real card, where there is one."""

import time
from itertools import pairwise

import pynvml
import pytest

from frugalnet.energy.meters.nvml import open_nvml
from frugalnet.energy.reading import MeterError
from tests.unit.test_nvml import next_tick


@pytest.fixture
def card():
    """Return the meter of the first real card."""
    try:
        meters = open_nvml()
    except MeterError as error:
        pytest.skip(str(error))
    yield meters[0]
    for meter in meters:
        meter.close()


@pytest.fixture
def counting_card(card):
    """Return the meter of a real card with an energy counter."""
    if not card.device.cumulative:
        pytest.skip(f"{card.device.model} has no energy counter")
    return card


@pytest.mark.gpu
def test_real_counter_rises(counting_card):
    before = counting_card.read().energy_uj
    assert next_tick(counting_card).energy_uj > before


@pytest.mark.gpu
def test_real_counter_is_renewed_between_once_and_a_hundred_times_a_second(counting_card):
    assert 0.01 <= counting_card.device.tick_s <= 1


@pytest.mark.gpu
def test_real_counter_and_integrated_power_agree(counting_card):
    handle, samples = pynvml.nvmlDeviceGetHandleByUUID(counting_card.device.name), []
    first = next_tick(counting_card)
    while time.monotonic() - first.time_s < 2:
        samples.append((time.monotonic(), pynvml.nvmlDeviceGetPowerUsage(handle) / 1000))
        time.sleep(0.01)
    last = next_tick(counting_card)
    integrated_j = sum((b_s - a_s) * (a_w + b_w) / 2 for (a_s, a_w), (b_s, b_w) in pairwise(samples))
    mean_w = integrated_j / (samples[-1][0] - samples[0][0])
    counted_w = (last.energy_uj - first.energy_uj) / 1e6 / (last.time_s - first.time_s)
    assert counted_w == pytest.approx(mean_w, rel=0.2)
