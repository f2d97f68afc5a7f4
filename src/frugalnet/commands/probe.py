"""The probe of this machine, and its calibration against a plug, outside of the workflow."""

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from frugalnet.commands.heartbeat import heartbeat
from frugalnet.commands.inputs import configuration, need_measuring
from frugalnet.config.measure import Measure
from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.measuring_lock import measuring
from frugalnet.jobs.warm import MEASURING
from frugalnet.record import paths
from frugalnet.record.calibration import read_calibration
from frugalnet.record.probe import read_probe

log = logging.getLogger(__name__)

PLUG = "plug"


def print_probe(config_files: Iterable[Path], settings: Sequence[str], write: Path | None, wait: bool = True) -> None:
    """Probe this machine, print what was found, and keep it in a file if one is named."""
    measure = configuration(config_files, settings).measure
    need_measuring()
    from frugalnet.commands.terminal import print_meters

    log.info("probing the meters of this machine")
    with heartbeat() as beats, scratch() as folder, _log_file() as log_file, measuring("the probe of the meters", wait):
        path = write or folder / paths.METER_PROBE
        beats.follow("probe", log_file)
        _probe(measure, path, log_file)
        found = read_probe(path)
    assert found is not None
    print_meters(found)


def print_calibration(
    config_files: Iterable[Path], settings: Sequence[str], against: str, write: Path | None, wait: bool = True
) -> None:
    """Compare the meters of this machine with its plug, keep the result beside the study results, and print it."""
    config = configuration(config_files, settings)
    measure = _with_plug(config.measure, against)
    need_measuring()
    from frugalnet.commands.terminal import print_gain

    path = write or paths.RESULTS / config.name / paths.CALIBRATION
    given = {"measure": measure.model_dump(mode="json"), "path": str(path)}
    log.info("comparing the meters of this machine with its plug")
    with heartbeat() as beats, _log_file() as log_file, measuring("the calibration of the meters", wait):
        beats.follow("probe", log_file)
        in_own_process(MEASURING, "frugalnet.jobs.tasks:calibration", given, "probe", log_file)
    print_gain(read_calibration(path), path)


@contextmanager
def _log_file() -> Iterator[Path]:
    """Give a log file, which is kept if the block fails."""
    descriptor, name = tempfile.mkstemp(prefix="frugalnet-", suffix=".log")
    os.close(descriptor)
    yield Path(name)
    os.unlink(name)


def _with_plug(measure: Measure, against: str) -> Measure:
    """Return the settings for the comparison: the plug is read beside the configured meters, without an earlier calibration."""
    if against != PLUG:
        raise FrugalNetError(f"--against {against}: expected {PLUG}")
    if measure.plug is None:
        raise FrugalNetError(
            "measure.plug is null; expected the address of the plug, as in --set measure.plug=http://192.168.0.9/report"
        )
    names = measure.meters.split("+")
    if names[0] in ("none", "replay", PLUG) and len(names) == 1:
        raise FrugalNetError(f"measure.meters = {measure.meters!r}; expected meters to compare with the plug, or auto")
    meters = measure.meters if names == ["auto"] or PLUG in names else f"{measure.meters}+{PLUG}"
    return measure.model_copy(update={"meters": meters, "calibration": None})


def probed(measure: Measure, into: Path) -> Path:
    """Return the file of the probe in a folder of results; the machine is probed if there is no probe of it."""
    from frugalnet.record.machine import is_same, machine

    path = into / paths.METER_PROBE
    found = read_probe(path)
    if found is None or not is_same(found.machine, machine()):
        log.info("finding out what the meters of this machine can tell")
        _probe(measure, path, paths.log(into, "probe"))
    return path


def _probe(measure: Measure, path: Path, log_file: Path) -> None:
    given = {"measure": measure.model_dump(mode="json"), "path": str(path)}
    in_own_process(MEASURING, "frugalnet.jobs.tasks:probe", given, "probe", log_file)
