"""The statement of a ledger: windows, devices and totals as a record holds them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from frugalnet.config.carbon import Carbon
from frugalnet.energy.booking import Booked
from frugalnet.energy.ledger import Ledger, Stretch, Window
from frugalnet.energy.reading import MACHINE, SOURCES, Device
from frugalnet.energy.timeline import COLUMNS, Timeline
from frugalnet.energy.work import left_out, worked
from frugalnet.record import paths, record
from frugalnet.record.co2e import by_hour, co2e_g
from frugalnet.record.rows import write_parquet
from frugalnet.record.windows import is_counted, sum_known, total_uj, uncertainty_j

DECIMALS, DIGITS = 6, 9
"""Decimals of seconds, and digits of uncertainties: further digits are noise and make up most of a packed record."""


def windows_of(ledger: Ledger, path: str | None = None) -> list[record.WindowEntry]:
    """Return every window once per device; once, without energy, if there is no device.

    With a path, return that closed window and the ones inside it while the run goes on: it becomes a root, and times count
    from its start. Windows of GPUs that have done no work so far are not counted in totals.
    """
    numbers = range(len(ledger.windows)) if path is None else ledger.numbers(path)
    timelines = ledger.timelines if path is None else ledger.timelines_until_now()
    origin_s = ledger.origin_s if path is None else ledger.windows[numbers[0]].start_s
    booked: list[tuple[Timeline | None, Booked | None]]
    booked = [(timeline, ledger.book(timeline, numbers)) for timeline in timelines] or [(None, None)]
    names = {number: ledger.windows[number].name for number in numbers}
    idle = left_out(ledger)
    return [
        _entry(window, place, origin_s, names.get(window.parent), timeline, found, idle)
        for place, window in enumerate(ledger.windows[number] for number in numbers)
        for timeline, found in booked
    ]


def energy_j(entries: Iterable[record.WindowEntry], name: str, scope: str | None) -> float | None:
    """Return the energy of a window over the devices of a scope in joules; None if any part of it is not known."""
    energy_uj = total_uj(entries, [name], scope)
    return None if energy_uj is None else energy_uj / 1e6


def stretches_uj(
    ledger: Ledger, stretches: Sequence[Stretch], on_gpu: bool
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return gross and net energy of each stretch over the devices of the totals, in microjoules.

    None if the energy of any stretch is not known, or if there is no device.
    """
    booked = [ledger.book_stretches(line, stretches) for line in counted(ledger, on_gpu)]
    if not booked or not all(found.known.all() for found in booked):
        return None, None
    net = [found.net_uj for found in booked if found.net_uj is not None]
    gross_uj = np.sum([found.energy_uj for found in booked], axis=0)
    return gross_uj, np.sum(net, axis=0) if len(net) == len(booked) else None


def scope_of(ledger: Ledger, on_gpu: bool) -> str | None:
    """Return the scope of the totals: GPUs and processors, or the whole machine if these are not read.

    GPUs are left out if the work is done on the CPU (`on_gpu` False) and anything else is read: the energy of an idle card would
    hide that of the work. Among several GPUs, those that did no work are left out individually.
    """
    scopes = _scopes(ledger)
    if on_gpu and "gpu" not in scopes and MACHINE in scopes:  # no other meter reads the GPU that works
        return MACHINE
    without = MACHINE if on_gpu else "gpu"
    kept = [scope for scope in scopes if scope != without] or scopes
    return "+".join(kept if on_gpu else kept[:1]) or None


def source_of(ledger: Ledger, on_gpu: bool) -> str | None:
    """Return the source of the totals: that of their weakest part."""
    return weakest(each.device.source for each in counted(ledger, on_gpu))


def counted(ledger: Ledger, on_gpu: bool) -> list[Timeline]:
    """Return the timelines of the devices in the totals."""
    scopes, idle = (scope_of(ledger, on_gpu) or "").split("+"), left_out(ledger)
    return [each for each in ledger.timelines if each.device.scope in scopes and each.device.name not in idle]


def _scopes(ledger: Ledger) -> list[str]:
    return [scope for scope in ("gpu", "cpu", MACHINE) if any(each.device.scope == scope for each in ledger.timelines)]


