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
    whole = abs(value) >= 99.95 or value == int(value)  # three digits of which are 100
    return Cell(f"{value:,.0f}" if whole else f"{value:#.3g}", value)


def numbers(values: pd.Series, scale: float = 1.0) -> list[Cell]:
    """Return numbers for readers."""
    return [number(value) for value in scale * values.astype(float)]


def quality(value: Any) -> Cell:
    """Return a quality with four digits after the point; a dash for what is not known."""
    return Cell(DASH if pd.isna(value) else f"{value:.4f}", value)


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


def row_name(table: str, row: Any) -> str:
    """Return the name that a row of a table of the study has on the page, by which links find it."""
    return f"{table}-{row}"


def table(columns: Mapping[str, Sequence[Any]], names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return a table whose cells stay what they are; `names` are those of its rows on the page."""
    return pd.DataFrame(dict(columns), index=names, dtype=object)


def as_html(rows: pd.DataFrame, caption: str = "") -> str:
    """Return a table as HTML; `caption` is HTML.

    Numbers have the attribute `data-order`, by which the page's script sorts; rows with a name have it as their id.
    """
    heads = "".join(map(_head, rows.columns, rows.T.to_numpy()))
    named = [f' id="{escape(name)}"' if isinstance(name, str) else "" for name in rows.index]
    lines = zip(named, rows.itertuples(index=False, name=None), strict=True)
    body = "\n".join(f"<tr{name}>{''.join(map(_cell, row))}</tr>" for name, row in lines)
    above = f"<caption><span>{caption}</span></caption>" if caption else ""
    return f'<table class="sortable">{above}<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'


def _head(name: Any, cells: Sequence[Any]) -> str:
    kind = "" if all(isinstance(_order(cell), Real) for cell in cells) else ' class="text"'
    return f'<th scope="col"{kind}>{escape(str(name))}</th>'


def _order(value: Any) -> Any:
    return getattr(value, "order", value)


def _cell(value: Any) -> str:
    order = _order(value)
    if not isinstance(order, Real):
        return f'<td class="{"text" if len(str(value)) < LONG else "long"}">{escape(str(value))}</td>'
    sorted_by = "" if math.isnan(order) else "Infinity" if order == math.inf else repr(float(order))
    return f'<td data-order="{sorted_by}">{escape(str(value))}</td>'
