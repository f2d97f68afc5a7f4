"""The machine and the software that a record was made with."""

import platform
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import frugalnet
from frugalnet.record.host import host

PACKAGES = ("tensorflow", "keras", "autokeras", "keras-tuner", "tensorflow-model-optimization", "numpy", "snakemake")


def machine() -> dict[str, Any]:
    """Return processor, memory, system and GPUs with their settings; None for what cannot be found out."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "cores_physical": psutil.cpu_count(logical=False),
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "host": host(),
        "gpus": _gpus(),
    }


def identity(found: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a machine's description that decides whether a probe of it still holds.

    Settings are left out. What a run takes from the probe (idle power, gain, averaging) does not depend on a power limit, and a
    limit that changes by itself would now and then invalidate the probe.
    """
    gpus = found.get("gpus") or []
    cards = [{name: gpu.get(name) for name in ("name", "uuid", "memory_mib", "driver")} for gpu in gpus]
    return {"processor": found.get("processor"), "cores": found.get("cores"), "gpus": cards}


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two descriptions are of the same machine, settings aside."""
    return identity(one) == identity(other)


def software() -> dict[str, Any]:
    """Return the versions of Python, this package and its main dependencies, and the state of the git checkout."""
    return {
        "frugalnet": frugalnet.__version__,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "git": git_state(Path(frugalnet.__file__).parent),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit and whether tracked files differ from it; None outside a checkout or without git."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpus() -> list[dict[str, Any]]:
    import pynvml

    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError:
        return []
    found = []
    for index in range(count):
        with suppress(pynvml.NVMLError):  # another job's card, or a lost one
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            about = {
                "name": pynvml.nvmlDeviceGetName(handle),
                "uuid": pynvml.nvmlDeviceGetUUID(handle),
                "memory_mib": int(pynvml.nvmlDeviceGetMemoryInfo(handle).total) // 2**20,
                "driver": pynvml.nvmlSystemGetDriverVersion(),
            }
            found.append(about | _settings(pynvml, handle))
    pynvml.nvmlShutdown()
    return found


def _settings(nvml: Any, handle: Any) -> dict[str, Any]:
    """Return the settings of a card, in watts and megahertz; None where the card has no such setting."""

    def ask(what: str, *arguments: int) -> Any:
        try:
            return getattr(nvml, f"nvmlDeviceGet{what}")(handle, *arguments)
        except nvml.NVMLError:
            return None

    limits_mw = [ask("EnforcedPowerLimit"), ask("PowerManagementDefaultLimit")]
    limit_w, default_limit_w = (None if limit_mw is None else limit_mw / 1000 for limit_mw in limits_mw)
    persistence, ecc = (
        None if state is None else bool(state) for state in map(ask, ("PersistenceMode", "CurrentEccMode"))
    )
    return {
        "power_limit_w": limit_w,
        "default_power_limit_w": default_limit_w,
        "application_clock_mhz": ask("ApplicationsClock", nvml.NVML_CLOCK_GRAPHICS),
        "application_memory_clock_mhz": ask("ApplicationsClock", nvml.NVML_CLOCK_MEM),
        "persistence": persistence,
        "ecc": ecc,
    }
