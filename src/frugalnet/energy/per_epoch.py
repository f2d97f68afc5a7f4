"""What the meters say of each epoch of a training, for the log that a run leaves."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from frugalnet.energy.ledger import Ledger
from frugalnet.energy.statement import counted, energy_j, scope_of
from frugalnet.energy.timeline import Timeline
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import Epoch


def with_readings(epochs: Sequence[Epoch], ledger: Ledger, windows: Sequence[WindowEntry], on_gpu: bool) -> list[Epoch]:
    """Return rows of epochs with energy (J) and mean power (W), validation included, and what sensors read meanwhile.

    Temperature is the mean of the hottest device of the totals, in degrees Celsius, and utilization the mean over these
    devices; None where nothing tells.
    """
    lines, scope = counted(ledger, on_gpu), scope_of(ledger, on_gpu)
    windows_by_name = {window.name: window for window in windows}
    found = []
    for row in epochs:
        window = windows_by_name[row.window]
        energy, length_s = energy_j(windows, row.window, scope), window.end_s - window.start_s
        found.append(
            replace(
                row,
                energy_j=energy,
                power_w=energy / length_s if energy is not None and length_s > 0 else None,
                temperature_c=_over_devices(max, "temperature_c", lines, ledger.origin_s, window),
                utilization=_over_devices(_mean, "utilization", lines, ledger.origin_s, window),
            )
        )
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _over_devices(
    joined: Callable[[Sequence[float]], float],
    name: str,
    lines: Sequence[Timeline],
    origin_s: float,
    window: WindowEntry,
) -> float | None:
    """Return the means of a column within a window, joined over devices; None where no device has readings of it there."""
    means = []
    for line in lines:
        at_s, values = line.column("time_s") - origin_s, line.column(name)
        inside = values[(at_s >= window.start_s) & (at_s <= window.end_s) & ~np.isnan(values)]
        if len(inside):
            means.append(float(inside.mean()))
    return round(joined(means), 4) if means else None
