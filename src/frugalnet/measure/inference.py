"""Latency, throughput and energy of inference, repeated for a fixed time."""

import time

import numpy as np

from frugalnet import record
from frugalnet.backend import keras, synchronize, tf
from frugalnet.config import Measure
from frugalnet.energy import Ledger

WARM_UP = 3


def inference(model: keras.Model, x: np.ndarray, measure: Measure, ledger: Ledger) -> list[record.Inference]:
    """Measure a batch of 1 and a large batch, each in a window of its own inside `inference`.

    `x` are unscaled samples, the network's own scaling is part of the work. Compiling and a warm-up stay outside.
    """
    with ledger.window("inference"):
        sizes = sorted({1, min(measure.inference_batch, len(x))})
        return [_at_batch_size(model, x[:size], measure.inference_s, ledger) for size in sizes]


def _at_batch_size(model: keras.Model, batch: np.ndarray, seconds: float, ledger: Ledger) -> record.Inference:
    samples = tf.constant(batch)
    predict = tf.function(lambda x: model(x, training=False))
    for _ in range(WARM_UP):
        predict(samples)
    durations_s: list[float] = []
    with ledger.window(f"batch{len(batch)}") as window:
        stop_s = time.perf_counter() + seconds
        while not durations_s or time.perf_counter() < stop_s:
            start_s = time.perf_counter()
            predict(samples)
            synchronize()
            durations_s.append(time.perf_counter() - start_s)
    low_ms, median_ms, high_ms = np.percentile(durations_s, [25, 50, 75]) * 1000
    count = len(durations_s) * len(batch)
    return record.Inference(
        window=window.name,
        batch_size=len(batch),
        batches=len(durations_s),
        latency_ms=median_ms,
        latency_iqr_ms=high_ms - low_ms,
        throughput_per_s=count / window.duration_s,
    )
