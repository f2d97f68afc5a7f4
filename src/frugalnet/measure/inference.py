"""Latency, throughput and energy of inference, repeated until they are known well enough."""

import time
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import stats

from frugalnet.backend import keras, synchronize, tf
from frugalnet.config.measure import Measure
from frugalnet.energy import Ledger
from frugalnet.energy.booking import RESOLUTION
from frugalnet.record import record

WARM_UP_BATCHES, WARM_UP_S, WARM_UP = 3, 0.1, 0.25
"""At least so many batches, and so many seconds or this part of the time to measure: clocks and caches need a moment."""
GROWTH = 1.25
"""The interval is looked at each time that there are so many times as many batches: looking takes no time then."""
CONFIDENCE = 0.95

Models = dict[Literal["masked", "compacted"], keras.Model]


def inference(
    model: keras.Model, small: keras.Model | None, x: np.ndarray, measure: Measure, ledger: Ledger
) -> list[record.Inference]:
    """Measure a batch of 1 and a large batch, each in a window of its own inside the one that is open.

    `small` is the compacted model: measured too, right after the other at each batch size, unless it is the same one or None.
    `x` are unscaled samples, the network's own scaling is part of the work. Compiling and a warm-up stay outside of the
    windows. A model takes `measure.inference_s` at most, of which each batch size leaves to the next what it does not need.
    """
    models: Models = {"masked": model}
    if small is not None and small is not model:
        models["compacted"] = small
    sizes = sorted({1, min(measure.inference_batch, len(x))})
    left_s = dict.fromkeys(models, measure.inference_s)
    found = []
    for place, size in enumerate(sizes):
        for name, each in models.items():
            predict = _ready(each, x[:size], left_s[name])
            start_s = time.perf_counter()
            window = f"batch{size}" if name == "masked" else f"{name}_batch{size}"
            with ledger.window(window) as opened:
                precise, durations_s = _repeat(predict, left_s[name] / (len(sizes) - place), measure, ledger)
            left_s[name] -= time.perf_counter() - start_s
            found.append(_row(name, opened.name, size, durations_s, opened.duration_s, precise))
    return found


def latency_ms(model: keras.Model, x: np.ndarray, budget_s: float = 0.3) -> float:
    """Return the median time of a single sample over some tenths of a second: enough to compare networks in a search."""
    predict = _ready(model, x[:1], budget_s)
    stop_s = time.perf_counter() + budget_s
    edges_s = [time.perf_counter()]
    while edges_s[-1] < stop_s:
        predict()
        edges_s.append(time.perf_counter())
    return float(np.median(np.diff(edges_s))) * 1000


def median_interval(values: np.ndarray) -> tuple[float, float] | None:
    """Return the 95 % interval of the median between order statistics, whatever the distribution; None for under 6 values.

    The number of values below the median is binomial with one half (David and Nagaraja 2003, Order Statistics, 3rd edition,
    section 7.1). Values are taken as independent, which successive latencies are only nearly.
    """
    rank = int(stats.binom.ppf((1 - CONFIDENCE) / 2, len(values), 0.5))
    if rank < 1:
        return None
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[-rank])


def _ready(model: keras.Model, batch: np.ndarray, budget_s: float) -> Callable[[], None]:
    """Return a warmed-up function that predicts a batch and waits until it is done, for a time to measure it."""
    samples = tf.constant(batch)
    compiled = tf.function(lambda x: model(x, training=False))

    def predict() -> None:
        compiled(samples)
        synchronize()

    start_s, count = time.perf_counter(), 0
    while count < WARM_UP_BATCHES or time.perf_counter() - start_s < min(WARM_UP_S, WARM_UP * budget_s):
        predict()
        count += 1
    return predict


def _repeat(predict: Callable[[], None], budget_s: float, measure: Measure, ledger: Ledger) -> tuple[bool, np.ndarray]:
    """Predict until the interval of the median is narrow and the meters resolve the energy, or the budget is used up.

    Return whether both were reached, and the duration of each batch in seconds.
    """
    begin_s = start_s = time.perf_counter()
    resolvable_s = ledger.resolvable_s(measure.latency_precision)
    durations_s: list[float] = []
    look = 1.0
    while True:
        predict()
        end_s = time.perf_counter()
        durations_s.append(end_s - start_s)
        spent_s = end_s - begin_s
        if len(durations_s) >= look or spent_s >= budget_s:
            precise = spent_s >= resolvable_s and _is_narrow(durations_s, measure.latency_precision)
            if precise or spent_s >= budget_s:
                return precise, np.array(durations_s)
            look = GROWTH * len(durations_s)
        start_s = time.perf_counter()


def _is_narrow(durations_s: list[float], precision: float) -> bool:
    interval = median_interval(np.array(durations_s))
    return interval is not None and interval[1] - interval[0] <= 2 * precision * float(np.median(durations_s))


def _row(
    name: Literal["masked", "compacted"],
    window: str,
    size: int,
    durations_s: np.ndarray,
    window_s: float,
    precise: bool,
) -> record.Inference:
    first_ms, median_ms, third_ms = np.percentile(durations_s, [25, 50, 75]) * 1000
    low_s, high_s = median_interval(durations_s) or (None, None)
    return record.Inference(
        model=name,
        window=window,
        batch_size=size,
        batches=len(durations_s),
        latency_ms=median_ms,
        latency_iqr_ms=third_ms - first_ms,
        latency_low_ms=None if low_s is None else 1000 * low_s,
        latency_high_ms=None if high_s is None else 1000 * high_s,
        throughput_per_s=len(durations_s) * size / window_s,
        flags=[] if precise else [RESOLUTION],
    )
