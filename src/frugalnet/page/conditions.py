"""How a machine was set when its meters were probed: what moves power and times, and no code decides."""

from collections.abc import Mapping
from typing import Any

from frugalnet.page.cells import number

NOT_KNOWN = "not known"


def conditions(machine: Mapping[str, Any]) -> list[str]:
    """Return how processor and cards are set, a sentence each; none of a machine that was described without."""
    lines = [_host(machine)] if "host" in machine else []
    return lines + [_card(gpu) for gpu in machine.get("gpus") or [] if "power_limit_w" in gpu]


def _host(machine: Mapping[str, Any]) -> str:
    host = machine["host"]
    return (
        f"Processor {machine['processor'] or NOT_KNOWN}: {_told(host['cores_usable'])} of {_told(machine['cores'])} cores may be "
        f"used; governor {host['governor'] or NOT_KNOWN}, turbo {_switch(host['turbo'])}, SMT {_switch(host['smt'])}; "
        f"control group: cores {_limit(host['cgroup_cores'])}, memory {_limit(host['cgroup_memory_mib'], ' MiB')}."
    )


def _card(gpu: Mapping[str, Any]) -> str:
    clocks = (gpu["application_clock_mhz"], gpu["application_memory_clock_mhz"])
    return (
        f"{gpu['name']}: power limit {_told(gpu['power_limit_w'], ' W')} "
        f"(by default {_told(gpu['default_power_limit_w'], ' W')}), "
        f"application clocks {_told(clocks[0], ' MHz')}, of the memory {_told(clocks[1], ' MHz')}; "
        f"persistence {_switch(gpu['persistence'])}, ECC {_switch(gpu['ecc'])}, driver {gpu['driver']}."
    )


def _told(value: float | None, unit: str = "") -> str:
    return NOT_KNOWN if value is None else f"{number(value)}{unit}"


def _limit(value: float | str | None, unit: str = "") -> str:
    return "without limit" if isinstance(value, str) else _told(value, unit)


def _switch(state: bool | None) -> str:
    return {True: "on", False: "off", None: NOT_KNOWN}[state]
