"""Tables of a study that varies factors, for readers: what levels change, which combinations lead, what equal costs buy."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.statistics.holm import SHOWN_BELOW
from frugalnet.drawing.quantities import CPU_S, ENERGY_J, LATENCY_MS, QUALITY, ordered, quantity
from frugalnet.page.cells import DASH, Cell, interval, number, numbers, row_name, table
from frugalnet.page.cells import quality as quality_cell

TIMES = "\N{MULTIPLICATION SIGN}"
UNKNOWN, ALIASED, NOT_REACHED = "not known", "aliased with", "not reached"
TERM = ["factor", "level", "against", "factor2", "level2"]


def effects(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `effects` that may be compared: one per level or interaction, a column per quantity."""
    dataset, found = rows["dataset"].iloc[0], list(rows.groupby(TERM, sort=False, dropna=False))
    columns: dict[str, list[Any]] = {
        "factor": [_both(own, "factor") for _, own in found],
        "level": [_both(own, "level") for _, own in found],
        "against": [own["against"].iloc[0] if pd.isna(own["factor2"].iloc[0]) else DASH for _, own in found],
        "runs": [int(own["runs"].max()) for _, own in found],
    }
    for name in ordered(rows["quantity"]):
        of = quantity(name, dataset).of
        columns[of if name == QUALITY else f"{of}, {TIMES}"] = [
            _effect(own[own["quantity"] == name]) for _, own in found
        ]
    return table(columns)


def _both(rows: pd.DataFrame, name: str) -> str:
    """Return the factor or level of a term, of an interaction both."""
    parts = [rows[name].iloc[0], rows[f"{name}2"].iloc[0]]
    return f" {TIMES} ".join(str(part) for part in parts if not pd.isna(part))


def _effect(rows: pd.DataFrame) -> Cell:
    """Return an estimate with its interval, and a star where it is shown; or why there is none."""
    if rows.empty:
        return number(None)
    row = rows.iloc[0]
    others = row["aliased_with"]
    if pd.isna(row["estimate"]) and isinstance(others, str) and others:
        return Cell(f"{ALIASED} {others}", None)
    return estimated(row)


def estimated(row: Any) -> Cell:
    """Return the estimate of a row with its interval, and a star where it is shown."""
    if pd.isna(row.estimate):
        return Cell(UNKNOWN, None)
    cell = interval(row.estimate, row.low, row.high, ".2f" if row.scale == "ratio" else "+.4f")
    return Cell(f"{cell}{'*' if row.p_holm < SHOWN_BELOW else ''}", cell.order)


def ranking(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `ranking` that may be compared: ranks and scores with intervals, means, and levels."""
    metric = quantity(QUALITY, rows["dataset"].iloc[0]).of.removeprefix("test ")
    names = {
        ENERGY_J: "energy of training (J)",
        CPU_S: "CPU time of training (s)",
        LATENCY_MS: "latency, 1 sample (ms)",
    }
    return table(
        {
            "rank": [_rank(row) for row in rows.itertuples()],
            "combination": rows["variant"].tolist(),
            "runs": rows["runs"].tolist(),
            "status": [str(status).replace("_", " ") for status in rows["status"]],
            "score (dB)": [interval(row.score, row.score_low, row.score_high, ".1f") for row in rows.itertuples()],
            f"validation {metric}": [quality_cell(value) for value in rows["validation_quality"]],
            f"test {metric}": [quality_cell(value) for value in rows["test_quality"]],
            **{text: numbers(rows[column]) for column, text in names.items() if rows[column].notna().any()},
            "on the front": ["yes" if each else "" for each in rows["on_front"].fillna(False).astype(bool)],
            **{str(name).removeprefix(LEVEL): rows[name].tolist() for name in rows if str(name).startswith(LEVEL)},
        },
        [row_name("ranking", row) for row in rows.index],
    )


def _rank(row: Any) -> Cell:
    if pd.isna(row.rank):
        return number(None)
    around = "" if pd.isna(row.rank_low) else f" ({int(row.rank_low)} to {int(row.rank_high)})"
    return Cell(f"{int(row.rank)}{around}", row.rank)


def fixed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `fixed` that may be compared: a row per combination, a column per question and given value."""
    asked = rows[rows["given"].notna()]
    found = dict(list(asked.groupby(["question", "given"], sort=False)))
    combinations = list(dict.fromkeys(zip(rows["method"], rows["variant"], strict=True)))
    columns: dict[str, list[Any]] = {"combination": [variant for _, variant in combinations]}
    for (question, given), own in found.items():
        runs = dict(list(own.groupby(["method", "variant"], sort=False)))
        for text, column, cell in _columns(str(question), own):
            columns[text.format(number(given))] = [_reached(runs.get(key), column, cell) for key in combinations]
    return table(columns)


def _columns(question: str, rows: pd.DataFrame) -> Iterator[tuple[str, str, Callable[[Any], Cell]]]:
    """Yield the headings of a question's columns, the column of `fixed` that each shows, and how."""
    asked, _, given = question.partition(" at ")
    if asked == "energy":
        named = {"found": "J", "found_cpu_s": "CPU s"}
        yield from ((f"{unit} to reach {{}}", name, number) for name, unit in named.items() if rows[name].notna().any())
    else:
        unit = {"energy": "J"}.get(given, given.replace("seconds", "s"))
        yield f"{asked} at {{}} {unit}", "found", quality_cell


def _reached(rows: pd.DataFrame | None, name: str, cell: Callable[[Any], Cell]) -> Cell:
    """Return the mean over the seeds that reached what was asked for, with how many did where not all."""
    if rows is None:
        return number(None)
    reached = rows[rows["reached"] & rows[name].notna()]
    if reached.empty:
        early = rows["note"].fillna("").str.startswith("not known").all()
        return Cell(UNKNOWN if early else NOT_REACHED, None)
    mean = cell(reached[name].mean())
    return mean if len(reached) == len(rows) else Cell(f"{mean} ({len(reached)} of {len(rows)})", mean.order)
