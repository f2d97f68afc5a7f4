"""Fixtures around `fake_nvml.c`: NVIDIA cards that are not there, but use energy in real time."""

import ctypes
import os
import shutil
import subprocess
import time
from pathlib import Path

import pynvml
import pytest

from frugalnet.energy.meters.nvml import open_nvml

SOURCE = Path(__file__).with_suffix(".c")
BIND = ["-Wl,-Bsymbolic"]
"""Its functions call each other, not those of the same names that TensorFlow brings."""


class FakeNvml:
    """The fake library of this process. Cards and settings are written as in FAKE_NVML, see the head of the C file."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path))

    def cards(self, *cards: str) -> None:
        """Replace all cards."""
        self.library.fake_cards(";".join(cards).encode())

    def set(self, index: int, settings: str) -> None:
        """Change settings of a card that is running."""
        self.library.fake_set(index, settings.encode())

    @property
    def inits(self) -> int:
        """Return how many times the library was started and not shut down."""
        return self.library.fake_inits()


@pytest.fixture(scope="session")
def fake_nvml_folder(tmp_path_factory) -> Path:
    """Return a folder with the fake `libnvidia-ml.so.1`, for LD_LIBRARY_PATH."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc to build the fake NVML library with")
    library = tmp_path_factory.mktemp("nvml") / "libnvidia-ml.so.1"
    command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *BIND, "-o", library, SOURCE]
    subprocess.run(command, check=True)
    return library.parent


@pytest.fixture
def fake_nvml_environment(fake_nvml_folder):
    """Return a function from cards to the environment in which a program finds them."""

    def environment(*cards: str) -> dict[str, str]:
        places = [str(fake_nvml_folder), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
        return os.environ | {"LD_LIBRARY_PATH": ":".join(places), "FAKE_NVML": ";".join(cards)}

    return environment


@pytest.fixture
def fake_nvml(fake_nvml_folder, monkeypatch):
    """Put the fake library in the place where pynvml keeps the real one, and take it away again."""
    fake = FakeNvml(fake_nvml_folder / "libnvidia-ml.so.1")
    monkeypatch.setattr(pynvml, "nvmlLib", fake.library)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.setattr(pynvml, "_nvmlLib_refcount", 0)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield fake
    while fake.inits:
        fake.library.nvmlShutdown()
    fake.cards()


NO_COUNTER = "counter_error=3"


@pytest.fixture
def opened(fake_nvml):
    """Return a function that makes cards, opens their meters, and leaves it to the fixture to close them."""
    meters = []

    def open_cards(*cards):
        fake_nvml.cards(*cards)
        meters.extend(open_nvml())
        return meters

    yield open_cards
    for meter in meters:
        meter.close()


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until it is set: `clock[0] = seconds`."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def next_tick(meter):
    """Return the first reading at which the energy is another."""
    before = meter.read().energy_uj
    for _ in range(5000):
        if (reading := meter.read()).energy_uj != before:
            return reading
        time.sleep(0.001)
    raise AssertionError("the counter stands still")
