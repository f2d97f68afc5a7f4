"""Probe the meters of this machine, or compare them with its plug, with TensorFlow as the load."""

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from frugalnet import backend
from frugalnet.backend import keras
from frugalnet.config.measure import Measure
from frugalnet.energy import MeterError, open_meters
from frugalnet.energy.calibration import calibrate
from frugalnet.energy.probe import Span, probe
from frugalnet.record.calibration import Calibration
from frugalnet.record.machine import machine
from frugalnet.record.probe import Probe

log = logging.getLogger(__name__)

STEP_S = 0.05
SAMPLES, FEATURES, BATCH_SIZE, EPOCHS = 8192, 784, 128, 8


def probe_machine(measure: Measure) -> Probe:
    """Return what the configured meters can tell on this machine; raises MeterError for one that is not there."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    backend.configure(measure.threads, seed=0)
    meters, missing = open_meters(measure, backend.on_gpu())
    for reason in missing.values():
        log.info("%s", reason)
    backend.warm_up(0)
    found = probe(meters, measure.sampling_hz, _load, _training, on_gpu=backend.on_gpu()) if meters else []
    for meter in found:
        log.info(
            "%s %s: %s W at rest, %s W under load",
            meter.meter,
            meter.device,
            *map(_watts, (meter.idle_w, meter.load_w)),
        )
        if meter.contradiction:
            log.warning("%s: counter and integrated power differ by %.0f %%", meter.device, 100 * (meter.gain or 0))
    return Probe(machine=machine(), started=started, on_gpu=backend.on_gpu(), meters=found, missing=missing)


def calibrate_machine(measure: Measure) -> Calibration:
    """Return how the power at the plug compares with what the other meters read; raises MeterError where that is not possible."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    backend.configure(measure.threads, seed=0)
    meters, missing = open_meters(measure, backend.on_gpu())
    if "plug" in missing:
        raise MeterError(missing["plug"])
    backend.warm_up(0)
    found = calibrate(meters, measure.sampling_hz, _load)
    about = {"machine": machine(), "started": started, "on_gpu": backend.on_gpu(), "address": measure.plug}
    return Calibration(**about, **found.model_dump())


def _load(stop: threading.Event) -> None:
    while not stop.is_set():
        backend.warm_up(STEP_S)


class _Edges(keras.callbacks.Callback):
    """Note when each epoch begins and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[Span] = []
        self._start_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._start_s = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        backend.synchronize()
        self.epochs.append((self._start_s, time.monotonic()))


def _training() -> list[Span]:
    """Train a small network on noise, with validation; return the epochs after the first, which includes tracing."""
    x = np.random.default_rng(0).random((SAMPLES, FEATURES), "float32")
    y = np.arange(SAMPLES) % 10
    layers = [keras.layers.Dense(units, "relu") for units in (528, 128)] + [keras.layers.Dense(10, "softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    edges = _Edges()
    model.fit(x, y, BATCH_SIZE, EPOCHS, verbose=0, callbacks=[edges], validation_split=0.2)
    return edges.epochs[1:]


def _watts(power_w: float | None) -> str:
    return "?" if power_w is None else f"{power_w:.1f}"
