"""Callbacks of a training: one opens the ledger's windows, the other logs the progress."""

import logging
import math
import time
from typing import Any

import numpy as np

from frugalnet.backend import keras
from frugalnet.energy import Ledger, Window
from frugalnet.record.rows import Epoch

log = logging.getLogger(__name__)


class EpochWindows(keras.callbacks.Callback):
    """Open a window per epoch, with inner ones for its validation and for the very first step, and keep a row per epoch.

    The first step includes tracing, XLA and autotuning. Its window ends when the second step begins, so that nothing has to wait
    for the losses. `metric` is the name of the compiled metric that measures quality.
    """

    def __init__(self, ledger: Ledger, metric: str) -> None:
        super().__init__()
        self.rows: list[Epoch] = []
        self._ledger = ledger
        self._metric = metric
        self._epoch: Window | None = None
        self._first_step: Window | None = None
        self._validation: Window | None = None
        self._rate: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = self._ledger.open(f"epoch{epoch + 1}")

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._first_step is None:
            self._first_step = self._ledger.open("first_step")
        elif self._first_step.end_s is None:
            self._ledger.close(self._first_step.name)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._rate = last_rate(self.model.optimizer)  # now: at the end of the epoch another callback may change it
        if self._first_step and self._first_step.end_s is None:  # the epoch has one step
            self._ledger.close(self._first_step.name)
        self._validation = self._ledger.open("validation")

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        assert self._validation is not None
        self._ledger.close(self._validation.name)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert self._epoch is not None and logs is not None
        window, self._epoch = self._epoch, None
        self._ledger.close(window.name)
        self.rows.append(
            Epoch(
                window=window.name,
                epoch=epoch + 1,
                loss=_written(logs["loss"]),
                quality=_written(logs[self._metric]),
                validation_loss=_written(logs["val_loss"]),
                validation_quality=_written(logs[f"val_{self._metric}"]),
                sparsity=logs.get("sparsity"),
                batch_size=logs.get("batch_size"),
                learning_rate=self._rate,
            )
        )
        if not math.isfinite(logs["loss"]):
            self.model.stop_training = True


def last_rate(optimizer: keras.Optimizer) -> float:
    """Return the learning rate of the last step of an optimizer, which has done one at least."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # of one that scales the loss
    rate = inner._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = rate(max(int(keras.ops.convert_to_numpy(inner.iterations)) - 1, 0))
    return _written(keras.ops.convert_to_numpy(rate))


def _written(value: float) -> float:
    """Return a number of Keras, which calculates in float32, without digits beyond that precision."""
    return float(str(np.float32(value)))


class Progress(keras.callbacks.Callback):
    """Log a line per epoch, at most one per second: what is trained, its quality, and the remaining time."""

    def __init__(self, what: str, metric: str) -> None:
        super().__init__()
        self._what = what
        self._metric = metric
        self._start_s = self._logged_s = 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._start_s = self._logged_s = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        now_s, epochs, done = time.monotonic(), self.params["epochs"], epoch + 1
        if done < epochs and now_s - self._logged_s < 1:
            return
        self._logged_s = now_s
        per_epoch_s = (now_s - self._start_s) / done
        log.info(
            "%s: epoch %d/%d, %s %.3f, on validation data %.3f, %.1f s an epoch, %.0f s to go",
            *(self._what, done, epochs, self._metric, logs[self._metric], logs[f"val_{self._metric}"]),
            *(per_epoch_s, per_epoch_s * (epochs - done)),
        )
