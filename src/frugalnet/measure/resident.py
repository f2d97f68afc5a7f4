"""Memory of this process and of its GPUs: what is resident now, and the largest since it was last reset.

The peak of the process is Linux' VmHWM, which writing 5 to /proc/self/clear_refs resets (proc(5)).
"""

import re
from pathlib import Path

from frugalnet.backend import tf

STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peaks() -> bool:
    """Start the peaks of process and GPUs anew; tell whether the system allows it for the process."""
    for device in _devices():
        tf.config.experimental.reset_memory_stats(device)
    try:
        CLEAR_REFS.write_text("5")
    except OSError:
        return False
    return True


def resident_mib() -> float | None:
    """Return the resident memory of this process in MiB; None where the system does not tell."""
    return _status_mib("VmRSS")


def peak_mib() -> float | None:
    """Return the largest resident memory of this process since it was reset, in MiB; None where the system does not tell."""
    return _status_mib("VmHWM")


def device_peak_mib() -> float | None:
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
