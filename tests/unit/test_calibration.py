"""Meters are compared with a wall plug while rest and load alternate."""

import numpy as np
import pytest

from frugalnet.energy import Device, MeterError, Reading
from frugalnet.energy.calibration import Alternation, calibrate, gain_of
from frugalnet.energy.meters.plug import open_plug
from frugalnet.energy.timeline import Timeline
from tests.unit.steady import SteadyMeter

PLUG = Device("plug", "plug", "machine", "integrated", "Shelly Gen2 plug", cumulative=False)
CARD = Device("GPU-0", "nvml", "gpu", "measured", "a card")


def alternations(count):
    """Return alternations of 12 s, under load from 3 s to 9 s, and read half a second after each change."""
    starts_s = 12 * np.arange(count)
    return [Alternation((s, s + 3), (s + 3.5, s + 9), (s + 9.5, s + 12)) for s in starts_s]


def line(device, rises_w, idle_w=50.0, drift_w_per_s=0.0, noise_w=0.0, rng=None):
    """Return the readings of a device, ten a second, whose power rises by so many watts in each alternation."""
    time_s = np.arange(0, 12 * len(rises_w), 0.1)
    loaded = (time_s % 12 > 3.05) & (time_s % 12 < 9.05)
    number = (time_s // 12).astype(int)
    power_w = idle_w + drift_w_per_s * time_s + np.where(loaded, np.array(rises_w)[number], 0)
    if rng is not None:
        power_w = power_w + rng.normal(0, noise_w, len(time_s))
    energy_uj = np.rint(np.cumsum(power_w) * 0.1e6).astype(int)  # each power is of the tenth of a second before it
    readings = zip(time_s.tolist(), energy_uj.tolist(), power_w.tolist(), strict=True)
    return Timeline.of(device, [Reading(*each) for each in readings])


def test_gain_is_the_mean_over_alternations_with_an_interval_by_students_t():
    found = gain_of([line(PLUG, [50.0, 52.0, 48.0]), line(CARD, [45.0, 45.0, 45.0])], alternations(3))
    assert found.gains == pytest.approx([50 / 45, 52 / 45, 48 / 45], rel=1e-3)
    assert found.gain == pytest.approx(1.1111, rel=1e-3)
    assert found.gain_sigma == pytest.approx(2 / 45 / 3**0.5, rel=1e-3)
    assert found.gain_high - found.gain == pytest.approx(4.3027 * found.gain_sigma, rel=1e-3)
    assert found.gain - found.gain_low == pytest.approx(4.3027 * found.gain_sigma, rel=1e-3)


def test_card_that_reads_a_tenth_too_little_has_a_gain_of_1_11_in_its_interval():
    rng = np.random.default_rng(1)
    card_w = rng.normal(45, 2, 8)
    timelines = [line(PLUG, card_w / 0.9, noise_w=2, rng=rng), line(CARD, card_w, noise_w=1, rng=rng)]
    found = gain_of(timelines, alternations(8))
    assert found.gain == pytest.approx(1.11, abs=0.01)
    assert found.gain_low < 1 / 0.9 < found.gain_high
    assert found.gain_high - found.gain_low < 0.05


def test_it_says_what_was_compared_and_how_far_each_rose():
    cpu = Device("package-0", "rapl", "cpu", "measured", assumptions={"zone": "intel-rapl:0"})
    found = gain_of([line(PLUG, [60.0] * 3), line(CARD, [40.0] * 3), line(cpu, [10.0] * 3)], alternations(3))
    assert found.gain == pytest.approx(1.2, rel=1e-3)
    assert (found.plug, found.plug_rise_w) == ("Shelly Gen2 plug", pytest.approx(60, rel=1e-3))
    assert [(each.device, each.scope, each.rise_w) for each in found.meters] == [
        ("GPU-0", "gpu", pytest.approx(40, rel=1e-3)),
        ("package-0", "cpu", pytest.approx(10, rel=1e-3)),
    ]
    assert found.meters[1].assumptions == {"zone": "intel-rapl:0"}


def test_what_the_machine_draws_at_rest_and_a_steady_drift_change_nothing():
    card = line(CARD, [45.0] * 4)
    still = gain_of([line(PLUG, [50.0] * 4), card], alternations(4))
    drifting = gain_of([line(PLUG, [50.0] * 4, idle_w=180, drift_w_per_s=0.5), card], alternations(4))
    assert still.gain == pytest.approx(1.1111, rel=1e-3)
    assert drifting.gain == pytest.approx(still.gain, rel=5e-3)


def test_interval_contains_the_gain_in_95_of_100_calibrations():
    rng, hits = np.random.default_rng(7), 0
    for _ in range(200):
        card_w = rng.normal(45, 2, 8)
        plug = line(PLUG, card_w / 0.9 + rng.normal(0, 1, 8), noise_w=3, rng=rng)
        found = gain_of([plug, line(CARD, card_w, noise_w=1, rng=rng)], alternations(8))
        hits += found.gain_low <= 1 / 0.9 <= found.gain_high
    assert 0.92 <= hits / 200 <= 0.98


@pytest.mark.parametrize(
    ("plug_w", "card_w", "said"),
    [
        (
            [0, 0, 0],
            [45, 45, 45],
            r"by 0\.0, -?0\.0, -?0\.0 W at the plug and by 45\.0, 45\.0, 45\.0 W on the other meters",
        ),
        ([50, 50, 50], [45, 0, 45], r"by 50\.0, 50\.0, 50\.0 W at the plug and by 45\.0, -?0\.0, 45\.0 W"),
        ([-5, -5, -5], [45, 45, 45], r"by -5\.0, -5\.0, -5\.0 W at the plug"),
        (
            [10, 90, -40],
            [45, 45, 45],
            r"by 10\.0, 90\.0, -40\.0 W .*beyond their noise\. Is only this machine on the plug",
        ),
    ],
)
def test_power_that_does_not_rise_clearly_under_load_gives_no_gain(plug_w, card_w, said):
    with pytest.raises(MeterError, match=said):
        gain_of([line(PLUG, plug_w, idle_w=100), line(CARD, card_w)], alternations(3))


def test_one_alternation_that_something_else_disturbed_widens_the_interval():
    card = line(CARD, [45.0] * 8)
    calm = gain_of([line(PLUG, [50.0, 51.0] * 4), card], alternations(8))
    disturbed = gain_of([line(PLUG, [50.0, 51.0] * 3 + [50.0, -2.0], idle_w=100), card], alternations(8))
    assert disturbed.gain_low < calm.gain_low < calm.gain_high < disturbed.gain_high


def test_meter_that_was_lost_gives_no_gain():
    short = Timeline.of(CARD, [Reading(0.0, 0), Reading(0.1, 5_000_000)])
    short.lost = "meter nvml: GPU is lost"
    with pytest.raises(MeterError, match="GPU-0: meter nvml: GPU is lost"):
        gain_of([line(PLUG, [50.0] * 3), short], alternations(3))


@pytest.mark.parametrize("others", [True, False])
def test_plug_is_compared_with_something(plug, others):
    meters = [SteadyMeter()] if others else open_plug(plug.url)
    with pytest.raises(MeterError, match="is read; expected a plug and meters to compare it with"):
        calibrate(meters, 10, lambda _: None)
