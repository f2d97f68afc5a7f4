"""Energies of a record's windows, over the devices that its totals cover."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from frugalnet.record import record, windows
from frugalnet.record.record import Record
from frugalnet.record.windows import (
    RUN,
    is_counted,
    is_own,
    is_root_beside,
    scopes_of,
    sum_known,
)


def own_windows(rec: Record) -> list[str]:
    """Return the names of the windows of the run's own training and search; trials of another process are beside `run`."""
    named = (window.name for window in rec.windows if is_own(window))
    return list(dict.fromkeys(named))


def beside(rec: Record) -> list[str]:
    """Return the names of the root windows beside `run`: trials of another process."""
    return list(dict.fromkeys(window.name for window in rec.windows if is_root_beside(window)))


def devices(rec: Record) -> list[record.DeviceEntry]:
    """Return the devices that the run's totals cover."""
    scopes, left_out = (rec.energy.scope or "").split("+"), idle_cards(rec)
    return [device for device in rec.energy.devices if device.scope in scopes and device.device not in left_out]


def idle_cards(rec: Record) -> set[str | None]:
    """Return the names of the GPUs that did no work for the run and are left out of its totals."""
    return {window.device for window in rec.windows if window.name == RUN and not window.counted}


def entries(rec: Record, names: Iterable[str]) -> list[record.WindowEntry]:
    """Return the entries of some windows that count in the run's totals."""
    return windows.counted(rec.windows, names, rec.energy.scope)


def total_uj(rec: Record, names: Iterable[str], kind: Literal["energy", "energy_net"]) -> int | None:
    """Return the energy of some windows over the devices of the run's totals; None where any part, or all, is not known."""
    return windows.total_uj(rec.windows, names, rec.energy.scope, kind)


def gaps_uj(rec: Record) -> dict[str, int | None]:
    """Return the energy of every window without those inside it, by name; None where any part is not known."""
    scopes, gaps = scopes_of(rec.energy.scope), defaultdict[str, list[int | None]](list)
    for window in rec.windows:
        if window.scope in scopes and is_counted(window):
            gaps[window.name].append(window.gap_uj)
    return {name: sum_known(parts) for name, parts in gaps.items()}


def uncertainty_j(rec: Record, names: Iterable[str]) -> tuple[float | None, float | None]:
    """Return the statistical and the systematic uncertainty of the net energy of some windows together."""
    return windows.uncertainty_j(entries(rec, names))


def duration_s(rec: Record, name: str) -> float:
    """Return the length of a window."""
    return next(window.end_s - window.start_s for window in rec.windows if window.name == name)
