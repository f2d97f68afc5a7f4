"""Cool-down: every run starts from a machine that is as idle as the probe found it."""

import logging
import time
from collections.abc import Sequence

from frugalnet.energy.reading import Meter, MeterError
from frugalnet.record.probe import ProbedMeter
from frugalnet.record.record import Conditions

log = logging.getLogger(__name__)

POLL_S = 1.0
NEAR_C = 5.0
"""A temperature up to this far above idle counts as idle."""
NEAR = 0.1
"""A power up to this fraction above idle counts as idle."""


def cool_down(meters: Sequence[Meter], probed: Sequence[ProbedMeter], limit_s: float) -> Conditions:
    """Wait until every device that the probe knows is near its idle temperature and power, at most `limit_s` seconds."""
    idle = {found.device: found for found in probed}
    known = [(meter, idle[meter.device.name]) for meter in meters if meter.device.name in idle]
    if not limit_s or not known:
        return Conditions()
    start_s = time.monotonic()
    while True:
        states = [_not_idle(meter, found) for meter, found in known]
        busy = [text for text in states if text]
        waited_s = time.monotonic() - start_s
        if not busy:
            return Conditions(cool_down_s=waited_s, cooled=True if None not in states else None)
        if waited_s >= limit_s:
            log.warning("not cool after %.0f s: %s", waited_s, "; ".join(busy))
            return Conditions(cool_down_s=waited_s, cooled=False)
        log.info("cooling down: %s", "; ".join(busy))


def _not_idle(meter: Meter, idle: ProbedMeter) -> str | None:
    """Return in words why a device is not at rest, from a second of readings; empty if it is, None if it cannot be read."""
    try:
        first = meter.read()
        time.sleep(POLL_S)
        last = meter.read()
    except MeterError:
        return None
    if last.time_s <= first.time_s:
        return None
    power_w = (last.energy_uj - first.energy_uj) / 1e6 / (last.time_s - first.time_s)
    if idle.idle_w is not None and power_w > idle.idle_w * (1 + NEAR):
        return f"{idle.device} {power_w:.0f} W (idle {idle.idle_w:.0f} W)"
    temperature_c = last.temperature_c
    if (
        temperature_c is not None
        and idle.idle_temperature_c is not None
        and temperature_c > idle.idle_temperature_c + NEAR_C
    ):
        return f"{idle.device} {temperature_c:.0f} C (idle {idle.idle_temperature_c:.0f} C)"
    return ""
