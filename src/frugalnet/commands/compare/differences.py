"""What changed between two results: settings, run sheet, code, software, machine, meters and data."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from frugalnet.record.record import Record

COLUMNS = ["part", "item", "a", "b", "runs"]
Records = Mapping[str, Record]
NOT_THERE = "-"


def differences(
    settings: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None], first: Records, second: Records
) -> pd.DataFrame:
    """Return one row per difference: its part, its name, its values in A and in B, and in how many runs (empty: all)."""
    rows = [*_settings(*settings), *_sheet(first, second)]
    for part, of in PARTS.items():
        one, other = (_values(records, of) for records in (first, second))
        rows += [row for row in _unequal(part, one, other) if part != "data" or _in_both(row["item"], one, other)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _in_both(item: str, first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Tell whether both results have the dataset of an item; datasets of one alone are listed with the run sheet."""
    level = f"{item.partition('.')[0]}.level"
    return level in first and level in second


def flat(nested: Any, place: str = "") -> dict[str, Any]:
    """Return nested mappings as one mapping with keys like `pruning.sparsity`; lists are values."""
    if not isinstance(nested, Mapping):
        return {place: nested}
    return {
        key: value for name, inner in nested.items() for key, value in flat(inner, f"{place}.{name}".strip(".")).items()
    }


def _settings(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if first is None or second is None:
        return []
    one, other = flat(first), flat(second)
    return [
        _row("settings", key, _text(one, key), _text(other, key))
        for key in dict.fromkeys([*one, *other])
        if _text(one, key) != _text(other, key)
    ]


def _sheet(first: Records, second: Records) -> list[dict[str, Any]]:
    """Return runs that only one result has, and parameters of runs that differ, with the number of runs."""
    rows = [
        _row("run sheet", name, *((NOT_THERE, "there") if swapped else ("there", NOT_THERE)), number)
        for swapped, one, other in ((False, first, second), (True, second, first))
        for name, number in _only(one, other).items()
    ]
    changed: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for run in (run for run in first if run in second):
        one, other = (flat(records[run].run.model_dump(mode="json")) for records in (first, second))
        for key in dict.fromkeys([*one, *other]):
            if _text(one, key) != _text(other, key):
                changed[key, _text(one, key), _text(other, key)].append(run)
    return rows + [_row("run sheet", key, a, b, len(runs)) for (key, a, b), runs in changed.items()]


def _only(one: Records, other: Records) -> Counter[str]:
    """Return how many runs of a method, or of a whole dataset, only one result has."""
    known = {run.split("/")[1] for run in other}
    parts = [run.split("/")[1:-1] for run in one if run not in other]
    return Counter("/".join(names) if names[0] in known else names[0] for names in parts)


def _text(values: Mapping[str, Any], key: str) -> str:
    return str(values[key]) if key in values else NOT_THERE


def _row(part: str, item: str, first: str, second: str, runs: int | None = None) -> dict[str, Any]:
    return dict(zip(COLUMNS, (part, item, first, second, runs), strict=True))


def _values(records: Records, of: Callable[[Record], dict[str, Any]]) -> dict[str, str]:
    """Return each item with all of its values among the runs."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records.values():
        for key, value in of(record).items():
            found[key][str(value)] = None
    return {key: ", ".join(sorted(values)) for key, values in found.items()}


def _unequal(part: str, first: Mapping[str, str], second: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        _row(part, key, _text(first, key), _text(second, key))
        for key in dict.fromkeys([*first, *second])
        if _text(first, key) != _text(second, key)
    ]


def _code(record: Record) -> dict[str, Any]:
    git = record.software["git"] or {}
    return {
        "frugalnet": record.software.get("frugalnet"),
        "commit": git.get("commit"),
        "changes after it": git.get("dirty"),
    }


def _meters(record: Record) -> dict[str, Any]:
    energy = record.energy
    devices = {
        f"{device.meter}.{device.device}": flat(
            device.model_dump(include={"model", "scope", "source", "tick_s", "averaging_s", "gain", "assumptions"})
        )
        for device in energy.devices
    }
    return {"energy source": energy.source, "energy scope": energy.scope} | flat(devices)


def _data(record: Record) -> dict[str, Any]:
    """Return what determines numbers in the data; files by name, with their checksum."""
    card = record.data
    names = ("level", "source", "version", "split", "samples", "shape", "dtype")
    files = {file["name"].replace(".", "_"): file["sha256"] for file in card.get("files", [])}
    return {name: card.get(name) for name in names} | {"files": files}


def _software(record: Record) -> dict[str, Any]:
    return {"python": record.software.get("python"), **record.software["packages"]}


PARTS: dict[str, Callable[[Record], dict[str, Any]]] = {
    "code": _code,
    "software": _software,
    "machine": lambda record: flat(record.machine),
    "meters": _meters,
    "data": lambda record: flat({record.run.dataset: _data(record)}),
}
"""What a run was made with, beside its row: items with their values."""
