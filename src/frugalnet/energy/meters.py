"""Sources of energy readings behind one small interface.

A meter says once which device it reads, its scope, how its numbers are known, and on what assumptions; then `read` returns
the energy since some fixed moment. What a machine cannot tell is None, never 0.
"""

import os
import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import psutil

from frugalnet.config import Measure
from frugalnet.errors import FrugalNetError

Source = Literal["measured", "integrated", "estimated", "simulated"]


@dataclass(frozen=True)
class Reading:
    """One reading: cumulative energy in microjoules since a fixed moment, and power in watts at about `time_s`."""

    time_s: float
    energy_uj: int | None
    power_w: float | None


class Meter(Protocol):
    """What the ledger asks of a source of readings."""

    name: str
    device: str
    scope: Literal["cpu", "gpu"]
    source: Source
    assumptions: dict[str, Any]

    def read(self) -> Reading:
        """Return the reading of now; `time_s` on the clock of `time.monotonic`."""

    def close(self) -> None:
        """Let go of the device."""


class EstimateMeter:
    """CPU energy from CPU time: idle watts + utilization x (TDP - idle), over this process and its finished children.

    The watts are assumptions from the configuration (`measure.cpu_idle_w`, `measure.cpu_tdp_w`): good for comparing runs on
    one machine, not for an absolute claim.
    """

    name = "estimate"
    scope: Literal["cpu", "gpu"] = "cpu"
    source: Source = "estimated"

    def __init__(self, idle_w: float, tdp_w: float) -> None:
        self.cores = psutil.cpu_count() or 1
        self.device = "cpu"
        self.assumptions = {"idle_w": idle_w, "tdp_w": tdp_w, "cores": self.cores}
        self._idle_w = idle_w
        self._w_per_core = (tdp_w - idle_w) / self.cores
        self._start_s = time.monotonic()
        self._last = (0.0, self._cpu_s())

    def read(self) -> Reading:
        now_s, cpu_s = time.monotonic(), self._cpu_s()
        elapsed_s = now_s - self._start_s
        (before_s, cpu_before_s), self._last = self._last, (elapsed_s, cpu_s)
        energy_j = self._idle_w * elapsed_s + self._w_per_core * cpu_s
        step_s = elapsed_s - before_s
        power_w = self._idle_w + self._w_per_core * (cpu_s - cpu_before_s) / step_s if step_s > 0 else None
        return Reading(now_s, round(energy_j * 1e6), power_w)

    def close(self) -> None: ...

    @staticmethod
    def _cpu_s() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system


class NvmlMeter:
    """One NVIDIA GPU: its energy counter (Volta and newer), else its power, integrated over the readings (trapezoid)."""

    name = "nvml"
    scope: Literal["cpu", "gpu"] = "gpu"

    def __init__(self) -> None:
        import pynvml

        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
            self._handle = self._visible_handle()
            self.device = f"{pynvml.nvmlDeviceGetName(self._handle)} {pynvml.nvmlDeviceGetUUID(self._handle)}"
        except pynvml.NVMLError as error:
            raise FrugalNetError(
                f"meter nvml: {error}; expected an NVIDIA driver that can read the GPU. "
                "Put that right, or set measure.meters to estimate (the CPU alone) or none"
            ) from None
        self.assumptions: dict[str, Any] = {}
        self.source: Source = "measured" if self._counter_mj() is not None else "integrated"
        self._last: tuple[float, float] | None = None
        self._integrated_uj = 0.0

    def read(self) -> Reading:
        now_s, power_w, counter_mj = time.monotonic(), self._power_w(), self._counter_mj()
        if self.source == "measured":
            return Reading(now_s, None if counter_mj is None else counter_mj * 1000, power_w)
        if power_w is None:
            return Reading(now_s, None, None)
        if self._last:
            before_s, power_before_w = self._last
            self._integrated_uj += (now_s - before_s) * (power_w + power_before_w) / 2 * 1e6
        self._last = (now_s, power_w)
        return Reading(now_s, round(self._integrated_uj), power_w)

    def close(self) -> None:
        self._nvml.nvmlShutdown()

    def _visible_handle(self) -> Any:
        """Return the first device of CUDA_VISIBLE_DEVICES (an index or a UUID), or the first of the machine."""
        first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
        if first.startswith("GPU-"):
            return self._nvml.nvmlDeviceGetHandleByUUID(first)
        if not first.isdigit():
            raise FrugalNetError(f"meter nvml: CUDA_VISIBLE_DEVICES = {first!r}; expected an index or a UUID (GPU-...)")
        return self._nvml.nvmlDeviceGetHandleByIndex(int(first))

    def _counter_mj(self) -> int | None:
        try:
            return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))
        except self._nvml.NVMLError:
            return None

    def _power_w(self) -> float | None:
        try:
            return self._nvml.nvmlDeviceGetPowerUsage(self._handle) / 1000
        except self._nvml.NVMLError:
            return None


def open_meter(measure: Measure, on_gpu: bool) -> Meter | None:
    """Return the meter that the configuration asks for; None for `none`.

    `auto` takes NVML where the work is done on a GPU, else the estimate: the joules of an idle GPU would say nothing of work
    on the CPU, nor the other way round. Raises FrugalNetError for a meter that is not there or reads the wrong device.
    """
    if measure.meters == "none":
        return None
    if measure.meters == "nvml" and not on_gpu:
        raise FrugalNetError("measure.meters = 'nvml': TensorFlow finds no GPU here; expected auto, estimate or none")
    if measure.meters == "nvml" or (measure.meters == "auto" and on_gpu):
        return NvmlMeter()
    return EstimateMeter(measure.cpu_idle_w, measure.cpu_tdp_w)
