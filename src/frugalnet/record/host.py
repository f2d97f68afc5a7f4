"""Settings of the machine's processor, and what this process may use of it, from Linux; None for what Linux does not tell."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

SYS, PROC = Path("/sys"), Path("/proc")
NO_LIMIT = "max"
"""The kernel's word for no limit."""
LEAST_UNLIMITED = 1 << 62
"""From here on a memory limit means none: control groups of version 1 then have about 2^63 bytes."""


def host() -> dict[str, Any]:
    """Return the usable cores, governors (joined by `+`), turbo, SMT, and the limits of the control group."""
    return {
        "cores_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "governor": _governors(),
        "turbo": _turbo(),
        "smt": _switch("devices/system/cpu/smt/active"),
        "cgroup_cores": _least(_groups("cpu"), _cores),
        "cgroup_memory_mib": _least(_groups("memory"), _memory_mib),
    }


def _governors() -> str | None:
    paths = SYS.glob("devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
    return "+".join(sorted({text for path in paths if (text := _text(path))})) or None


def _turbo() -> bool | None:
    off = _switch("devices/system/cpu/intel_pstate/no_turbo")
    return _switch("devices/system/cpu/cpufreq/boost") if off is None else not off


def _switch(path: str) -> bool | None:
    return {"0": False, "1": True}.get(_text(SYS / path) or "")


def _groups(controller: str) -> list[Path]:
    """Return the folders of this process's control group and of its parents; none if they cannot be seen."""
    paths: dict[str, tuple[Path, str]] = {}
    for line in (_text(PROC / "self/cgroup") or "").splitlines():
        _, names, path = line.split(":", 2)
        paths |= dict.fromkeys(names.split(","), (SYS / "fs/cgroup" / names, path))
    root, path = paths.get(controller) or paths.get("") or (Path(), "")  # version 1, each controller alone; version 2
    if not path or not (root / ("tasks" if controller in paths else "cgroup.controllers")).exists():
        return []
    folder = root / path.lstrip("/")
    return [folder, *(each for each in folder.parents if each.is_relative_to(root))]


def _least(groups: list[Path], limit: Callable[[Path], float | None]) -> float | str | None:
    """Return the smallest limit of some groups, `max` if none has a limit, None if there are no groups."""
    found = [value for group in groups if (value := limit(group)) is not None]
    return min(found, default=NO_LIMIT) if groups else None


def _cores(group: Path) -> float | None:
    """Return how many cores' worth of time a group gets; None: no limit."""
    version_1 = f"{_text(group / 'cpu.cfs_quota_us')} {_text(group / 'cpu.cfs_period_us')}"
    quota, _, period = (_text(group / "cpu.max") or version_1).partition(" ")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None


def _memory_mib(group: Path) -> int | None:
    text = _text(group / "memory.max") or _text(group / "memory.limit_in_bytes") or ""
    return int(text) // 2**20 if text.isdecimal() and int(text) < LEAST_UNLIMITED else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
