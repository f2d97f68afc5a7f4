"""CO2e of the energy to solution, at the hours in which each run of a chain used its energy."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from frugalnet.analysis import energies
from frugalnet.analysis.chains import energy_chains, summed
from frugalnet.config.carbon import Carbon
from frugalnet.record.co2e import ByHour, by_hour, co2e_g
from frugalnet.record.record import Record
from frugalnet.record.windows import RUN

HOUR = "%Y-%m-%dT%H"


def energy_by_hour(rec: Record, failed: Sequence[Record | None], failed_energy_j: float | None) -> str | None:
    """Return the energy of the run's training, search and failed tries by UTC hour, as JSON; None where it is not known.

    The energy of failed tries is spread over the hours in proportion to all that they used.
    """
    own = _used(rec, energies.own_windows(rec))
    tried = [_used(each, [RUN]) for each in failed if each and each.windows] if failed_energy_j else []
    if own is None or failed_energy_j is None or None in tried:
        return None
    used, lost = Counter(own), Counter[datetime]()
    for each in tried:
        lost.update(each)
    for hour, part_j in lost.items():
        used[hour] += failed_energy_j * part_j / lost.total()  # type: ignore[assignment]
    return json.dumps({f"{hour:{HOUR}}": round(part_j, 6) for hour, part_j in sorted(used.items())})


def _used(rec: Record, names: Iterable[str]) -> ByHour | None:
    """Return the energy of windows by hour; in older records `run` begins at the record's start, after cooling down."""
    started = {window.name: window.started for window in rec.windows if window.parent is None}
    started[RUN] = started.get(RUN) or rec.started
    return by_hour(energies.entries(rec, names), started)


def co2e_to_solution(runs: pd.DataFrame, carbon: Carbon) -> pd.DataFrame:
    """Return `co2e_to_solution_g` of each run, and in `co2e_reason` why it is not known; empty without a configured intensity."""
    energy_j = runs["train_energy_j"].astype(float) + runs["failed_energy_j"].astype(float)
    hours = runs["energy_by_hour_j"] if carbon.hourly else [None] * len(runs)
    found = [
        co2e_g(None if pd.isna(each) else each, _read(text), carbon) for each, text in zip(energy_j, hours, strict=True)
    ]
    own = {run: float("nan") if grams is None else grams for run, (grams, _) in zip(runs["run"], found, strict=True)}
    reasons = {run: reason for run, (_, reason) in zip(runs["run"], found, strict=True)}
    chain = energy_chains(runs)
    told = [next((reasons[each] for each in along if reasons[each]), None) for along in chain.values()]
    return pd.DataFrame({"co2e_to_solution_g": summed(chain, own), "co2e_reason": told}, index=runs.index)


def _read(text: Any) -> ByHour | None:
    if not isinstance(text, str):
        return None
    return {datetime.fromisoformat(hour).replace(tzinfo=UTC): part_j for hour, part_j in json.loads(text).items()}
