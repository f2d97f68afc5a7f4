"""Energies of windows of a record, over the devices that its totals are over."""

import math
from collections.abc import Iterable
from typing import Literal

from frugalnet import record
from frugalnet.record import Record

OVERHEAD = ("run/load", "run/build", "run/inference")
"""Windows directly under `run` that are not the run's own cost of getting its model; all others are."""


def own_windows(rec: Record) -> list[str]:
    """Return the names of the windows of the run's own training and search."""
    named = (window.name for window in rec.windows if window.parent == "run" and window.name not in OVERHEAD)
    return list(dict.fromkeys(named))


def devices(rec: Record) -> list[record.DeviceEntry]:
    """Return the devices that the run's totals are over."""
    scopes = (rec.energy.scope or "").split("+")
    return [device for device in rec.energy.devices if device.scope in scopes]


def entries(rec: Record, names: Iterable[str]) -> list[record.WindowEntry]:
    """Return the entries of some windows, on the devices that the run's totals are over."""
    wanted, counted = set(names), {device.device for device in devices(rec)}
    return [window for window in rec.windows if window.name in wanted and window.device in counted]


def total_uj(rec: Record, names: Iterable[str], kind: Literal["energy", "energy_net", "gap"]) -> int | None:
    """Return the energy of some windows over those devices; None where any of it, or all, is not known."""
    parts = [getattr(window, f"{kind}_uj") for window in entries(rec, names)]
    return record.sum_known(parts) if parts else None


def uncertainty_j(rec: Record, names: Iterable[str]) -> tuple[float | None, float | None]:
    """Return the statistical and the systematic uncertainty of the net energy of some windows together.

    Edges and sampling of windows add by squares; the idle power and the gain of a device are one error each, and add up over
    its windows as they are; devices add by squares. None where any part is not known.
    """
    windows = entries(rec, names)
    if not windows:
        return None, None
    of_device = [[window for window in windows if window.device == device.device] for device in devices(rec)]
    idle = [record.sum_known(window.u_idle_j for window in own) for own in of_device]
    gain = [record.sum_known(window.u_sys_j for window in own) for own in of_device]
    edges = [
        None
        if window.u_stat_j is None or window.u_idle_j is None
        else math.sqrt(max(window.u_stat_j**2 - window.u_idle_j**2, 0))
        for window in windows
    ]
    return record.root_sum_square([*edges, *idle]), record.root_sum_square(gain)


def duration_s(rec: Record, name: str) -> float:
    """Return the length of a window."""
    return next(window.end_s - window.start_s for window in rec.windows if window.name == name)
