"""Curves of a run: a point per epoch of its training, and per trial of its search."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from frugalnet.record import paths, rows
from frugalnet.record.record import Record
from frugalnet.record.windows import is_counted, scopes_of, sum_known

OF_EPOCHS = (
    *("loss", "quality", "validation_loss", "validation_quality"),
    *("learning_rate", "batch_size", "sparsity", "power_w", "temperature_c", "utilization"),
)
OF_TRIALS = (
    *("objective", "quality", "parameters", "parameters_compacted", "macs", "latency_ms", "latency_ratio"),
    *("train_energy_j", "energy_j", "duration_s", "epochs"),
)
"""Columns of `epochs.csv` and `trials.csv` that are curves, where a run has them."""


@dataclass(frozen=True)
class Curve:
    """Values by step; `times_s` are seconds after the start of the run. Points with an unknown value or time, or not finite, are left out."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]
    times_s: Sequence[float]


def curves_of(folder: Path, rec: Record) -> list[Curve]:
    """Return the curves of a run that leave at least one point."""
    ends_s = {window.name: window.end_s for window in rec.windows}
    found: list[Curve] = []
    if paths.EPOCHS in rec.files:
        epochs = rows.read_csv(folder / paths.EPOCHS, rows.Epoch)
        columns = {name: epochs[name] for name in OF_EPOCHS if name in epochs} | _costs(rec, epochs["window"])
        found += _curves("by_epoch", columns, epochs["epoch"], [ends_s.get(name) for name in epochs["window"]])
    if paths.TRIALS in rec.files:
        trials = rows.read_csv(folder / paths.TRIALS, rows.Trial)
        columns = {name: trials[name] for name in OF_TRIALS}
        found += _curves("by_trial", columns, trials["trial"], [ends_s.get(name) for name in trials["window"]])
    return found


def _costs(rec: Record, names: Iterable[str]) -> dict[str, list[Any]]:
    """Return duration and joules of windows with all inside them, and the joules up to the end of each.

    The joules are those of the run's totals. From the first one that is not known, their sum is not known.
    """
    scopes, parts = scopes_of(rec.energy.scope), defaultdict[str, list[int | None]](list)
    length_s = {window.name: window.end_s - window.start_s for window in rec.windows}
    for window in rec.windows:
        if window.scope in scopes and is_counted(window):
            parts[window.name].append(window.energy_uj)
    names = list(names)
    taken_uj = [sum_known(parts[name]) if parts.get(name) else None for name in names]
    together = accumulate(taken_uj, lambda before, one: sum_known((before, one)))
    return {
        "duration_s": [length_s.get(name) for name in names],
        "energy_j": [None if one is None else one / 1e6 for one in taken_uj],
        "energy_cumulative_j": [None if one is None else one / 1e6 for one in together],
    }


def _curves(
    group: str, columns: Mapping[str, Sequence[Any]], steps: Sequence[int], times_s: Sequence[float | None]
) -> Iterable[Curve]:
    for name, values in columns.items():
        points = [
            point
            for point in zip(steps, values, times_s, strict=True)
            if point[1] is not None and math.isfinite(point[1]) and point[2] is not None
        ]
        if points:
            at, of, when_s = zip(*points, strict=True)
            yield Curve(f"{group}/{name}", at, [float(value) for value in of], when_s)
