"""CO2e of energies: at one intensity, or at the intensities of the hours in which they were used."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from frugalnet.config.carbon import Carbon
from frugalnet.config.hours import HOUR, read_hours

if TYPE_CHECKING:
    from frugalnet.record.record import WindowEntry

J_PER_KWH = 3.6e6
ByHour = Mapping[datetime, float]
"""Joules by the start of the hour in which they were used, in UTC."""


def co2e_g(energy_j: float | None, used: ByHour | None, carbon: Carbon) -> tuple[float | None, str | None]:
    """Return the CO2e of an energy in grams, and why it is not known; None and None if no intensity is configured.

    `used` is the energy by the hour, None if that is not known; only hourly intensities need it. The CO2e includes the PUE.
    """
    if carbon.source is None:
        return None, None
    if energy_j is None:
        return None, "the energy is not known"
    if carbon.intensity_g_per_kwh is not None:
        return energy_j / J_PER_KWH * carbon.intensity_g_per_kwh * carbon.pue, None
    if used is None:
        return None, "the hours in which the energy was used are not known"
    hours = read_hours(str(carbon.hours))
    if not used.keys() <= hours.g_per_kwh.keys():
        return None, f"the energy was used outside the hours of {carbon.hourly} ({hours.span})"
    return sum(part * hours.g_per_kwh[hour] for hour, part in used.items()) / J_PER_KWH * carbon.pue, None


def by_hour(windows: Iterable["WindowEntry"], started: Mapping[str, str | None]) -> ByHour | None:
    """Return the energy of windows in each hour, at each window's mean power; None if any energy or time of day is not known.

    `started` says when each root window began: times of the windows inside count from there.
    """
    used: dict[datetime, float] = defaultdict(float)
    for window in windows:
        began = next((at for name, at in started.items() if f"{window.name}/".startswith(f"{name}/")), None)
        if began is None or window.energy_uj is None:
            return None
        start, length = datetime.fromisoformat(began) + timedelta(seconds=window.start_s), window.end_s - window.start_s
        for hour, share in _shares(start, length):
            used[hour] += share * window.energy_uj / 1e6
    return dict(sorted(used.items()))


def _shares(start: datetime, length_s: float) -> Iterable[tuple[datetime, float]]:
    """Yield the hours that a stretch of time touches, and the share of the stretch in each."""
    hour, end = start.replace(minute=0, second=0, microsecond=0), start + timedelta(seconds=length_s)
    if end <= hour + HOUR:
        yield hour, 1.0
        return
    while hour < end:
        within = min(end, hour + HOUR) - max(start, hour)
        yield hour, within / (end - start)
        hour += HOUR
