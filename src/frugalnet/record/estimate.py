"""Energy of a processor, estimated from time, CPU seconds and two assumed powers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumed:
    """Assumed power of the idle package and with all cores busy, in watts, and its number of cores."""

    idle_w: float
    tdp_w: float
    cores: int

    @property
    def w_per_core(self) -> float:
        """Return the power that one busy core adds to the idle power."""
        return (self.tdp_w - self.idle_w) / self.cores

    def energy_j(self, wall_s: float, cpu_s: float) -> float:
        """Return the energy of `wall_s` seconds in which processes used `cpu_s` CPU seconds."""
        return self.idle_w * wall_s + self.w_per_core * cpu_s

    def cpu_s(self, energy_j: float, wall_s: float) -> float | None:
        """Return the CPU seconds that an energy was estimated from; None if it does not depend on them."""
        return (energy_j - self.idle_w * wall_s) / self.w_per_core if self.w_per_core else None
