"""Costs of work: time and energy, added and multiplied together."""

from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """What a probe found: immutable, and written as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Cost(Part):
    """Time and energy of some work; None: the energy is not known."""

    time_s: float
    energy_j: float | None

    def __add__(self, other: "Cost") -> "Cost":
        known = self.energy_j is not None and other.energy_j is not None
        energy_j = self.energy_j + other.energy_j if known else None  # type: ignore[operator]
        return Cost(time_s=self.time_s + other.time_s, energy_j=energy_j)

    def __mul__(self, factor: float) -> "Cost":
        energy_j = None if self.energy_j is None else factor * self.energy_j
        return Cost(time_s=factor * self.time_s, energy_j=energy_j)

    def __sub__(self, other: "Cost") -> "Cost":
        return self + other * -1


NOTHING = Cost(time_s=0, energy_j=0)


def extra(more: Cost, less: Cost) -> Cost:
    """Return by how much one cost is above another; zero where it is not, because that is noise."""
    found = more - less
    return Cost(time_s=max(0.0, found.time_s), energy_j=None if found.energy_j is None else max(0.0, found.energy_j))


def waiting(time_s: float) -> Cost:
    """Return the cost of work outside of the windows: it takes time, and its energy is in no total."""
    return Cost(time_s=time_s, energy_j=0)


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum of costs."""
    return sum(costs, NOTHING)


def mean(costs: Sequence[Cost]) -> Cost:
    """Return the mean of costs."""
    return total(costs) * (1 / len(costs))


def end(choose: Callable[[Iterable[float]], float], costs: Sequence[Cost]) -> Cost:
    """Return the extreme (`choose` is min or max) of the times and of the energies."""
    known = [cost.energy_j for cost in costs if cost.energy_j is not None]
    return Cost(
        time_s=choose(cost.time_s for cost in costs), energy_j=choose(known) if len(known) == len(costs) else None
    )
