"""The comparison of two results as text in a terminal."""

import re

import pandas as pd
from rich.console import Console
from rich.table import Table

from frugalnet.commands.compare.conclusions import RESULTS, UNTOLD
from frugalnet.commands.compare.numbers import AGREE, DIFFER
from frugalnet.commands.compare.opened import Results

WIDTH = 150
"""Width in columns of a report that goes to a file or a pipe."""
SHOWN = 40
CHECKSUM = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b")
SHORT = {AGREE: AGREE, DIFFER: DIFFER, UNTOLD: "?"}
KEY = ("test_quality", "parameters_compacted", "train_energy_j", "latency_ratio")
"""Quantities printed for every method; of the others only the verdicts are counted."""


def _console() -> Console:
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=WIDTH)


def say(text: str) -> None:
    """Print a paragraph."""
    _console().print(text)


def _heading(text: str) -> None:
    _console().print(f"\n{text}\n{'=' * len(text)}")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_heading(first: Results, second: Results, warnings: list[str]) -> None:
    """Print what is compared, and what a reader must know first."""
    for name, results in (("A", first), ("B", second)):
        levels = ", ".join(sorted(results.tables["runs"]["data_level"].unique()))
        say(f"{name}: {results.path} ({len(results.records)} runs, data: {levels})")
    for warning in warnings:
        say(f"! {warning}")


def print_differences(rows: pd.DataFrame) -> None:
    """Print what changed, by part."""
    _heading("What changed")
    if rows.empty:
        say("Nothing: same settings, runs, code, software, machine and data.")
    for part, group in rows.groupby("part", sort=False):
        table = _table(str(part), "A", "B", "runs")
        for row in group.head(SHOWN).itertuples():
            values = (CHECKSUM.sub(r"\1...", value) for value in (row.a, row.b))
            table.add_row(row.item, *values, "" if pd.isna(row.runs) else f"{row.runs:.0f}")
        _console().print(table)
        _more(len(group))


def _more(number: int) -> None:
    if number > SHOWN:
        say(f"... and {number - SHOWN} more")


def print_numbers(rows: pd.DataFrame, margins: str) -> None:
    """Print the verdicts by quantity, and the main quantities of every method."""
    _heading("Numbers, B against A")
    say(
        f"agree: the 95 % interval lies within the margin ({margins}). differ: it excludes equality, and is not within the "
        "margin. ?: cannot be told. Seeds are not paired (Welch). About one interval in 20 misses the true value by chance."
    )
    counts = _table("quantity", AGREE, DIFFER, UNTOLD, "why not")
    for quantity, group in rows.groupby("quantity", sort=False):
        found = group["verdict"].value_counts()
        reasons = "; ".join(group.loc[group["verdict"] == UNTOLD, "reason"].dropna().unique())
        counts.add_row(str(quantity), *(str(found.get(verdict, 0)) for verdict in (AGREE, DIFFER, UNTOLD)), reasons)
    _console().print(counts)
    for (study, dataset), group in rows.groupby(["study", "dataset"], sort=False):
        table = _table(f"{study}: {dataset}", *KEY)
        for (method, variant), own in group.groupby(["method", "variant"], sort=False):
            cells = own.drop_duplicates("quantity").set_index("quantity")
            table.add_row(
                f"{method}/{variant}", *(_cell(cells.loc[name]) if name in cells.index else "" for name in KEY)
            )
        _console().print()
        _console().print(table)


def _cell(row: pd.Series) -> str:
    """Return both values, their difference or ratio, and the verdict."""
    if pd.isna(row["value"]):
        change = ""
    else:
        sign = "" if row["compared"] == "ratio" else "+"
        interval = "" if pd.isna(row["low"]) else f" [{row['low']:{sign}.3g}, {row['high']:{sign}.3g}]"
        change = f"{'x' if not sign else ''}{row['value']:{sign}.3g}{interval} "
    return f"{row['a']:.4g} | {row['b']:.4g}  {change}{SHORT[row['verdict']]}"


def print_conclusions(rows: pd.DataFrame) -> None:
    """Print how many conclusions hold, and one by one those that can be told."""
    _heading("Conclusions")
    counts = _table("kind", *RESULTS)
    for kind, group in rows.groupby("kind", sort=False):
        found = group["result"].value_counts()
        counts.add_row(str(kind), *(str(found.get(result, 0)) for result in RESULTS))
    _console().print(counts)
    for result in (each for each in RESULTS if each != UNTOLD):
        _print_those(result, rows[rows["result"] == result])
    told = rows[rows["result"] != UNTOLD]
    held = (told["result"] == RESULTS[0]).sum()
    say(f"\nOf {len(rows)} conclusions {len(told)} can be told from both results; {held} of these hold in both.")


def _print_those(result: str, rows: pd.DataFrame) -> None:
    """Print the conclusions of one result; methods with the same conclusion and states share a line."""
    if rows.empty:
        return
    names = [" ".join(str(part) for part in row if not pd.isna(part)) for row in rows[["method", "variant"]].to_numpy()]
    alike = ["dataset", "kind", "conclusion", "a", "b"]
    if (rows["a"] == rows["b"]).all():
        rows = rows.assign(b="")
    joined = rows.assign(who=names).groupby(alike, sort=False, dropna=False)
    table = _table(f"{result}:", "conclusion", "A", "B" if rows["b"].any() else "", "methods, or note")
    for (dataset, kind, conclusion, a, b), group in joined:
        notes, who = ", ".join(group["note"].dropna().unique()), ", ".join(name for name in group["who"] if name)
        named = f"{who} ({notes})" if who and notes else who or notes
        table.add_row(str(dataset), f"{kind}: {conclusion}", str(a), str(b), named)
    _console().print()
    _console().print(table)
