"""An estimate of the processor's energy for runs whose meters read GPUs alone, in columns of its own."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from frugalnet.analysis import energies
from frugalnet.record.estimate import Assumed
from frugalnet.record.record import Record
from frugalnet.record.windows import sum_known


def host_columns(rec: Record, own: Iterable[str]) -> dict[str, Any]:
    """Return the CPU seconds of the run's own windows, and an estimate of the host's energy where nothing reads it.

    The estimate has the assumptions of the meter `estimate`, which are returned beside it. It is never added to the
    joules of the GPUs.
    """
    cpu_s = {window.name: window.cpu_s for window in rec.windows}
    own = list(own)
    train_cpu_s = sum_known(cpu_s[name] for name in own) if own else None
    cores, devices = rec.machine.get("cores"), rec.energy.devices
    found = {"train_cpu_s": train_cpu_s, "host_energy_estimate_j": None, "host_assumptions": None}
    if train_cpu_s is None or not cores or not devices or any(device.scope != "gpu" for device in devices):
        return found
    assumed = Assumed(rec.run.measure.cpu_idle_w, rec.run.measure.cpu_tdp_w, cores)
    wall_s = sum(energies.duration_s(rec, name) for name in own)
    return found | {
        "host_energy_estimate_j": assumed.energy_j(wall_s, train_cpu_s),
        "host_assumptions": json.dumps(asdict(assumed)),
    }
