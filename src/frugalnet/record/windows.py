"""Windows of a record: their names, and the one place that sums their energies and uncertainties."""

import math
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from frugalnet.record.record import WindowEntry

RUN = "run"
"""Root window of a run. Trials that another process did have roots of their own beside it."""
TRIALS = "trials"
"""Prefix of the roots of those trials: `trials/trial<n>`."""
OVERHEAD = ("run/load", "run/build", "run/inference")
"""Windows directly under `run` that are not part of the run's own cost of getting its model; all others are."""
TRIAL = re.compile(r"(run/search|trials)/trial[^/]+")
"""Window of a trial: inside its run, or a root of its own if another process did it."""
UNKNOWN, OTHER_LOAD = "unknown: ", "other_load: "
"""Prefixes of flags: why the energy is not known, and how busy other processes kept the machine."""


def is_root_beside(window: "WindowEntry") -> bool:
    """Tell whether a window is the root of a trial that another process did."""
    return window.parent is None and window.name != RUN


def is_own(window: "WindowEntry") -> bool:
    """Tell whether a window belongs to the run's own training or search and is not inside another such window."""
    return is_root_beside(window) or (window.parent == RUN and window.name not in OVERHEAD)


def steps(name: str) -> list[str]:
    """Return the steps of a path below its root, without the `~<n>` of windows that were opened again."""
    return [step.partition("~")[0] for step in name.split("/")[1:]]


def scopes_of(scope: str | None) -> set[str | None]:
    """Return the scopes of the windows that a total over `scope` adds up.

    None, the scope of windows without readings, is among them: without these windows a sum would look complete.
    """
    return {None, *(scope or "").split("+")}


def is_counted(window: "WindowEntry") -> bool:
    """Tell whether totals include a window: not that of a GPU that did no work, unless its energy is not known."""
    return window.counted or window.energy_uj is None


def counted(windows: Iterable["WindowEntry"], names: Iterable[str], scope: str | None) -> list["WindowEntry"]:
    """Return the entries of some windows that a total over a scope adds up.

    They are chosen by scope, not by device: a trial of another process may have had the devices of another machine.
    """
    wanted, scopes = set(names), scopes_of(scope)
    return [each for each in windows if each.name in wanted and each.scope in scopes and is_counted(each)]


def total_uj(
    windows: Iterable["WindowEntry"],
    names: Iterable[str],
    scope: str | None,
    kind: Literal["energy", "energy_net"] = "energy",
) -> int | None:
    """Return the energy of some windows over the devices of a scope; None if any part of it is not known or there is none."""
    parts = [getattr(each, f"{kind}_uj") for each in counted(windows, names, scope)]
    return sum_known(parts) if parts else None


def uncertainty_j(entries: Iterable["WindowEntry"]) -> tuple[float | None, float | None]:
    """Return the statistical and the systematic uncertainty of the summed net energy of some windows.

    A window whose net energy is not known contributes the uncertainty of its gross energy. Errors of edges and sampling are
    independent and add in quadrature. The idle power and the gain of a device are one error each: they add linearly over its
    windows, and in quadrature over devices. None if any part is not known or there is none.
    """
    found = list(entries)
    if not found:
        return None, None
    idle = by_device(found, lambda window: 0 if window.energy_net_uj is None else window.u_idle_j)
    gain = by_device(found, lambda window: window.u_sys_j)
    return root_sum_square([*map(edges_j, found), *idle.values()]), root_sum_square(gain.values())


def by_device(
    entries: Iterable["WindowEntry"], part: Callable[["WindowEntry"], float | None]
) -> dict[str, float | None]:
    """Return the sum of a part over the windows of each device; None if the part of any window is not known."""
    parts: dict[str, list[float | None]] = {}
    for window in entries:
        parts.setdefault(str(window.device), []).append(part(window))
    return {device: sum_known(found) for device, found in parts.items()}


def edges_j(window: "WindowEntry") -> float | None:
    """Return the statistical uncertainty of the gross energy: `u_stat_j` without the part of the idle power, if there is one."""
    if window.u_stat_j is None:
        return None
    return math.sqrt(max(window.u_stat_j**2 - (window.u_idle_j or 0) ** 2, 0))


def gross_gain_j(window: "WindowEntry") -> float | None:
    """Return the systematic uncertainty of the gross energy; in records without `gain` that is `u_sys_j`."""
    if window.gain is None or window.energy_uj is None:
        return window.u_sys_j
    return window.gain * window.energy_uj / 1e6


def sum_known(parts: Iterable[float | None]) -> Any:
    """Return the sum; None if any part is not known."""
    values = list(parts)
    return None if None in values else sum(value for value in values if value is not None)


def root_sum_square(parts: Iterable[float | None]) -> float | None:
    """Return the root of the sum of squares; None if any part is not known."""
    squares = sum_known(None if part is None else part**2 for part in parts)
    return None if squares is None else math.sqrt(squares)
