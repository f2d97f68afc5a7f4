"""The only place that imports TensorFlow and Keras: quiet, fast to import, with fixed threads and seeds."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from frugalnet.errors import OutOfMemoryError, WithoutModelError

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # as in NVML, so that an index means the same card
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Keras imports these only for its plots and scikit-learn wrappers. Without them TensorFlow and Keras load in two thirds of the time
# (benchmarks/startup.py), in every job. None makes an import fail; code that needs them later imports them as usual.
_NOT_NEEDED = {"matplotlib", "pandas", "sklearn"} - sys.modules.keys()
sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

for _name in _NOT_NEEDED:
    del sys.modules[_name]

logging.getLogger("tensorflow").setLevel(logging.ERROR)
logging.getLogger("absl").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", module="keras|tensorflow|tf_keras|autokeras|keras_tuner")


def configure(threads: int, seed: int) -> None:
    """Fix the number of threads of TensorFlow's pools and every seed, and let GPU memory grow; before any operation runs."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    keras.utils.set_random_seed(seed)


def check_untouched() -> None:
    """Raise RuntimeError if a device already has a context: it would be broken in a forked child."""
    threads = tf.config.threading.get_inter_op_parallelism_threads()
    for number in (threads + 1, threads):
        tf.config.threading.set_inter_op_parallelism_threads(number)


def warm_up(seconds: float) -> None:
    """Create the context of each device, and multiply matrices on it for `seconds`."""
    stop_s = time.monotonic() + seconds
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    while True:
        for device in devices:
            with tf.device(device.name):
                matrix = tf.ones((1024, 1024) if seconds else (2, 2))
                tf.linalg.matmul(matrix, matrix)
        if time.monotonic() >= stop_s:
            break
    synchronize()


def on_gpu() -> bool:
    """Tell whether TensorFlow works on a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


OUT_OF_MEMORY = (tf.errors.ResourceExhaustedError, MemoryError)
"""What is raised where memory is too small, on a device or on the host."""


@contextmanager
def keeping_epochs(rows: Sequence[Any]) -> Iterator[None]:
    """Put epochs in front of those of a training that diverges in the block, or for which memory is too small there.

    Raises OutOfMemoryError, caused by the original error, in place of `OUT_OF_MEMORY`.
    """
    try:
        yield
    except WithoutModelError as error:
        error.rows = [*rows, *(replace(row, epoch=row.epoch + len(rows)) for row in error.rows)]
        raise
    except OUT_OF_MEMORY as error:
        raise OutOfMemoryError(rows, str(error).partition("\n")[0]) from error


def synchronize() -> None:
    """Wait until the devices have finished their work."""
    if on_gpu():
        tf.test.experimental.sync_devices()


__all__ = ["check_untouched", "configure", "keeping_epochs", "keras", "on_gpu", "synchronize", "tf", "warm_up"]
