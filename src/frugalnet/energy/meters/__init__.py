"""Sources of energy readings: one meter per device, one file per kind."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from frugalnet import catalogue
from frugalnet.config.measure import Measure
from frugalnet.energy.reading import MACHINE, Device, Meter, MeterError
from frugalnet.errors import FrugalNetError
from frugalnet.record.calibration import Calibration, read_calibration
from frugalnet.record.machine import identity, machine
from frugalnet.record.probe import ProbedMeter


def open_meters(
    measure: Measure, on_gpu: bool, probed: Sequence[ProbedMeter] = ()
) -> tuple[list[Meter], dict[str, str]]:
    """Return the meters that the configuration asks for, one per device, and why meters that `auto` tried are missing.

    `auto` takes every meter that measures, the plug only if it is configured. It adds the estimate if none of them reads the CPU,
    the whole machine, or the GPU that does the work (`on_gpu`). A device that the probe knows gets the probe's gain and, if its
    energy is integrated from power, its averaging time; a calibrated device gets the gain of `measure.calibration`. Raises
    MeterError for a named meter that is missing, and for a calibration of another machine or other meters.
    """
    meters, missing = _open(measure, on_gpu)
    known = {found.device: found for found in probed}
    for meter in meters:
        if found := known.get(meter.device.name):
            meter.device = _as_probed(meter.device, found)
    if meters and measure.calibration:
        try:
            _calibrate(meters, Path(measure.calibration))
        except FrugalNetError:
            for meter in meters:
                meter.close()
            raise
    return meters, missing


def _as_probed(device: Device, found: ProbedMeter) -> Device:
    device = replace(device, gain=found.gain, gain_source=found.gain_source)
    if found.averaging_s is None or device.source != "integrated":
        return device
    return replace(device, averaging_s=found.averaging_s)


def _calibrate(meters: Sequence[Meter], path: Path) -> None:
    """Give the meters that were compared with a plug the relative error that was found; energies are not corrected."""
    found = read_calibration(path)
    if why := _unfit(found, meters):
        raise MeterError(
            f"measure.calibration = {str(path)!r}: {why}, as `frugalnet probe --against plug` makes it here"
        )
    compared = {each.device for each in found.meters}
    for meter in meters:
        if meter.device.name in compared:
            meter.device = replace(meter.device, gain=found.relative_error, gain_source=found.told)


def _unfit(found: Calibration, meters: Sequence[Meter]) -> str | None:
    """Return why a calibration does not hold here: it holds for one machine, all its compared devices and their assumptions."""
    there, here = identity(found.machine), identity(machine())
    if differing := [f"{name} {there[name]}, here {here[name]}" for name in there if there[name] != here[name]]:
        return f"of another machine ({'; '.join(differing)}); expected one of this machine"
    devices = {meter.device.name: meter.device for meter in meters}
    if absent := [each.device for each in found.meters if each.device not in devices]:
        return f"it includes {', '.join(absent)}, not read here; expected one of these meters: {', '.join(devices)}"
    for each in found.meters:
        if each.assumptions != devices[each.device].assumptions:
            return f"{each.device} had {each.assumptions}; expected one with {devices[each.device].assumptions}"
    return None


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
    for name, entry in catalogue.METERS.items():
        if not entry.measures or None in (getattr(measure, key) for key in entry.keys):
            continue
        try:
            meters += _open_one(name, measure)
        except MeterError as error:
            missing[name] = str(error)
    scopes = {meter.device.scope for meter in meters}
    enough = "cpu" in scopes or MACHINE in scopes or (on_gpu and "gpu" in scopes)
    return (meters if enough else meters + _open_one("estimate", measure)), missing


def _open_one(name: str, measure: Measure) -> list[Meter]:
    entry = catalogue.METERS[name]
    return catalogue.resolve(entry.opener)(*(getattr(measure, key) for key in entry.keys))
