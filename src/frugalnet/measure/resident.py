"""Memory of this process and of its GPUs: what is resident now, and the largest since it was last reset.

The peak of the process is Linux' VmHWM, which writing 5 to /proc/self/clear_refs resets (proc(5)).
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from frugalnet.backend import tf
from frugalnet.record.record import Memory

T = TypeVar("T")
STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def with_peaks(work: Callable[[], T]) -> tuple[T, Memory]:
    """Do some work, and return its result with the largest memory that process and GPU held meanwhile."""
    can_tell = _reset_peaks()
    result = work()
    host_mib = _status_mib("VmHWM") if can_tell else None
    return result, Memory(host_peak_mib=host_mib, device_peak_mib=_device_peak_mib())


def resident_mib() -> float | None:
    """Return the resident memory of this process in MiB; None where the system does not tell."""
    return _status_mib("VmRSS")


def _reset_peaks() -> bool:
    """Start the peaks of process and GPUs anew; tell whether the system allows it for the process."""
    for device in _devices():
        tf.config.experimental.reset_memory_stats(device)
    try:
        CLEAR_REFS.write_text("5")
    except OSError:
        return False
    return True


def _device_peak_mib() -> float | None:
    """Return the most memory that TensorFlow held on a GPU since it was reset, in MiB; None without one."""
    held = [tf.config.experimental.get_memory_info(device)["peak"] / 2**20 for device in _devices()]
    return max(held, default=None)


def _devices() -> list[str]:
    return [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices("GPU")]


def _status_mib(key: str) -> float | None:
    try:
        found = re.search(rf"^{key}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None
