"""Trials that are written to files one by one, so that a stopped search can go on with those that it has.

A trial's file has its row and its windows, as they were booked when it ended. In a run that counts it later as a trial
of another process, its windows are beside `run`, under `trials`.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import Trial

SEARCH, TRIALS = "search", "trials"
"""Folder of a search inside its run's folder, and of its trials inside that; `trials` is also the root of their windows."""


def trial_file(folder: Path, number: int) -> Path:
    """Return the file of a trial, named after its window."""
    return folder / f"trial{number}.json"


@dataclass(frozen=True)
class KeptTrial:
    """A trial and its windows, with times counted from its start."""

    trial: Trial
    windows: list[WindowEntry]

    def write(self, path: Path) -> None:
        """Write the trial as JSON, in one piece."""
        with replacing(path) as new:
            windows = [window.model_dump(mode="json") for window in self.windows]
            new.write_text(json.dumps({"trial": asdict(self.trial), "windows": windows}, allow_nan=False) + "\n")


def read_kept(paths: Iterable[Path], ledger: Ledger) -> dict[int, KeptTrial]:
    """Return trials of other processes by number, with windows that belong beside those of a run with this ledger."""
    found = {}
    for path in paths:
        trial, windows = _read(path)
        if _meters(windows) != {(each.device.scope, each.device.source) for each in ledger.timelines}:
            windows, trial = _unknown(windows, ledger), replace(trial, train_energy_j=None, energy_j=None)
        root = f"{TRIALS}/trial{trial.trial}"
        moved = [_moved(window, trial.window, root) for window in windows]
        found[trial.trial] = KeptTrial(replace(trial, window=root), moved)
    return dict(sorted(found.items()))


def own_trials(folder: Path, ledger: Ledger) -> list[Trial]:
    """Return the trials in a folder that were done with this ledger, which has their windows."""
    there = {window.name for window in ledger.windows}
    found = [_read(path)[0] for path in sorted(folder.glob("*.json"))]
    return [trial for trial in found if trial.window in there]


def handed_on(folder: Path, ledger: Ledger) -> tuple[list[str], list[WindowEntry]]:
    """Return what a failed try leaves to the next one in the folder of its trials.

    These are the names of this ledger's windows whose trials are in the folder, and the windows of the trials there
    that other processes did.
    """
    there = {window.name for window in ledger.windows}
    paths = {f"run/{SEARCH}/{path.stem}": path for path in sorted(folder.glob("*.json"))}
    others = read_kept([path for name, path in paths.items() if name not in there], ledger)
    return [name for name in paths if name in there], [window for kept in others.values() for window in kept.windows]


def _read(path: Path) -> tuple[Trial, list[WindowEntry]]:
    try:
        written = json.loads(path.read_text())
        windows = [WindowEntry.model_validate(window) for window in written["windows"]]
        return Trial(**written["trial"]), windows
    except (KeyError, TypeError, ValueError) as error:
        raise FrugalNetError(f"{path}: not a trial of this version of FrugalNet ({error}); delete it") from None


def _meters(windows: Iterable[WindowEntry]) -> set[tuple[str | None, str | None]]:
    """Return scope and source of each device that windows were booked on; windows without energy do not count."""
    known = [window for window in windows if window.energy_uj is not None]
    return {(window.scope, window.source) for window in known}


def _unknown(windows: Iterable[WindowEntry], ledger: Ledger) -> list[WindowEntry]:
    """Return windows without energies, once per device of the ledger, because joules of other meters are not added to its own."""
    nothing = dict.fromkeys(
        ("energy_uj", "gap_uj", "energy_net_uj", "u_stat_j", "u_idle_j", "u_sys_j", "source"), None
    ) | {"flags": ["unknown: tried with other meters than the rest of the run"]}
    one_each = {window.name: window for window in windows}.values()
    devices: list[tuple[str | None, str | None]]
    devices = [(each.device.name, each.device.scope) for each in ledger.timelines] or [(None, None)]
    return [
        window.model_copy(update={**nothing, "device": device, "scope": scope})
        for window in one_each
        for device, scope in devices
    ]


def _moved(window: WindowEntry, old: str, new: str) -> WindowEntry:
    """Return a window with another root in its name and in its parent's name."""
    parent = None if window.parent is None else new + window.parent.removeprefix(old)
    return window.model_copy(update={"name": new + window.name.removeprefix(old), "parent": parent})
