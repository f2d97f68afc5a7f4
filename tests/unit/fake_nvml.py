"""Fixtures around `fake_nvml.c`: NVIDIA cards that are not there, but use energy in real time."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pynvml
import pytest

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
