"""The calibration: compare the meters of a machine with a wall plug while rest and load alternate.

Each alternation is rest, load, rest, so that a steady drift (fans, temperature) cancels. Its gain is the change of the power at
the plug over that of all other meters together; the idle power of the machine cancels. The mean over alternations has an
interval by Student's t.

Energies are not corrected by the gain. A plug also measures the losses of the power supply and everything that no meter reads,
and these are not joules of a card. The gain is therefore only stated, as the relative error with respect to joules at the plug.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from frugalnet.energy.probe import Load, Span, mean_power, settle_s, timed, under
from frugalnet.energy.reading import MACHINE, Device, Meter, MeterError
from frugalnet.energy.sampler import Sampler
from frugalnet.energy.timeline import Timeline
from frugalnet.record.calibration import ComparedMeter, Gain

log = logging.getLogger(__name__)

ALTERNATIONS, STRETCH_S = 8, 3.0
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Alternation:
    """Spans in which power was read: at rest before, under load, at rest after; on the clock of `time.monotonic`."""

    before: Span
    load: Span
    after: Span


def calibrate(
    meters: Sequence[Meter], sampling_hz: float, load: Load, times: int = ALTERNATIONS, stretch_s: float = STRETCH_S
) -> Gain:
    """Alternate rest and load, return the gain, and close the meters.

    Power is read for `stretch_s` at rest and twice as long under load, each time after the slowest meter has settled. Raises
    MeterError if there is no plug, if no meter can be compared with it, or if either power does not rise clearly under load.
    """
    names = {meter.device.meter for meter in meters if meter.device.scope != MACHINE}
    if not names or len(names) == len({meter.device.meter for meter in meters}):
        raise MeterError(
            f"only {', '.join(names) or 'the plug'} is read; expected a plug and meters to compare it with"
        )
    wait_s = settle_s(meters)
    log.info("alternating rest and load %d times: %.0f s", times, wait_s + times * (4 * stretch_s + 2 * wait_s))
    sampler = Sampler(meters, sampling_hz)
    sampler.start()
    try:
        time.sleep(wait_s)  # until meters no longer show earlier power
        spans = [_alternate(load, wait_s, stretch_s) for _ in range(times)]
    finally:
        sampler.stop()
    return gain_of(sampler.timelines, spans)


def _alternate(load: Load, wait_s: float, stretch_s: float) -> Alternation:
    before = timed(lambda: time.sleep(stretch_s))
    with under(load):
        time.sleep(wait_s)
        loaded = timed(lambda: time.sleep(2 * stretch_s))
    time.sleep(wait_s)
    return Alternation(before, loaded, timed(lambda: time.sleep(stretch_s)))


def gain_of(timelines: Sequence[Timeline], alternations: Sequence[Alternation]) -> Gain:
    """Return the gain from timelines; raises MeterError if a power is not known or does not rise clearly."""
    devices = [timeline.device for timeline in timelines]
    rises_w = np.array([[_rise_w(timeline, each) for each in alternations] for timeline in timelines])
    at_plug = np.array([device.scope == MACHINE for device in devices])
    plug_w, others_w = rises_w[at_plug].sum(axis=0), rises_w[~at_plug].sum(axis=0)
    gains = plug_w / np.where(others_w > 0, others_w, np.nan)
    mean, sigma = float(gains.mean()), float(stats.sem(gains))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(gains) - 1)) * sigma
    if not mean - half > 0:
        raise MeterError(
            f"power under load rose by {_listed(plug_w)} W at the plug and by {_listed(others_w)} W on the other meters; "
            "expected both to rise beyond their noise. Is only this machine on the plug, and does nothing else run on it?"
        )
    of_devices = list(zip(devices, rises_w.mean(axis=1).tolist(), strict=True))
    return Gain(
        plug=next(device.model or device.name for device in devices if device.scope == MACHINE),
        meters=[_compared(device, rise_w) for device, rise_w in of_devices if device.scope != MACHINE],
        plug_rise_w=float(plug_w.mean()),
        gains=gains.tolist(),
        gain=mean,
        gain_sigma=sigma,
        gain_low=mean - half,
        gain_high=mean + half,
    )


def _listed(rises_w: np.ndarray) -> str:
    return ", ".join(f"{rise_w:.1f}" for rise_w in rises_w)


def _compared(device: Device, rise_w: float) -> ComparedMeter:
    shared = ("meter", "model", "scope", "source", "assumptions")
    return ComparedMeter(device=device.name, **{name: getattr(device, name) for name in shared}, rise_w=rise_w)


def _rise_w(timeline: Timeline, alternation: Alternation) -> float:
    before_w, load_w, after_w = (
        mean_power(timeline, each)[0] for each in (alternation.before, alternation.load, alternation.after)
    )
    if before_w is None or load_w is None or after_w is None:
        why = timeline.lost or next(iter(timeline.holes.values()), "fewer than 3 readings in a stretch of rest or load")
        raise MeterError(f"{timeline.device.name}: {why}")
    return load_w - (before_w + after_w) / 2
