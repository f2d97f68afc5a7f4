"""Processors, read through RAPL: the energy counters of packages and memory that Linux exposes (powercap)."""

import re
import time
from pathlib import Path

from frugalnet.energy.reading import Device, MeterError, Reading

POWERCAP = Path("/sys/class/powercap")
RENEWAL_S = 0.001
"""Counters are renewed about every millisecond: Khan et al. 2018, "RAPL in Action", ACM TOMPECS 3(2)."""
UNIT_UJ = 61
"""Default unit of the counters, 1/2^14 J; 15.3 µJ for the memory of servers. Intel SDM vol. 3B, 15.10.1."""
GAIN_SOURCE = (
    "no gain that holds across processors is published; Desrochers, Paradis and Weaver 2016 (A Validation of DRAM RAPL Power "
    "Measurements, MEMSYS) found offsets that differ by machine"
)
MOST_W = 2000
"""More than any package or its memory draws."""
STILL_S = 0.1
"""A counter that stands still for this long does not work; virtual machines expose such counters."""
POWER_S = 0.01
"""Power is a mean over at least this time: a shorter one would show the renewals."""
CONTROLS = ("intel-rapl", "intel-rapl-mmio")
"""AMD uses the first name too. The second leads to the same counters and is used only if the first is missing."""


class RaplMeter:
    """One RAPL domain; its energy is in microjoules since it was opened.

    The counter wraps to 0 after `max_energy_range_uj`, any number of times, but at most once between two readings (a few
    minutes under full load). That value is the counter's maximum, and the true period is one unit more, so each wrap makes the
    energy low by at most one unit. A step that no processor can make in the elapsed time means that the counter was reset or
    not read for too long: the energy then falls back to 0, which the ledger recognizes as a reset.
    """

    def __init__(self, zone: Path, name: str) -> None:
        self._counter = zone / "energy_uj"
        self._range_uj = _number(zone / "max_energy_range_uj")
        self._last_s, self._last_uj, self._energy_uj = time.monotonic(), _number(self._counter), 0
        self._power_w: float | None = None
        self._since = (time.monotonic(), 0)
        self.device = Device(
            name, "rapl", "cpu", "measured", quantum_uj=UNIT_UJ, gain_source=GAIN_SOURCE,
            assumptions={"zone": zone.name, "max_energy_range_uj": self._range_uj},
        )  # fmt: skip

    def read(self) -> Reading:
        """Return the present reading; raises MeterError if the counter has gone or may no longer be read."""
        before_s = time.monotonic()
        counter_uj = _number(self._counter)
        after_s = time.monotonic()
        step_uj = (counter_uj - self._last_uj) % self._range_uj
        self._energy_uj = self._energy_uj + step_uj if self._plausible(step_uj, after_s - self._last_s) else 0
        self._last_s, self._last_uj = after_s, counter_uj
        since_s, since_uj = self._since
        if after_s - since_s >= POWER_S:
            self._power_w = (self._energy_uj - since_uj) / 1e6 / (after_s - since_s)
            self._since = (after_s, self._energy_uj)
        # The value was renewed at some time within the last period.
        moment_s = (before_s + after_s) / 2 - RENEWAL_S / 2
        return Reading(moment_s, self._energy_uj, self._power_w, time_error_s=(after_s - before_s + RENEWAL_S) / 2)

    def close(self) -> None: ...

    def _plausible(self, step_uj: int, elapsed_s: float) -> bool:
        """Tell whether the counter can have made a step in some time, without wrapping around as well."""
        return step_uj <= MOST_W * 1e6 * (elapsed_s + RENEWAL_S) < self._range_uj


def open_rapl(root: Path = POWERCAP) -> list[RaplMeter]:
    """Return at least one meter: one for every package and one for its memory.

    Cores and graphics (`core`, `uncore`) are part of their package, and `psys` contains the package: they are never added to it.
    `psys` is read only on a machine without packages. Raises MeterError with the reason if there is no meter.
    """
    for control in CONTROLS:
        domains = _domains(root, control)
        if domains:
            meters = [RaplMeter(zone, name) for name, zone in domains.items()]
            moving = _moving(meters)
            if not moving:
                raise MeterError(f"meter rapl: the counters of {', '.join(domains)} under {root} stand still")
            return moving
    raise MeterError(
        f"meter rapl: no RAPL domains under {root}; expected a processor and a Linux kernel with RAPL (module "
        "intel_rapl_msr), and /sys shared with the container or virtual machine, which most do not get"
    )


def _moving(meters: list[RaplMeter]) -> list[RaplMeter]:
    """Return the meters whose counter moves."""
    first = [meter.read().energy_uj for meter in meters]
    time.sleep(STILL_S)
    return [meter for meter, energy_uj in zip(meters, first, strict=True) if meter.read().energy_uj != energy_uj]


def _domains(root: Path, control: str) -> dict[str, Path]:
    """Return the domains to read, by name."""
    packages: dict[str, Path] = {}
    platform: dict[str, Path] = {}
    for zone in _zones(root, rf"{control}:\d+") or _zones(root / control, rf"{control}:\d+"):
        name = _text(zone / "name")
        if name.startswith("package"):
            packages.setdefault(name, zone)
            # Parts are listed inside their package and in the class folder; look in one place, so that each is found once.
            for part in _zones(zone, rf"{zone.name}:\d+") or _zones(root, rf"{zone.name}:\d+"):
                if _text(part / "name") == "dram":
                    packages.setdefault(name.replace("package", "dram"), part)
        elif name == "psys":
            platform.setdefault(name, zone)
    return packages or platform


def _zones(folder: Path, pattern: str) -> list[Path]:
    """Return the folders whose names match, in the order of their numbers."""
    try:
        found = [path for path in folder.iterdir() if re.fullmatch(pattern, path.name)]
    except OSError:
        return []
    return sorted(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path.name)])


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except PermissionError:
        raise MeterError(
            f"meter rapl: {path}: permission denied. Since 5.10 Linux lets only root read these counters (CVE-2020-8694: they "
            "give away what other processes do). Run as root, or let others read until the next boot: sudo chmod a+r "
            f"{POWERCAP}/intel-rapl:*/energy_uj"
        ) from None
    except OSError as error:
        raise MeterError(f"meter rapl: {path}: {error.strerror}; expected a RAPL domain") from None


def _number(path: Path) -> int:
    text = _text(path)
    if not text.isdecimal():
        raise MeterError(f"meter rapl: {path} is {text!r}; expected microjoules")
    return int(text)
