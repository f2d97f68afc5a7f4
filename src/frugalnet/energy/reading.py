"""The small interface between the ledger and everything that it reads: a device, its readings, and the meter that gives them."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from frugalnet.errors import FrugalNetError

Source = Literal["measured", "integrated", "estimated", "simulated"]
SOURCES: tuple[Source, ...] = ("measured", "integrated", "estimated", "simulated")
"""How an energy is known, the firmest first; a sum is only as firm as its weakest part."""
Scope = Literal["gpu", "cpu", "machine"]
"""What joules are of: GPUs, processors with their memory, or the whole machine, which holds both and is never added to them."""
MACHINE: Scope = "machine"


class MeterError(FrugalNetError):
    """A meter that is not there, or a reading that it could not give; the message says why."""


@dataclass(frozen=True)
class Device:
    """What is read, and how its numbers are known.

    `name` is unique in a run (`GPU-<uuid>`, `package-0`, `cpu`), `scope` is the kind of device that its joules belong to.
    """

    name: str
    meter: str
    """Its name in the catalogue."""
    scope: Scope
    source: Source
    model: str | None = None
    cumulative: bool = True
    """The energy goes on being counted while nobody reads; False for power that is integrated over the readings."""
    tick_s: float = 0.0
    """Period at which the device renews its counter; 0 where a reading is of the moment at which it is taken."""
    dated: bool = False
    """Its readings are those of the past: each says itself when it was taken."""
    quantum_uj: int = 1
    """Unit that the energy is counted in, in microjoules."""
    gain: float | None = None
    """Relative error of the sensor, 1 sigma, the same for all readings of the device; None: not known."""
    gain_source: str | None = None
    assumptions: dict[str, Any] = field(default_factory=dict)
    averaging_s: float = 0.0
    """Its power is a mean over so many seconds before the reading; 0: it is of the moment."""

    @property
    def power_averaging_s(self) -> float:
        """Return over how many seconds the energy of a reading is smoothed, where power is integrated; a counter has none."""
        return 0.0 if self.cumulative else self.averaging_s


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a device; None for what it cannot tell.

    `energy_uj` counts from some fixed moment, in microjoules, and is that of a moment within `time_s` ± `time_error_s` on the
    clock of `time.monotonic`; power is in watts.
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
    """Reasons why the device holds itself back, joined by `+`; empty: none."""
    other_processes: int | None = None
    """Compute processes on the device that are not of this process tree."""


class Meter(Protocol):
    """A source of readings of one device."""

    device: Device

    def read(self) -> Reading:
        """Return the reading of now; raises MeterError with the reason where there is none."""

    def close(self) -> None:
        """Let go of the device."""
