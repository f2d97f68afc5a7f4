"""Energies of windows of a record, over the devices that its totals are over."""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from frugalnet.record import record, windows
from frugalnet.record.record import Record
from frugalnet.record.windows import is_own, is_root_beside, root_sum_square, scopes_of, sum_known


def own_windows(rec: Record) -> list[str]:
    """Return the names of the windows of the run's own training and search; trials of another process stand beside `run`."""
    named = (window.name for window in rec.windows if is_own(window))
    return list(dict.fromkeys(named))


def beside(rec: Record) -> list[str]:
    """Return the names of the root windows beside `run`: trials of another process."""
    return list(dict.fromkeys(window.name for window in rec.windows if is_root_beside(window)))


def devices(rec: Record) -> list[record.DeviceEntry]:
    """Return the devices that the run's totals are over."""
    scopes = (rec.energy.scope or "").split("+")
    return [device for device in rec.energy.devices if device.scope in scopes]


def entries(rec: Record, names: Iterable[str]) -> list[record.WindowEntry]:
    """Return the entries of some windows, on devices of the scopes that the run's totals are over.

    By scope, as a trial of another process may have had another machine's devices.
    """
    wanted, scopes = set(names), scopes_of(rec.energy.scope)
    return [window for window in rec.windows if window.name in wanted and window.scope in scopes]


def total_uj(rec: Record, names: Iterable[str], kind: Literal["energy", "energy_net"]) -> int | None:
    """Return the energy of some windows over those devices; None where any of it, or all, is not known."""
    return windows.total_uj(rec.windows, names, rec.energy.scope, kind)


def gaps_uj(rec: Record) -> dict[str, int | None]:
    """Return the energy of every window without those inside it, by its name; None where any of it is not known."""
    scopes, gaps = scopes_of(rec.energy.scope), defaultdict[str, list[int | None]](list)
    for window in rec.windows:
        if window.scope in scopes:
            gaps[window.name].append(window.gap_uj)
    return {name: sum_known(parts) for name, parts in gaps.items()}


def uncertainty_j(rec: Record, names: Iterable[str]) -> tuple[float | None, float | None]:
    """Return the statistical and the systematic uncertainty of the net energy of some windows together.

    Edges and sampling of windows add by squares; the idle power and the gain of a device are one error each, and add up over
    its windows as they are; devices add by squares. None where any part is not known.
    """
    found = entries(rec, names)
    if not found:
        return None, None
    named = dict.fromkeys(window.device for window in found)
    of_device = [[window for window in found if window.device == device] for device in named]
    idle = [sum_known(window.u_idle_j for window in own) for own in of_device]
    gain = [sum_known(window.u_sys_j for window in own) for own in of_device]
    return root_sum_square([*map(_edges_j, found), *idle]), root_sum_square(gain)


def gross_uncertainty_j(rec: Record, name: str) -> float | None:
    """Return the statistical uncertainty of the gross energy of a window: that of its edges, and of sampling."""
    found = entries(rec, [name])
    return root_sum_square(map(_edges_j, found)) if found else None


def _edges_j(window: record.WindowEntry) -> float | None:
    """Return the part of the statistical uncertainty that is not of the idle power (which is not in it where not known)."""
    if window.u_stat_j is None:
        return None
    return math.sqrt(max(window.u_stat_j**2 - (window.u_idle_j or 0) ** 2, 0))


def duration_s(rec: Record, name: str) -> float:
    """Return the length of a window."""
    return next(window.end_s - window.start_s for window in rec.windows if window.name == name)
