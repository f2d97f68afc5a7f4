"""Over how long a power sensor averages shows in what it makes of a load that is switched on and off."""

import numpy as np
import pytest

from frugalnet.energy.averaging import averaging_s
from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.timeline import Timeline

LOADS = [(3.0, 4.6), (6.0, 7.4), (8.9, 10.4)]
IDLE_W, LOAD_W = 60.0, 300.0
FINE_S = 0.0005


def readings_of(sensor_s, noise_w=5.0, late_s=0.07, renewed_s=None, seed=0):
    """Return 50 readings a second of a sensor that shows the mean power of `sensor_s`, so late, and renews it so often."""
    draw = np.random.default_rng(seed)
    clock_s = np.arange(0, 13, FINE_S)
    loaded = sum((clock_s >= start_s) & (clock_s < end_s) for start_s, end_s in LOADS)
    energy_j = np.cumsum(np.where(loaded, LOAD_W, IDLE_W)) * FINE_S
    time_s = np.arange(1, 12, 0.02) + draw.uniform(0, 0.002, 550)
    seen_s = time_s - late_s
    if renewed_s:
        seen_s = np.floor(seen_s / renewed_s) * renewed_s
    length_s = max(sensor_s, 2 * FINE_S)
    mean_w = (np.interp(seen_s, clock_s, energy_j) - np.interp(seen_s - length_s, clock_s, energy_j)) / length_s
    power_w = np.where(seen_s > 1.5, mean_w, IDLE_W) + draw.normal(0, noise_w, 550)
    return time_s, power_w


def found(time_s, power_w):
    device = Device("GPU-0", "nvml", "gpu", "integrated", cumulative=False)
    pairs = zip(time_s, power_w, strict=True)
    return averaging_s(
        Timeline.of(device, [Reading(float(moment_s), 0, float(watts)) for moment_s, watts in pairs]), LOADS
    )


@pytest.mark.parametrize("noise_w", [0.1, 5.0, 30.0])
@pytest.mark.parametrize("late_s", [0.0, 0.07, 0.3])
@pytest.mark.parametrize("sensor_s", [0.1, 0.5, 1.0])
def test_length_of_the_mean_is_found_whatever_levels_lateness_and_noise(sensor_s, late_s, noise_w):
    assert found(*readings_of(sensor_s, noise_w, late_s)) == pytest.approx(sensor_s, abs=0.08)


@pytest.mark.parametrize("late_s", [0.0, 0.07, 0.3])
@pytest.mark.parametrize("noise_w", [0.1, 5.0, 30.0])
def test_sensor_of_the_moment_does_not_average(late_s, noise_w):
    assert found(*readings_of(0, noise_w, late_s)) == 0


@pytest.mark.parametrize("sensor_s", [0.5, 1.0])
def test_sensor_that_renews_its_mean_ten_times_a_second_averages_as_long(sensor_s):
    assert found(*readings_of(sensor_s, renewed_s=0.1)) == pytest.approx(sensor_s, abs=0.04)


def test_a_few_readings_that_are_far_off_do_not_matter():
    time_s, power_w = readings_of(0.5)
    power_w[::30] += 500
    assert found(time_s, power_w) == pytest.approx(0.5, abs=0.04)


def test_load_that_a_card_does_not_show_tells_nothing():
    time_s, _ = readings_of(0)
    assert found(time_s, np.random.default_rng(0).normal(IDLE_W, 5, 550)) is None
    assert found(time_s, np.full(550, IDLE_W)) is None
    assert found(time_s, np.linspace(60, 300, 550)) is None


def test_mean_over_longer_than_the_load_is_on_is_not_told():
    assert found(*readings_of(2.0)) is None


def test_card_without_power_readings_tells_nothing():
    time_s, power_w = readings_of(0.5)
    assert found(time_s, power_w * np.nan) is None
