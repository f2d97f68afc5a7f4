"""Made logs of nvidia-smi."""

import pytest

from frugalnet.energy.trace import read_trace
from frugalnet.errors import FrugalNetError

HEADER = "timestamp, name, utilization.gpu [%], memory.used [MiB], power.draw [W], power.max_limit [W], temperature.gpu"
RENAMED = "timestamp,gpu_name,gpu_usage,gpu_memory_used,gpu_power_draw,gpu_max_power,gpu_temperature"
CARD = "NVIDIA GeForce RTX 3090"


def row(second, power="100.00 W", temperature="65", name=CARD):
    return f"2023/03/08 13:11:{second:06.3f}, {name}, 77 %, 11135 MiB, {power}, 350.00 W, {temperature}"


@pytest.fixture
def log(tmp_path):
    """Return a function that writes lines as a file, by default with an end of line behind the last one."""

    def write(*lines, end="\n", encoding="utf-8"):
        path = tmp_path / "gpu.csv"
        path.write_bytes(("\n".join(lines) + end).encode(encoding))
        return path

    return write


def energy_j(path, **options):
    return read_trace(path, **options).timeline.energy_uj[-1] / 1e6


def refused(path, **options):
    with pytest.raises(FrugalNetError) as error:
        read_trace(path, **options)
    message = str(error.value)
    assert message.startswith(str(path))
    return message[len(str(path)) :]
