"""The sampler reads a ticking counter at its ticks, and every other meter at a steady rate."""

import time

import numpy as np
import pytest
from benchmarks._simulated import CURVES, TICK_S, timeline_of

from frugalnet.energy.reading import Device, MeterError, Reading
from frugalnet.energy.sampler import Sampler


def test_readings_of_a_ticking_counter_stand_at_its_ticks():
    line = timeline_of(CURVES["ramp"], 60, np.random.default_rng(1))
    time_s, error_s = line.column("time_s"), line.column("time_error_s")
    phase_s = np.random.default_rng(1).uniform(0, TICK_S)
    offset_s = (time_s - phase_s + TICK_S / 2) % TICK_S - TICK_S / 2
    assert (np.abs(offset_s) <= error_s + 1e-9).all()
    assert np.median(error_s) < TICK_S / 20
    assert len(line) == pytest.approx(600, abs=5)


class Clock:
    """A meter of the moment, whose readings are counted."""

    def __init__(self, failing=()):
        self.device = Device("cpu", "estimate", "cpu", "estimated")
        self.count, self.failing = 0, failing

    def read(self):
        self.count += 1
        if self.count in self.failing:
            raise MeterError("meter estimate: away")
        return Reading(time.monotonic(), self.count)

    def close(self): ...


def test_meter_of_the_moment_is_read_at_a_steady_rate_and_at_edges():
    sampler = Sampler([Clock()], sampling_hz=50)
    sampler.start()
    time.sleep(0.3)
    sampler.edge()
    before = len(sampler.timelines[0])
    sampler.stop()
    assert 3 <= before <= 20
    assert sampler.timelines[0].time_s[-1] > sampler.timelines[0].time_s[before - 1]


def test_reading_that_fails_is_noted_and_the_next_one_taken():
    sampler = Sampler([Clock(failing={3})], sampling_hz=100)
    sampler.start()
    (line,) = sampler.timelines
    while len(line) < 5:
        time.sleep(0.01)
    sampler.stop()
    assert line.holes == {1: "meter estimate: away"}
    assert line.lost is None


def test_meter_that_fails_in_an_unforeseen_way_does_not_stop_the_training():
    meter = Clock()
    sampler = Sampler([meter], sampling_hz=100)
    sampler.start()

    def fail():
        raise OverflowError("too large")

    meter.read = fail
    sampler.edge()
    sampler.stop()
    assert sampler.timelines[0].lost == "OverflowError: too large"


def test_slow_sampling_still_reads_the_end():
    meter = Clock()
    sampler = Sampler([meter], sampling_hz=0.1)
    sampler.start()
    end_s = time.monotonic()
    sampler.stop()
    assert sampler.timelines[0].time_s[-1] >= end_s


def test_nothing_is_sampled_without_meters():
    sampler = Sampler([], sampling_hz=10)
    sampler.start()
    sampler.stop()
    assert sampler.timelines == []
