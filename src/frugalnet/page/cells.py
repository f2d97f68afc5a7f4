"""Cells of tables for readers: rounded text that knows by which value it is sorted; tables of them as HTML."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from numbers import Real
from typing import Any

import pandas as pd

DASH = "\N{EN DASH}"
ARROW = "\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW}\N{NO-BREAK SPACE}"
LONG = 40
"""Characters from which on text is broken into lines."""


class Cell(str):
    """Text of a cell with the value that a column is sorted by; not a number: unknown, which comes last."""

    order: float

    def __new__(cls, text: str, order: Any) -> "Cell":
        """Return the text, with its value."""
        cell = super().__new__(cls, text)
        cell.order = math.nan if pd.isna(order) else float(order)
        return cell


def number(value: Any) -> Cell:
    """Return a number with three digits, or all those before the point; a dash for what is not known."""
    if pd.isna(value):
        return Cell(DASH, value)
    if math.isinf(value):
        return Cell("\N{INFINITY}", value)
    whole = abs(value) >= 100 or value == int(value)
    return Cell(f"{value:,.0f}" if whole else f"{value:#.3g}", value)


def numbers(values: pd.Series, scale: float = 1.0) -> list[Cell]:
    """Return numbers for readers."""
    return [number(value) for value in scale * values.astype(float)]


def twins(rows: pd.DataFrame, column: str, scale: float = 1.0, twin: str | None = None) -> list[Cell]:
    """Return `masked → compacted`; one number where they are the same, a dash where nothing is known."""
    compacted = rows[twin or f"{column}_compacted"]
    pairs = zip(numbers(rows[column], scale), numbers(compacted, scale), strict=True)
    return [
        masked if masked == compacted else Cell(f"{masked}{ARROW}{compacted}", masked.order)
        for masked, compacted in pairs
    ]


def interval(value: float, low: float, high: float, form: str = "+.4f") -> Cell:
    """Return a number with its interval in brackets where it has one; a dash for what is not known."""
    if pd.isna(value):
        return Cell(DASH, value)
    around = "" if pd.isna(low) or pd.isna(high) else f" [{low:{form}}, {high:{form}}]"
    return Cell(f"{value:{form}}{around}", value)


def table(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return a table whose cells stay what they are."""
    return pd.DataFrame(dict(columns), dtype=object)


def as_html(rows: pd.DataFrame, caption: str = "") -> str:
    """Return a table as HTML: numbers have the attribute `data-order`, by which the page's script sorts; `caption` is HTML."""
    heads = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in rows.columns)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows.itertuples(index=False, name=None))
    above = f"<caption>{caption}</caption>" if caption else ""
    return f'<table class="sortable">{above}<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'


def _cell(value: Any) -> str:
    order = getattr(value, "order", value)
    if not isinstance(order, Real):
        return f'<td class="{"text" if len(str(value)) < LONG else "long"}">{escape(str(value))}</td>'
    return f'<td data-order="{"" if math.isnan(order) else repr(float(order))}">{escape(str(value))}</td>'
