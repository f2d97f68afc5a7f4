"""A wall plug that measures the machine behind it: power over HTTP, in the vendor's JSON, integrated to energy."""

import json
import threading
import time
from http.client import HTTPException
from typing import Any
from urllib.request import ProxyHandler, build_opener

from frugalnet.energy.reading import Device, MeterError, Reading

VENDORS = {
    "Shelly Gen2": ("apower", "apower"),
    "Shelly Gen1": ("power", "is_valid"),
    "myStrom": ("power", "relay"),
    "Tasmota": ("StatusSNS.ENERGY.Power", "StatusSNS.ENERGY"),
}
"""By vendor: the key of the power in watts in its JSON, and a key that tells the vendor from the others."""
EXPECTED = (
    "the address of the status of a plug: /rpc/Switch.GetStatus?id=0 (Shelly Gen2 and later), /meter/0 (Shelly Gen1), "
    "/cm?cmnd=Status%208 (Tasmota) or /report (myStrom)"
)
POLL_S = 0.5
"""Pause between two requests: two per renewal, and not more, because plugs are slow."""
RENEWAL_S = 1.0
"""Approximate period at which plugs renew their power, and over which that power is a mean. No vendor states either."""
TIMEOUT_S = 2.0
"""Longest wait for an answer; the next answer bridges a lost one."""
STALE_S = 3.0
"""An older reading is not used."""
MOST_W = 25_000
"""More than any plug carries."""
LONGEST = 100_000
"""More bytes than any answer has."""
GAIN_SOURCE = "vendors state no accuracy that holds for power supplies of computers"


class PlugMeter:
    """One plug, polled in a thread of its own: `read` never waits for it but gives the last answer with its time.

    Its power is integrated by the trapezoid rule, because its counter is coarser: steps of 3.6 J (Shelly Gen2), 60 J (Shelly
    Gen1) or 3.6 kJ (Tasmota). Power has steps of 0.1 W, with Tasmota 1 W unless `WattRes 1` is set. An answer is a mean over
    `RENEWAL_S` and up to `RENEWAL_S` old, so it is taken as a mean over twice that time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connect = build_opener(ProxyHandler({})).open  # a plug is on the local network
        vendor, self._last = self._ask()
        self._failure: str | None = None
        self.device = Device(
            "plug", "plug", "machine", "integrated", f"{vendor} plug", cumulative=False, tick_s=RENEWAL_S,
            averaging_s=2 * RENEWAL_S, dated=True, gain_source=GAIN_SOURCE,
        )  # fmt: skip
        self._closed = threading.Event()
        threading.Thread(target=self._follow, name="plug", daemon=True).start()

    def read(self) -> Reading:
        """Return the last answer; raises MeterError, with the last failure, if it is too old."""
        last = self._last
        age_s = time.monotonic() - last.time_s
        if age_s > STALE_S:
            raise MeterError(self._failure or _text(self._url, f"no answer for {age_s:.1f} s"))
        return last

    def close(self) -> None:
        """Stop polling, without waiting for an outstanding answer."""
        self._closed.set()

    def _follow(self) -> None:
        while not self._closed.wait(POLL_S):
            try:
                self._last, self._failure = self._ask(self._last)[1], None
            except MeterError as error:
                self._failure = str(error)

    def _ask(self, before: Reading | None = None) -> tuple[str, Reading]:
        """Return vendor and reading, with the energy since the first one; raises MeterError for an answer without a power."""
        start_s = time.monotonic()
        try:
            with self._connect(self._url, timeout=TIMEOUT_S) as answer:
                came = answer.read(LONGEST)
        except (OSError, HTTPException, ValueError) as error:
            raise MeterError(_text(self._url, str(error) or type(error).__name__)) from None
        end_s = time.monotonic()
        vendor, power_w = _power(self._url, came)
        time_s, energy_uj = (start_s + end_s) / 2, 0
        if before is not None and before.power_w is not None:
            energy_uj = before.energy_uj + round((before.power_w + power_w) / 2 * (time_s - before.time_s) * 1e6)
        return vendor, Reading(time_s, energy_uj, power_w, time_error_s=(end_s - start_s) / 2)


def open_plug(url: str) -> list[PlugMeter]:
    """Return the meter of the plug at an address (`measure.plug`); raises MeterError with the answer that did not fit."""
    return [PlugMeter(url)]


def _power(url: str, came: bytes) -> tuple[str, float]:
    """Return the vendor and the power in watts of an answer."""
    try:
        found = json.loads(came)
    except ValueError:
        found = None
    for vendor, (power, mark) in VENDORS.items():
        power_w = _at(found, power)
        if power_w is None or _at(found, mark) is None:
            continue
        if type(power_w) not in (int, float) or not 0 <= power_w < MOST_W or found.get("is_valid") is False:
            raise MeterError(_text(url, f"{vendor}: answered {_short(came)}", f"one valid power from 0 to {MOST_W} W"))
        return vendor, float(power_w)
    raise MeterError(_text(url, f"answered {_short(came)}"))


def _at(found: Any, path: str) -> Any:
    """Return the value at `a.b.c` in nested JSON objects; None if there is none."""
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _short(came: bytes) -> str:
    text = " ".join(came.decode(errors="replace").split())
    return f"{text[:80]!r}{'...' * (len(text) > 80)}"


def _text(url: str, why: str, expected: str = EXPECTED) -> str:
    return f"meter plug: {url}: {why}; expected {expected}"
