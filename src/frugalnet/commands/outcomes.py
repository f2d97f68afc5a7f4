"""What came out of two runs, number by number: the difference of qualities, the ratio of all else, where they may be compared."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import energy_kind
from frugalnet.commands.compare.numbers import INFERENCE, QUALITIES, SIZES, TRAINING, not_comparable
from frugalnet.commands.show.keys import MEASURES, MIB, Measure
from frugalnet.page.cells import DASH, number, quality, twins

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Outcome:
    """A number of two runs as text, and B against A. `may_be_hidden`: it is the same in both, and not what a run is done for."""

    name: str
    first: str
    second: str
    change: str
    may_be_hidden: bool = False
    is_of_inference: bool = False


LATENCY, ENERGY = "latency_batch1_ms", "energy_per_inference_batch1_j"
QUANTITIES = (
    *(MEASURES[key] for key in ("energy", "time", "cpu_time", "memory", "gpu_memory")),
    Measure("epochs", "epochs"),
    *(MEASURES[key] for key in ("parameters", "operations", "file")),
    Measure("gzip_bytes", "compressed, MiB", "gzip_bytes_compacted", MIB),
    replace(MEASURES["latency"], heading="latency, 1 sample, ms"),
    Measure(ENERGY, "energy, 1 sample, J", f"{ENERGY}_compacted"),
)
"""Energy, time and memory are those of training and search."""
IN_TURN = {LATENCY: "latency_ratio", ENERGY: "energy_per_inference_batch1_ratio"}
"""Columns of which only models are compared that were measured in turn in one process, and those of their ratio to the reference."""
COSTS = (*TRAINING, "train_cpu_s", "epochs", *INFERENCE)
"""Columns that say nothing about each other for runs of different datasets."""


def outcomes(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[list[Outcome], dict[str, list[str]]]:
    """Return what came out of two runs, rows of the table `runs`; and the names of what may not be compared, by the reason.

    Rows have `reference`, the id of the run that theirs was measured in turn with. What is known of neither is left out.
    """
    found, reasons = [], defaultdict(list)
    for outcome, reason in [*_qualities(first, second), *_numbers(first, second)]:
        found.append(replace(outcome, change=DASH) if reason else outcome)
        if reason:
            reasons[reason].append(outcome.name)
    return found, dict(reasons)


def _why_not(column: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> str | None:
    if first["dataset"] != second["dataset"] and column in (*QUALITIES, *COSTS):
        return f"datasets: {first['dataset']} against {second['dataset']}"
    return not_comparable(column, first, second)


def _qualities(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[tuple[Outcome, str | None]]:
    metrics = dict.fromkeys((first["metric"], second["metric"]))
    arrows = (
        ""
        if len(metrics) > 1
        else "\N{UPWARDS ARROW}"
        if catalogue.sign(first["metric"]) > 0
        else "\N{DOWNWARDS ARROW}"
    )
    for part in ("test", "validation"):
        a, b = (row[f"{part}_quality"] for row in (first, second))
        change = DASH if _unknown(a) or _unknown(b) else f"{b - a:+.4f}"
        name = f"{part} {' or '.join(metrics)} {arrows}".strip()
        yield Outcome(name, quality(a), quality(b), change), _why_not(f"{part}_quality", first, second)


def _numbers(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[tuple[Outcome, str | None]]:
    kinds = [energy_kind(row) for row in (first, second)]
    for each in QUANTITIES:
        a, b = (_value(each, row) for row in (first, second))
        if _unknown(a) and _unknown(b):
            continue
        cells = [_cell(each, row) for row in (first, second)]
        if "energy" in each.column and kinds[0] != kinds[1]:
            cells = [f"{cell} {kind}" if cell != DASH else DASH for cell, kind in zip(cells, kinds, strict=True)]
        is_own = each.column in (*SIZES, "epochs") and cells[0] == cells[1]
        reason = None if _unknown(a) or _unknown(b) else _why_not(each.column, first, second)
        in_turn = IN_TURN.get(each.column)
        change = _in_turn(in_turn, first, second) if in_turn else _ratio(a, b)
        one, other = cells
        yield Outcome(each.heading, one, other, change, is_own, in_turn is not None), reason


def _in_turn(column: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Return the ratio of two models with its interval, of which one was measured in turn with the other; a dash for none.

    Times of two processes differ for the same model too.
    """
    for row, other, power in ((second, first, 1), (first, second, -1)):
        ends = [row.get(f"{column}{end}") for end in ("", "_low", "_high")]
        if row.get("reference") != other["run"] or row["run"] == other["run"] or any(map(_unknown, ends)):
            continue
        value, *around = (float(end or math.nan) ** power for end in ends)
        return f"{TIMES} {value:.3g} [{min(around):.3g}, {max(around):.3g}]"
    return DASH


def _ratio(a: Any, b: Any) -> str:
    if _unknown(a) or _unknown(b) or a <= 0:
        return DASH
    return f"{TIMES} {float(b / a):.3g}"


def _unknown(value: Any) -> bool:
    return value is None or bool(pd.isna(value)) or (isinstance(value, float) and math.isinf(value))


def _value(each: Measure, row: Mapping[str, Any]) -> Any:
    compacted = row.get(each.compacted) if each.compacted else None
    return row.get(each.column) if _unknown(compacted) else compacted


def _cell(each: Measure, row: Mapping[str, Any]) -> str:
    """Return a number, or that of the model and of the compacted one where they differ."""
    if each.compacted is None or _unknown(row.get(each.compacted)):
        value = row.get(each.column)
        return number(None if value is None or _unknown(value) else float(value) * each.scale)
    columns = {name: [row.get(name)] for name in (each.column, each.compacted)}
    return twins(pd.DataFrame(columns, dtype="float64"), each.column, each.scale, each.compacted)[0]
