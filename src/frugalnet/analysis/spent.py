"""The energy of a run together with its failed tries, and its uncertainty."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from frugalnet.analysis import energies
from frugalnet.record.record import Record, WindowEntry
from frugalnet.record.windows import RUN, by_device, edges_j, gross_gain_j, root_sum_square, sum_known

Place = tuple[Record, str]
"""A window of a record."""


def spent_columns(finished: Record, failed: Sequence[Record | None]) -> dict[str, Any]:
    """Return the energy of failed tries, and the uncertainty of the gross energy of the run and these tries together."""
    found = _failed(finished, failed)
    if found is None:
        return dict.fromkeys(("failed_energy_j", "spent_u_stat_j", "spent_u_sys_by_device_j"))
    took, off = found
    energy_uj = sum_known([*map(_energy_uj, took), *(_negative(_energy_uj(place)) for place in off)])
    entries = _entries([*((finished, name) for name in energies.own_windows(finished)), *took])
    gains, less = by_device(entries, gross_gain_j), by_device(_entries(off), gross_gain_j)
    return {
        "failed_energy_j": None if energy_uj is None else energy_uj / 1e6,
        "spent_u_stat_j": root_sum_square(map(edges_j, [*entries, *_entries(off)])) if entries else None,
        "spent_u_sys_by_device_j": as_json(
            {device: sum_known([gain_j, _negative(less.get(device, 0))]) for device, gain_j in gains.items()}
        ),
    }


def as_json(by_device: Mapping[str, float | None]) -> str | None:
    """Return parts by device as JSON; None where a part is not known, or there is none."""
    return None if not by_device or None in by_device.values() else json.dumps(by_device)


def _failed(finished: Record, failed: Sequence[Record | None]) -> tuple[list[Place], list[Place]] | None:
    """Return the windows in which failed tries spent their energy, and the windows inside those to subtract again.

    None where that is not known, or its scope or source differs from the run's own. A try that ended before the windows
    that count in a finished run has used nothing. A trial that later tries reused is in the record of each of them, and
    counts once: in the finished run, if it is there.
    """
    if None in failed:
        return None
    begun = [each for each in failed if each and energies.own_windows(each)]
    kind = finished.energy.scope, finished.energy.source
    if any((each.energy.scope, each.energy.source) != kind for each in begun):
        return None
    if not begun:
        return [], []
    of_run = [(each, name) for each in begun for name in energies.own_windows(each) if name.startswith(f"{RUN}/")]
    counted = {_trial((finished, name)) for name in energies.beside(finished)}
    inside = [(each, name) for each in begun for name in each.kept if not _is_new((each, name), counted)]
    beside = [(each, name) for each in begun for name in energies.beside(each) if _is_new((each, name), counted)]
    return [*of_run, *beside], inside


def _is_new(place: Place, counted: set[tuple[str, int | None]]) -> bool:
    """Tell whether a trial is counted for the first time, and note it."""
    trial, before = _trial(place), len(counted)
    counted.add(trial)
    return len(counted) > before


def _trial(place: Place) -> tuple[str, int | None]:
    """Return what distinguishes a trial from all others: its number, and its energy to the microjoule."""
    return Path(place[1]).name, _energy_uj(place)


def _energy_uj(place: Place) -> int | None:
    return energies.total_uj(place[0], [place[1]], "energy")


def _negative(value: Any) -> Any:
    return None if value is None else -value


def _entries(places: Iterable[Place]) -> list[WindowEntry]:
    return [window for rec, name in places for window in energies.entries(rec, [name])]
