"""NVIDIA GPUs, read through their management library NVML: the energy counter of a card, else its power, integrated."""

import math
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any

import psutil

from frugalnet.energy.reading import Device, MeterError, Reading

# Most errors lie between these two. Nothing says where, so they are taken as uniform: the root mean square about zero.
_LOW, _HIGH = -0.064, 0.01
GAIN = math.sqrt((_HIGH**3 - _LOW**3) / (3 * (_HIGH - _LOW)))
GAIN_SOURCE = (
    "Yang, Adamek and Armour 2024 (SC24, arXiv:2312.02741): errors of -6.4 % to +1 % for most cards, outliers beyond"
)
POLL_S, CHANGES, COUNTER_LIMIT_S = 0.002, 4, 1.0
"""The period of a counter is found from its first changes, polled so often; one that stands still for so long is none."""
EXTRAS_S = 0.05
"""What goes with the energy is asked no more often: an edge of a window must not wait for it."""
PROCESSES_S = 1.0
"""Seconds for which a count of other processes holds: they come and go slowly, and asking is not cheap."""
INSTANT, USAGE = "NVML_FI_DEV_POWER_INSTANT", "nvmlDeviceGetPowerUsage"
AVERAGING_S = 1.0
"""Of nvmlDeviceGetPowerUsage "on Ampere (except GA100) or newer GPUs"; the others give the power of the moment (nvml.h)."""
GA100 = re.compile(r"\b(A100|A800|A30|170HX)\b")
"""Cards with that chip, by their names."""
THROTTLE = {
    0x04: "sw_power_cap", 0x08: "hw_slowdown", 0x10: "sync_boost", 0x20: "sw_thermal", 0x40: "hw_thermal",
    0x80: "hw_power_brake",
}  # fmt: skip
"""Bits of nvmlClocksEventReasons (nvml.h) that hold a card back; idling, and clocks that someone chose, do not."""
HOST_NUMBERS = "pid:[4026531836]"
"""The first pid namespace of Linux (PROC_PID_INIT_INO, linux/proc_ns.h)."""
EXPECTED = {
    4: "the right to open /dev/nvidiactl and /dev/nvidia0, ...",
    9: "the kernel module nvidia to be loaded (and a container to be given the cards)",
    12: "an NVIDIA driver, with libnvidia-ml.so.1 where libraries are looked for",
    18: "library and kernel module of one version (restart after an update of the driver)",
}
"""What to put right, by NVML's code for why it does not start."""


def open_nvml() -> "list[NvmlMeter]":
    """Return a meter for every card that this process may use, in the order of CUDA_VISIBLE_DEVICES; never none.

    Takes about four ticks of its counter (0.4 s) for each card. Raises MeterError with the reason.
    """
    import pynvml

    meters: list[NvmlMeter] = []
    _start(pynvml)  # and held until all are open, for starting anew takes time
    try:
        for uuid in _visible(_uuids(pynvml)):
            meters.append(NvmlMeter(uuid))
    except MeterError:
        for meter in meters:
            meter.close()
        raise
    finally:
        _stop(pynvml)
    return meters


