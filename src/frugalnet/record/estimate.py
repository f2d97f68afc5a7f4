"""Energy of a processor, reckoned from time, CPU seconds and two watts that a person assumes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumed:
    """Watts of the idle package, watts with all cores busy, and the number of its cores."""

    idle_w: float
    tdp_w: float
    cores: int

    @property
    def w_per_core(self) -> float:
        """Return what one busy core adds to the idle power."""
        return (self.tdp_w - self.idle_w) / self.cores

    def energy_j(self, wall_s: float, cpu_s: float) -> float:
        """Return the energy of a stretch of time in which processes used so many CPU seconds."""
        return self.idle_w * wall_s + self.w_per_core * cpu_s

    def cpu_s(self, energy_j: float, wall_s: float) -> float | None:
        """Return the CPU seconds that an energy was reckoned from; None where they have no part in it."""
        return (energy_j - self.idle_w * wall_s) / self.w_per_core if self.w_per_core else None
