"""Sources of energy readings: one meter per device, one file per kind."""

from collections.abc import Sequence
from dataclasses import replace

from frugalnet import catalogue
from frugalnet.config.measure import Measure
from frugalnet.energy.reading import Device, Meter, MeterError
from frugalnet.record.probe import ProbedMeter


def open_meters(
    measure: Measure, on_gpu: bool, probed: Sequence[ProbedMeter] = ()
) -> tuple[list[Meter], dict[str, str]]:
    """Return the meters that the configuration asks for, one per device, and why those that `auto` tried are not there.

    `auto` takes all that measure. Where none of them reads the processor that does the work (`on_gpu`: it is a GPU), nor the
    CPU, the estimate is added. A device that the probe knows gets the gain found there, and over how long its power is a
    mean, where energy is integrated from it. Raises MeterError for a meter that is named but not there.
    """
    meters, missing = _open(measure, on_gpu)
    known = {found.device: found for found in probed}
    for meter in meters:
        if found := known.get(meter.device.name):
            meter.device = _as_probed(meter.device, found)
    return meters, missing


def _as_probed(device: Device, found: ProbedMeter) -> Device:
    device = replace(device, gain=found.gain, gain_source=found.gain_source)
    if found.averaging_s is None or device.source != "integrated":
        return device
    return replace(device, averaging_s=found.averaging_s)


def _open(measure: Measure, on_gpu: bool) -> tuple[list[Meter], dict[str, str]]:
    if measure.meters == "none":
        return [], {}
    if measure.meters != "auto":
        try:
            return [meter for name in measure.meters.split("+") for meter in _open_one(name, measure)], {}
        except MeterError as error:
            raise MeterError(
                f"measure.meters = {measure.meters!r}: {error} (auto takes the meters that are there)"
            ) from None
    meters: list[Meter] = []
    missing: dict[str, str] = {}
    for name in (name for name, entry in catalogue.METERS.items() if entry.measures):
        try:
            meters += _open_one(name, measure)
        except MeterError as error:
            missing[name] = str(error)
    scopes = {meter.device.scope for meter in meters}
    enough = "cpu" in scopes or (on_gpu and "gpu" in scopes)
    return (meters if enough else meters + _open_one("estimate", measure)), missing


def _open_one(name: str, measure: Measure) -> list[Meter]:
    entry = catalogue.METERS[name]
    return catalogue.resolve(entry.opener)(*(getattr(measure, key) for key in entry.keys))