class NvmlMeter:
    """One card, held by its UUID, so that it stays the same card in whatever order cards are counted.

    The energy counter (Volta and newer; millijoules, renewed in ticks) is read as it is, and falls where the driver resets it.
    Without one, power is integrated by the trapezoid rule: that of the moment where the card has a field for it; the usual
    one is a mean over a second on many cards (Yang, Adamek and Armour 2024, arXiv:2312.02741).
    """

    def __init__(self, uuid: str) -> None:
        import pynvml

        self._nvml: Any = pynvml
        self._last_uj: int | None = None
        self._extras: dict[str, Any] = {}
        self._asked_s = -math.inf
        self._others: int | None = None
        self._others_s = -math.inf
        self._half_nj, self._last_sample = 0, (0, 0)
        _start(pynvml)
        self._open = True
        try:
            with _explained(uuid):
                self._handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
                self._instant = bool(self._or_none(self._instant_mw))
                self.device = self._describe(uuid, pynvml.nvmlDeviceGetName(self._handle))
        except MeterError:
            self.close()
            raise

    def read(self) -> Reading:
        """Return the reading of now; raises MeterError, in NVML's words, where the card gives no energy.

        What goes with the energy is asked anew only when that has moved, so that polling a counter costs little.
        """
        counted = self.device.cumulative
        with _explained(self.device.name):
            before_s = time.monotonic()
            value = self._counter_mj() if counted else self._power_mw()
            after_s = time.monotonic()
        time_s = (before_s + after_s) / 2
        energy_uj = value * 1000 if counted else self._integrate(time_s, value)
        if energy_uj != self._last_uj and time_s - self._asked_s >= EXTRAS_S:
            self._extras, self._asked_s = self._ask_extras(time_s), time_s
        self._last_uj = energy_uj
        if not counted:
            self._extras["power_w"] = value / 1000  # the one that was integrated, not one of a moment later
        return Reading(time_s, energy_uj, time_error_s=(after_s - before_s) / 2, **self._extras)

    def close(self) -> None:
        """Let go of the card; once is enough, more does nothing."""
        if self._open:
            self._open = False
            _stop(self._nvml)

    def _describe(self, uuid: str, model: str) -> Device:
        tick_s = self._tick_s()
        counted = tick_s is not None
        if not counted:
            with _explained(f"{uuid}: neither its energy counter nor its power can be read"):
                self._last_sample = (round(time.monotonic() * 1e6), self._power_mw())
        return Device(
            uuid, "nvml", "gpu", "measured" if counted else "integrated", model, cumulative=counted, tick_s=tick_s or 0.0,
            averaging_s=0.0 if counted or self._instant else self._averaging_s(model), quantum_uj=1000 if counted else 1,
            gain=GAIN, gain_source=GAIN_SOURCE, assumptions={"power": INSTANT if self._instant else USAGE},
        )  # fmt: skip

    def _averaging_s(self, model: str) -> float:
        """Return over how long nvmlDeviceGetPowerUsage averages on this card, in seconds; a card that does not tell averages."""
        nvml = self._nvml
        try:
            ampere_or_newer = nvml.nvmlDeviceGetArchitecture(self._handle) >= nvml.NVML_DEVICE_ARCH_AMPERE
        except nvml.NVMLError_FunctionNotFound:  # a driver of before 450 knows no card that averages
            return 0.0
        except nvml.NVMLError:
            ampere_or_newer = True
        return AVERAGING_S if ampere_or_newer and not GA100.search(model) else 0.0

    def _tick_s(self) -> float | None:
        """Return the period of the energy counter in seconds; None without a counter that moves."""
        changes: list[float] = []
        start_s = now_s = time.monotonic()
        try:
            last = self._counter_mj()
            while len(changes) < CHANGES and now_s - start_s < COUNTER_LIMIT_S:
                time.sleep(POLL_S)
                now_s, counter = time.monotonic(), self._counter_mj()
                if counter != last:
                    changes.append(now_s)
                    last = counter
        except self._nvml.NVMLError:
            return None
        if len(changes) == 1:
            return COUNTER_LIMIT_S  # it moves, too slowly for more to be known
        return statistics.median(after - before for before, after in pairwise(changes)) if changes else None

    def _counter_mj(self) -> int:
        return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))

    def _power_mw(self) -> int:
        return self._instant_mw() if self._instant else int(self._nvml.nvmlDeviceGetPowerUsage(self._handle))

    def _instant_mw(self) -> int:
        (field,) = self._nvml.nvmlDeviceGetFieldValues(self._handle, [self._nvml.NVML_FI_DEV_POWER_INSTANT])
        if field.nvmlReturn != self._nvml.NVML_SUCCESS:
            raise self._nvml.NVMLError(field.nvmlReturn)
        return int(field.value.uiVal)

    def _integrate(self, time_s: float, power_mw: int) -> int:
        """Return the energy since the card was opened, in microjoules, by the trapezoid rule."""
        time_us = round(time_s * 1e6)
        before_us, power_before_mw = self._last_sample
        self._half_nj += (power_before_mw + power_mw) * (time_us - before_us)  # whole, so that no rounding adds up
        self._last_sample = (time_us, power_mw)
        return self._half_nj // 2000

    def _ask_extras(self, now_s: float) -> dict[str, Any]:
        """Return what a reading tells beside its energy, as its columns; None for what this card cannot tell."""
        nvml = self._nvml
        power_mw, busy, memory = self._or_none(self._power_mw), self._ask("UtilizationRates"), self._ask("MemoryInfo")
        mask = self._ask("CurrentClocksEventReasons")
        if mask is None:
            mask = self._ask("CurrentClocksThrottleReasons")  # its name before driver 535
        if now_s - self._others_s >= PROCESSES_S:
            self._others, self._others_s = _others(self._ask("ComputeRunningProcesses")), now_s
        return {
            "power_w": None if power_mw is None else power_mw / 1000,
            "temperature_c": self._ask("Temperature", nvml.NVML_TEMPERATURE_GPU),
            "clock_mhz": self._ask("ClockInfo", nvml.NVML_CLOCK_SM),
            "memory_clock_mhz": self._ask("ClockInfo", nvml.NVML_CLOCK_MEM),
            "utilization": None if busy is None else busy.gpu / 100,
            "memory_mib": None if memory is None else memory.used / 2**20,
            "throttle": None if mask is None else "+".join(name for bit, name in THROTTLE.items() if mask & bit),
            "other_processes": self._others,
        }

    def _ask(self, what: str, *arguments: int) -> Any:
        """Return the answer of nvmlDeviceGet<what>; None where there is none (that a card is lost, its energy tells next)."""
        return self._or_none(lambda: getattr(self._nvml, f"nvmlDeviceGet{what}")(self._handle, *arguments))

    def _or_none(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except self._nvml.NVMLError:
            return None


def _others(processes: Any) -> int | None:
    """Return how many of the processes on a card are neither this one nor a descendant of it.

    NVML counts processes as the host does. In a container that counts for itself no number can be told apart: one process
    may be this one, so that nothing is known; of several, one at most is.
    """
    if processes is None:
        return None
    if not _counts_as_host():
        return len(processes) - 1 if len(processes) > 1 else None
    pids = {process.pid for process in processes} - {os.getpid()}
    return len(pids - {child.pid for child in psutil.Process().children(recursive=True)}) if pids else 0


def _counts_as_host() -> bool:
    """Tell whether this process goes by the number that the host knows it by."""
    try:
        return os.readlink("/proc/self/ns/pid") == HOST_NUMBERS
    except OSError:
        return True


def _start(nvml: Any) -> None:
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        expected = f"; expected {EXPECTED[error.value]}" if error.value in EXPECTED else ""
        raise MeterError(f"meter nvml: {error}{expected}") from None


def _stop(nvml: Any) -> None:
    with suppress(nvml.NVMLError):  # whatever it is, nothing is left to be let go of
        nvml.nvmlShutdown()


@contextmanager
def _explained(subject: str) -> Iterator[None]:
    import pynvml

    try:
        yield
    except pynvml.NVMLError as error:
        raise MeterError(f"meter nvml: {subject}: {error}") from None


def _uuids(nvml: Any) -> list[str]:
    """Return the UUIDs of the cards that this process has a right to, in the order of the PCI bus."""
    uuids = []
    with _explained("list of cards"):
        count = nvml.nvmlDeviceGetCount()
        for index in range(count):
            # The card of another job, which CUDA does not number either; or one that is lost.
            with suppress(nvml.NVMLError_NoPermission, nvml.NVMLError_GpuIsLost):
                uuids.append(nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetHandleByIndex(index)))
    if not uuids:
        raise MeterError(f"meter nvml: no card; the driver has {count}, and this process can reach none of them")
    return uuids


def _visible(uuids: list[str]) -> list[str]:
    """Return those that CUDA_VISIBLE_DEVICES chooses, as CUDA reads it: up to the first entry that no card, or several, answer to."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return uuids
    chosen: list[str] = []
    for entry in map(str.strip, wanted.split(",")):
        if entry and not re.fullmatch(r"-?\d+|GPU-[0-9a-fA-F-]*", entry):
            raise MeterError(
                f"meter nvml: CUDA_VISIBLE_DEVICES = {wanted!r}; expected indices or UUIDs (GPU-...), not {entry!r}"
            )
        by_index = [uuid for index, uuid in enumerate(uuids) if entry.isdecimal() and int(entry) == index]
        found = by_index or [uuid for uuid in uuids if entry and uuid.startswith(entry)]
        if len(found) != 1:
            break
        chosen += [uuid for uuid in found if uuid not in chosen]
    if not chosen:
        raise MeterError(f"meter nvml: CUDA_VISIBLE_DEVICES = {wanted!r} chooses none of {len(uuids)} cards")
    return chosen
