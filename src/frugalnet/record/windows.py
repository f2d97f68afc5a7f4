"""Windows of a record: how they are named, and the one sum of their energies."""

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from frugalnet.record.record import WindowEntry

RUN = "run"
"""The root of a run. Beside it stand roots of trials that another process did."""
TRIALS = "trials"
"""What the roots of those trials begin with: `trials/trial<n>`."""
OVERHEAD = ("run/load", "run/build", "run/inference")
"""Windows directly under `run` that are not the run's own cost of getting its model; all others are."""
TRIAL = re.compile(r"(run/search|trials)/trial[^/]+")
"""Window of a trial: in its run, or a root of its own where another process did it."""
UNKNOWN = "unknown: "
"""What a flag begins with that says why there is no energy."""


def is_root_beside(window: "WindowEntry") -> bool:
    """Tell whether a window is the root of a trial of another process."""
    return window.parent is None and window.name != RUN


def is_own(window: "WindowEntry") -> bool:
    """Tell whether a window is one of the run's own training and search, and in no other such window."""
    return is_root_beside(window) or (window.parent == RUN and window.name not in OVERHEAD)


def steps(name: str) -> list[str]:
    """Return the steps of a path below its root, without the numbers of windows that were opened again."""
    return [step.partition("~")[0] for step in name.split("/")[1:]]


def scopes_of(scope: str | None) -> set[str | None]:
    """Return the scopes of the windows that a total over `scope` adds up.

    A window of no scope, for which nothing was read, is one of them: without it a sum would look whole.
    """
    return {None, *(scope or "").split("+")}


def total_uj(
    windows: Iterable["WindowEntry"],
    names: Iterable[str],
    scope: str | None,
    kind: Literal["energy", "energy_net"] = "energy",
) -> int | None:
    """Return the energy of some windows over the devices of a scope; None where any of it, or all, is not known."""
    wanted, scopes = set(names), scopes_of(scope)
    parts = [getattr(each, f"{kind}_uj") for each in windows if each.name in wanted and each.scope in scopes]
    return sum_known(parts) if parts else None


def sum_known(parts: Iterable[float | None]) -> Any:
    """Return the sum; None where any part is not known."""
    values = list(parts)
    return None if None in values else sum(value for value in values if value is not None)


def root_sum_square(parts: Iterable[float | None]) -> float | None:
    """Return the root of the sum of squares; None where any part is not known."""
    squares = sum_known(None if part is None else part**2 for part in parts)
    return None if squares is None else math.sqrt(squares)
