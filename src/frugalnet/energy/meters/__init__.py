"""Sources of energy readings: one meter per device, one file per kind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from frugalnet.config import Measure
from frugalnet.energy.meters.estimate import EstimateMeter
from frugalnet.energy.reading import Meter, MeterError
from frugalnet.meter_probe import ProbedMeter


def open_meters(
    measure: Measure, on_gpu: bool, probed: Sequence[ProbedMeter] = ()
) -> tuple[list[Meter], dict[str, str]]:
    """Return the meters that the configuration asks for, one per device, and why those that `auto` tried are not there.

    `auto` takes all that measure. Where none of them reads the processor that does the work (`on_gpu`: it is a GPU), the
    estimate of the CPU is added. A device that the probe knows gets the gain found there. Raises MeterError for a meter that
    is named but not there.
    """
    meters, missing = _open(measure, on_gpu)
    gains = {found.device: found for found in probed}
    for meter in meters:
        if found := gains.get(meter.device.name):
            meter.device = replace(meter.device, gain=found.gain, gain_source=found.gain_source)
    return meters, missing


def _open(measure: Measure, on_gpu: bool) -> tuple[list[Meter], dict[str, str]]:
    from frugalnet.energy.meters.nvml import open_nvml
    from frugalnet.energy.meters.rapl import open_rapl
    from frugalnet.energy.meters.replay import open_replay

    def estimate() -> list[Meter]:
        return [EstimateMeter(measure.cpu_idle_w, measure.cpu_tdp_w)]

    openers: dict[str, Callable[[], list[Meter]]] = {
        "nvml": lambda: [*open_nvml()],
        "rapl": lambda: [*open_rapl()],
        "estimate": estimate,
        "replay": lambda: [*open_replay(Path(measure.replay or ""))],
    }
    if measure.meters == "none":
        return [], {}
    if measure.meters != "auto":
        return [meter for name in measure.meters.split("+") for meter in openers[name]()], {}
    meters: list[Meter] = []
    missing: dict[str, str] = {}
    for name in ("nvml", "rapl"):
        try:
            meters += openers[name]()
        except MeterError as error:
            missing[name] = str(error)
    scope = "gpu" if on_gpu else "cpu"
    return (meters if any(meter.device.scope == scope for meter in meters) else meters + estimate()), missing
