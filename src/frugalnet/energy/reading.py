"""The interface between the ledger and what it reads: a device, its readings, and the meter that gives them."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from frugalnet.errors import FrugalNetError

Source = Literal["measured", "integrated", "estimated", "simulated"]
SOURCES: tuple[Source, ...] = ("measured", "integrated", "estimated", "simulated")
"""How an energy is known, the most reliable first; a sum is only as reliable as its weakest part."""
Scope = Literal["gpu", "cpu", "machine"]
"""What an energy covers: GPUs, processors with their memory, or the whole machine, which includes both and is never added to them."""
MACHINE: Scope = "machine"


class MeterError(FrugalNetError):
    """A meter that is missing, or that could not give a reading; the message says why."""


@dataclass(frozen=True)
class Device:
    """A device that is read, and how its numbers are known.

    `name` is unique in a run (`GPU-<uuid>`, `package-0`, `cpu`); `scope` says what its energy covers.
    """

    name: str
    meter: str
    """Name of the meter in the catalogue."""
    scope: Scope
    source: Source
    model: str | None = None
    cumulative: bool = True
    """Whether the device counts its energy even between readings; False if power is integrated over the readings."""
    tick_s: float = 0.0
    """Period at which the device renews its counter; 0 if readings are instantaneous."""
    dated: bool = False
    """Whether its readings are from the past and carry the time at which they were taken."""
    quantum_uj: int = 1
    """Unit in which the energy is counted, in microjoules."""
    gain: float | None = None
    """Relative error of the sensor, 1 sigma, the same for all readings of the device; None: not known."""
    gain_source: str | None = None
    assumptions: dict[str, Any] = field(default_factory=dict)
    averaging_s: float = 0.0
    """Seconds before the reading over which its power is a mean; 0: instantaneous."""

    @property
    def power_averaging_s(self) -> float:
        """Return the seconds over which integrated energy is smoothed; 0 for a counter."""
        return 0.0 if self.cumulative else self.averaging_s


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a device; None for what the device does not report.

    `energy_uj` is the energy in microjoules from a fixed origin up to a moment within `time_s` ± `time_error_s` on the clock
    of `time.monotonic`; power is in watts.
    """

    time_s: float
    energy_uj: int
    power_w: float | None = None
    time_error_s: float = 0.0
    temperature_c: float | None = None
    clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    utilization: float | None = None
    """Fraction of the time in which the device was busy."""
    memory_mib: float | None = None
    throttle: str | None = None
    """Reasons why the device throttles, joined by `+`; empty: none."""
    other_processes: int | None = None
    """Compute processes on the device outside this process tree."""


class Meter(Protocol):
    """A source of readings of one device."""

    device: Device

    def read(self) -> Reading:
        """Return the present reading; raises MeterError with the reason if there is none."""

    def close(self) -> None:
        """Release the device."""
