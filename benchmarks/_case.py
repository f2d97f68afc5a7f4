"""The result of simulating stated intervals."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """What was simulated, and how often the stated intervals hold."""

    what: str
    case: str
    window_s: float | None
    error_j: float | None
    sigma_j: float | None
    covered: float
