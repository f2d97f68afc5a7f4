"""NVIDIA GPUs, read through the management library NVML: the energy counter of a card, or else its integrated power."""

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

# Most errors lie between these two and are taken as uniform there; GAIN is their root mean square about zero.
_LOW, _HIGH = -0.064, 0.01
GAIN = math.sqrt((_HIGH**3 - _LOW**3) / (3 * (_HIGH - _LOW)))
GAIN_SOURCE = (
    "Yang, Adamek and Armour 2024 (SC24, arXiv:2312.02741): errors of -6.4 % to +1 % for most cards, outliers beyond"
)
POLL_S, CHANGES, COUNTER_LIMIT_S = 0.002, 4, 1.0
"""The period of a counter is found from its first CHANGES, polled every POLL_S; a counter that stands still for longer than
COUNTER_LIMIT_S does not work."""
EXTRAS_S = 0.05
"""Least time between two queries of the values beside the energy: an edge of a window must not wait for them."""
PROCESSES_S = 1.0
"""Seconds for which a count of other processes is reused: they come and go slowly, and counting is expensive."""
INSTANT, USAGE = "NVML_FI_DEV_POWER_INSTANT", "nvmlDeviceGetPowerUsage"
AVERAGING_S = 1.0
"""nvmlDeviceGetPowerUsage averages this long "on Ampere (except GA100) or newer GPUs"; the others give instantaneous power (nvml.h)."""
GA100 = re.compile(r"\b(A100|A800|A30|170HX)\b")
"""Names of cards with the chip GA100."""
THROTTLE = {
    0x04: "sw_power_cap", 0x08: "hw_slowdown", 0x10: "sync_boost", 0x20: "sw_thermal", 0x40: "hw_thermal",
    0x80: "hw_power_brake",
}  # fmt: skip
"""Bits of nvmlClocksEventReasons (nvml.h) that mean throttling; idle and user-set clocks do not."""
HOST_NUMBERS = "pid:[4026531836]"
"""The first pid namespace of Linux (PROC_PID_INIT_INO, linux/proc_ns.h)."""
EXPECTED = {
    4: "the right to open /dev/nvidiactl and /dev/nvidia0, ...",
    9: "the kernel module nvidia to be loaded (and a container to be given the cards)",
    12: "an NVIDIA driver, with libnvidia-ml.so.1 where libraries are looked for",
    18: "library and kernel module of one version (restart after an update of the driver)",
}
"""What is needed, by the error code with which NVML fails to start."""


def open_nvml() -> "list[NvmlMeter]":
    """Return at least one meter: one for every card that this process may use, in the order of CUDA_VISIBLE_DEVICES.

    This takes about four ticks of the counter (0.4 s) per card. Raises MeterError with the reason if there is no meter.
    """
    import pynvml

    meters: list[NvmlMeter] = []
    _start(pynvml)  # and held until all are open, because a new start takes time
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
    """One card, identified by its UUID, so that the order in which cards are numbered does not matter.

    The energy counter (Volta and newer; millijoules, renewed in ticks) is read as it is, and falls if the driver resets it.
    Without a counter, power is integrated by the trapezoid rule: instantaneous power if the card reports it, else the usual
    power, which is a mean over a second on many cards (Yang, Adamek and Armour 2024, arXiv:2312.02741).
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
        """Return the present reading; raises MeterError, in NVML's words, if the card gives no energy.

        The other values are queried again only after the energy has moved, so that polling a counter costs little.
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
            self._extras["power_w"] = value / 1000  # the power that was integrated, not a later one
        return Reading(time_s, energy_uj, time_error_s=(after_s - before_s) / 2, **self._extras)

    def close(self) -> None:
        """Release the card; further calls do nothing."""
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
        """Return the averaging time of nvmlDeviceGetPowerUsage in seconds; a card of unknown architecture is taken to average."""
        nvml = self._nvml
        try:
            ampere_or_newer = nvml.nvmlDeviceGetArchitecture(self._handle) >= nvml.NVML_DEVICE_ARCH_AMPERE
        except nvml.NVMLError_FunctionNotFound:  # drivers before 450 know no card that averages
            return 0.0
        except nvml.NVMLError:
            ampere_or_newer = True
        return AVERAGING_S if ampere_or_newer and not GA100.search(model) else 0.0

    def _tick_s(self) -> float | None:
        """Return the period of the energy counter in seconds; None if no counter moves."""
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
            return COUNTER_LIMIT_S  # it moves, but too slowly to find its period
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
        self._half_nj += (power_before_mw + power_mw) * (
            time_us - before_us
        )  # integers, so that no rounding errors add up
        self._last_sample = (time_us, power_mw)
        return self._half_nj // 2000

    def _ask_extras(self, now_s: float) -> dict[str, Any]:
        """Return the columns of a reading besides its energy; None for what this card does not report."""
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
        """Return the answer of nvmlDeviceGet<what>; None on an error (the next energy reading shows if the card is lost)."""
        return self._or_none(lambda: getattr(self._nvml, f"nvmlDeviceGet{what}")(self._handle, *arguments))

    def _or_none(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except self._nvml.NVMLError:
            return None


def _others(processes: Any) -> int | None:
    """Return how many of the processes on a card are neither this one nor a descendant of it.

    NVML reports process ids of the host. In a container with its own ids they cannot be matched: a single process may be this
    one, so nothing is known; of several, all but one are counted as others.
    """
    if processes is None:
        return None
    if not _counts_as_host():
        return len(processes) - 1 if len(processes) > 1 else None
    pids = {process.pid for process in processes} - {os.getpid()}
    return len(pids - {child.pid for child in psutil.Process().children(recursive=True)}) if pids else 0


def _counts_as_host() -> bool:
    """Tell whether this process has the same process id on the host."""
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
    with suppress(nvml.NVMLError):  # on any error there is nothing left to release
        nvml.nvmlShutdown()


@contextmanager
def _explained(subject: str) -> Iterator[None]:
    import pynvml

    try:
        yield
    except pynvml.NVMLError as error:
        raise MeterError(f"meter nvml: {subject}: {error}") from None


def _uuids(nvml: Any) -> list[str]:
    """Return the UUIDs of the cards that this process may access, in the order of the PCI bus."""
    uuids = []
    with _explained("list of cards"):
        count = nvml.nvmlDeviceGetCount()
        for index in range(count):
            # Skip another job's card, which CUDA does not number either, and a lost one.
            with suppress(nvml.NVMLError_NoPermission, nvml.NVMLError_GpuIsLost):
                uuids.append(nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetHandleByIndex(index)))
    if not uuids:
        raise MeterError(f"meter nvml: no card; the driver has {count}, and this process can reach none of them")
    return uuids


def _visible(uuids: list[str]) -> list[str]:
    """Return the UUIDs that CUDA_VISIBLE_DEVICES chooses; like CUDA, stop at the first entry that does not match exactly one card."""
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