def _entry(
    window: Window,
    number: int,
    origin_s: float,
    parent: str | None,
    timeline: Timeline | None,
    booked: Booked | None,
    idle: set[str],
) -> record.WindowEntry:
    device = timeline.device if timeline else None
    known = booked is not None and bool(booked.known[number])
    values = {
        "energy_uj": int(booked.energy_uj[number]) if booked and known else None,
        "gap_uj": int(booked.gap_uj[number]) if booked and booked.gap_known[number] else None,
        "energy_net_uj": int(booked.net_uj[number]) if booked and known and booked.net_uj is not None else None,
        "u_stat_j": _digits(booked.u_stat_j[number]) if booked and known else None,
        "u_idle_j": _digits(booked.u_idle_j[number]) if booked and known and booked.net_uj is not None else None,
        "u_sys_j": _digits(booked.u_sys_j[number]) if booked and known and booked.u_sys_j is not None else None,
    }
    return record.WindowEntry(
        name=window.name,
        parent=parent,
        device=device.name if device else None,
        scope=device.scope if device else None,
        start_s=round(window.start_s - origin_s, DECIMALS),
        end_s=round(window.start_s + window.duration_s - origin_s, DECIMALS),
        source=device.source if device and known else None,
        gain=device.gain if device and known else None,
        counted=device is None or device.name not in idle,
        flags=[
            *(booked.flags[number] if booked else ["unknown: no meter"]),
            *window.other_load,
        ],
        cpu_s=None if window.cpu_s is None else round(window.cpu_s, DECIMALS),
        started=window.started.isoformat(timespec="milliseconds") if parent is None else None,
        **values,
    )


def _digits(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def energy_of(
    ledger: Ledger,
    windows: Sequence[record.WindowEntry],
    on_gpu: bool,
    probed: bool,
    missing: dict[str, str],
    conditions: record.Conditions,
    carbon: Carbon,
) -> record.Energy:
    """Return devices and totals for the record; `windows` may include windows of other processes besides the ledger's."""
    devices = [_device(ledger, timeline) for timeline in ledger.timelines]
    scopes = _scopes(ledger)
    parts = "+".join(scope for scope in scopes if scope != MACHINE)
    wanted = dict.fromkeys([*scopes, *([parts] if parts else [])])
    totals = [_total(scope, windows, carbon) for scope in wanted]
    return record.Energy(
        scope=scope_of(ledger, on_gpu),
        source=source_of(ledger, on_gpu),
        reason=None if devices else "measure.meters is none",
        devices=devices,
        totals=totals,
        probed=probed,
        missing=missing,
        conditions=conditions,
        carbon=carbon,
    )


def weakest(sources: Iterable[str]) -> str | None:
    """Return the source of a sum: that of its weakest part."""
    return max(sources, key=SOURCES.index, default=None)


def _device(ledger: Ledger, timeline: Timeline) -> record.DeviceEntry:
    device: Device = timeline.device
    idle = ledger.idle(timeline)
    power_w = {name: found.power_w if (found := idle.get(name)) else None for name in ("no_context", "before", "after")}
    shared = ("meter", "model", "scope", "source", "tick_s", "averaging_s", "gain", "gain_source", "assumptions")
    return record.DeviceEntry(
        device=device.name,
        **{name: getattr(device, name) for name in shared},
        **{f"idle_{name}_w": watts for name, watts in power_w.items()},
        readings=len(timeline),
        lost=timeline.lost,
        worked=worked(ledger, timeline) if device.scope == "gpu" else None,
    )


def _total(scope: str, windows: Sequence[record.WindowEntry], carbon: Carbon) -> record.Total:
    """Add up the root windows of the devices of a scope."""
    scopes = scope.split("+")
    roots = [window for window in windows if window.parent is None and window.scope in scopes and is_counted(window)]
    if not roots:  # the run failed before it began
        return record.Total(scope=scope)
    energy_uj = sum_known(window.energy_uj for window in roots)
    u_stat_j, u_sys_j = uncertainty_j(roots)
    used = by_hour(roots, {root.name: root.started for root in roots})
    co2e, reason = co2e_g(None if energy_uj is None else energy_uj / 1e6, used, carbon)
    return record.Total(
        scope=scope,
        source=weakest(window.source for window in roots if window.source) if energy_uj is not None else None,
        energy_uj=energy_uj,
        energy_net_uj=sum_known(window.energy_net_uj for window in roots),
        u_stat_j=u_stat_j,
        u_sys_j=u_sys_j,
        co2e_g=co2e,
        co2e_reason=reason,
    )


def write(ledger: Ledger, windows: Sequence[record.WindowEntry], folder: Path) -> None:
    """Write all timelines to one parquet file and the windows to another; times count from the start of the run."""
    rows = [window.model_dump() for window in windows]
    write_parquet(
        {name: [row[name] for row in rows] for name in record.WindowEntry.model_fields}, folder / paths.WINDOWS
    )
    columns: dict[str, list[object]] = {name: [] for name in ("device", "scope", "source", *COLUMNS)}
    for timeline in ledger.timelines:
        device, count = timeline.device, len(timeline)
        same = {"device": device.name, "scope": device.scope, "source": device.source}
        readings = {name: [value] * count for name, value in same.items()} | timeline.columns(ledger.origin_s)
        for name, values in readings.items():
            columns[name].extend(values)
    write_parquet(columns, folder / paths.TIMELINE)
