"""The probe: find out what the meters of a machine can resolve, at rest, under load and in a short training."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from frugalnet.energy.averaging import averaging_s
from frugalnet.energy.booking import book, power_noise
from frugalnet.energy.reading import Device, Meter, MeterError
from frugalnet.energy.sampler import Sampler
from frugalnet.energy.timeline import Timeline
from frugalnet.record.probe import ProbedMeter, SmallestDifference

Span = tuple[float, float]
Load = Callable[[threading.Event], None]
"""Keeps the devices busy until the event is set."""
Training = Callable[[], Sequence[Span]]
"""Trains for some epochs and returns the span of each, on the clock of `time.monotonic`."""

CONTRADICTION = 0.05
READINGS = 20
SETTLE_S = 1.5
"""Wait until power readings show the load alone: on many cards they are means over a second."""
MEASURED_S, RECKONED_S = 4.0, 1.5
SWITCHED_S = (1.63, 1.41, 1.56)
"""Times for which the load is off, and then on: longer than sensors average, and out of step with their renewals."""
POLL_S = 0.02
RUN_LENGTHS_S = (1, 10, 60, 600, 3600)
CONFIDENCE_95 = 1.96


def probe(
    meters: Sequence[Meter],
    sampling_hz: float,
    load: Load,
    training: Training,
    phase_s: float | None = None,
    on_gpu: bool = False,
) -> list[ProbedMeter]:
    """Return what was found for each meter, and close it; it is read for `phase_s` at rest and again under load.

    The default `phase_s` is longer for measured power, which follows the load late, than for estimates. If the load is on
    metered GPUs (`on_gpu`), it is also switched on and off, to find over how long their sensors average.
    """
    measured = any(meter.device.source in ("measured", "integrated") for meter in meters)
    phase_s = phase_s or (MEASURED_S if measured else RECKONED_S)
    reading_us = [_reading_us(meter) for meter in meters]
    sampler = Sampler(meters, sampling_hz)
    sampler.start()
    rest = timed(lambda: time.sleep(phase_s))
    with under(load):
        time.sleep(settle_s(meters) if measured else 0)
        busy = timed(lambda: time.sleep(phase_s))
    switched = _switched(load, sampler) if on_gpu and any(_averages(meter.device) for meter in meters) else []
    epochs = training()
    sampler.stop()
    return [
        _found(timeline, cost_us, rest, busy, switched, epochs)
        for timeline, cost_us in zip(sampler.timelines, reading_us, strict=True)
    ]


def _averages(device: Device) -> bool:
    """Tell whether a device is a GPU, whose power readings may be means."""
    return device.scope == "gpu" and device.source != "simulated"


def _switched(load: Load, sampler: Sampler) -> list[Span]:
    """Switch the load on and off while meters are read often; return the spans in which it was on."""
    spans = []
    for length_s in SWITCHED_S:
        _read_for(length_s, sampler)
        start_s = time.monotonic()
        with under(load):
            _read_for(length_s, sampler)
        spans.append((start_s, time.monotonic()))
    _read_for(SWITCHED_S[0], sampler)
    return spans


def _read_for(length_s: float, sampler: Sampler) -> None:
    end_s = time.monotonic() + length_s
    while time.monotonic() < end_s:
        sampler.edge()
        time.sleep(POLL_S)


def _found(
    timeline: Timeline,
    reading_us: float | None,
    rest: Span,
    busy: Span,
    switched: Sequence[Span],
    epochs: Sequence[Span],
) -> ProbedMeter:
    device = timeline.device
    ratios = [_counter_to_power(timeline, span) for span in (rest, busy)]
    errors = [abs(1 / ratio - 1) for ratio in ratios if ratio]  # of the counter, if the power is right
    contradiction = max(errors, default=0.0) > CONTRADICTION
    gain, gain_source = device.gain, device.gain_source
    if contradiction and max(errors) > (gain or 0):
        gain, gain_source = max(errors), "the probe of this machine: counter and integrated power differ by this much"
    measured_s = averaging_s(timeline, switched) if switched and _averages(device) else None
    (idle_w, idle_noise_w), (load_w, load_noise_w) = mean_power(timeline, rest), mean_power(timeline, busy)
    return ProbedMeter(
        device=device.name,
        **{name: getattr(device, name) for name in ("meter", "model", "scope", "source", "tick_s")},
        reading_us=reading_us,
        averaging_s=device.averaging_s or None if measured_s is None else measured_s,
        idle_w=idle_w,
        idle_noise_w=idle_noise_w,
        idle_temperature_c=_mean(timeline, "temperature_c", rest),
        load_w=load_w,
        load_noise_w=load_noise_w,
        idle_counter_to_power=ratios[0],
        load_counter_to_power=ratios[1],
        contradiction=contradiction,
        gain=gain,
        gain_source=gain_source,
        edge_reading_error=_edge_reading_error(timeline, epochs),
        smallest_differences=_smallest_differences(timeline, busy),
    )


def _reading_us(meter: Meter) -> float | None:
    costs_s = []
    for _ in range(READINGS):
        start_s = time.perf_counter()
        try:
            meter.read()
        except MeterError:
            break
        costs_s.append(time.perf_counter() - start_s)
    return statistics.median(costs_s) * 1e6 if costs_s else None


def settle_s(meters: Sequence[Meter]) -> float:
    """Return how long to wait until the power readings of every meter show only the present."""
    return max([SETTLE_S, *(meter.device.averaging_s for meter in meters)])


def timed(work: Callable[[], None]) -> Span:
    """Do some work and return its span."""
    start_s = time.monotonic()
    work()
    return start_s, time.monotonic()


@contextmanager
def under(load: Load) -> Iterator[None]:
    """Keep the devices busy during the block."""
    stop = threading.Event()
    thread = threading.Thread(target=load, args=(stop,), name="load")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _inside(timeline: Timeline, span: Span) -> np.ndarray:
    time_s = timeline.column("time_s")
    return np.flatnonzero((time_s >= span[0]) & (time_s <= span[1]))


def mean_power(timeline: Timeline, span: Span) -> tuple[float | None, float | None]:
    """Return mean power between the readings of a span, and its standard deviation from reading to reading."""
    chosen = _inside(timeline, span)
    if len(chosen) < 3:
        return None, None
    lengths_s, steps_j = np.diff(timeline.column("time_s")[chosen]), np.diff(timeline.column("energy_uj")[chosen]) / 1e6
    return float(steps_j.sum() / lengths_s.sum()), float(np.std(steps_j / lengths_s, ddof=1))


def _mean(timeline: Timeline, column: str, span: Span) -> float | None:
    values = timeline.column(column)[_inside(timeline, span)]
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def _counter_to_power(timeline: Timeline, span: Span) -> float | None:
    """Return energy by the counter over energy by power readings; None for a device that lacks one of them."""
    device: Device = timeline.device
    chosen = _inside(timeline, span)
    if device.meter != "nvml" or device.source != "measured" or len(chosen) < 3:
        return None
    time_s, power_w = timeline.column("time_s")[chosen], timeline.column("power_w")[chosen]
    counter_j = np.ptp(timeline.column("energy_uj")[chosen]) / 1e6
    power_j = float(np.trapezoid(power_w, time_s))
    return float(counter_j / power_j) if power_j > 0 else None


def _edge_reading_error(timeline: Timeline, epochs: Sequence[Span]) -> float | None:
    """Return the root mean square relative error of epochs whose power is read once, at their end."""
    start_s, end_s = np.array(epochs).T
    booked = book(timeline, start_s, end_s, np.full(len(epochs), -1), None)
    time_s, power_w = timeline.column("time_s"), timeline.column("power_w")
    if not booked.known.all() or not np.isfinite(power_w).any():
        return None
    at_end_w = power_w[np.searchsorted(time_s, end_s, side="right") - 1]
    relative = at_end_w * (end_s - start_s) / (booked.energy_uj / 1e6) - 1
    return float(np.sqrt(np.mean(relative**2)))


def _smallest_differences(timeline: Timeline, busy: Span) -> list[SmallestDifference]:
    """Return the smallest resolvable differences of two runs, from the error of edges and noise that averages out over a run."""
    power_w, _ = mean_power(timeline, busy)
    if not power_w:
        return []
    start_s = np.linspace(busy[0], busy[1] - 1, 50)
    edges_j2 = np.median(book(timeline, start_s, start_s + 1, np.full(50, -1), None).u_stat_j) ** 2
    noise_w2, spacing_s = power_noise(timeline, *busy)
    return [
        SmallestDifference(
            run_s=run_s,
            fraction=float(CONFIDENCE_95 * np.sqrt(2 * (edges_j2 + noise_w2 * spacing_s * run_s)) / (power_w * run_s)),
        )
        for run_s in RUN_LENGTHS_S
    ]
