"""Cells of tables: text that knows what it is sorted by, and tables of them as HTML."""

import math

import numpy as np
import pandas as pd
import pytest

from frugalnet.page import cells
from frugalnet.page.cells import ARROW, DASH, Cell


def order(cell: Cell) -> float | None:
    """Return what a cell is sorted by, None where it is not known."""
    return None if math.isnan(cell.order) else cell.order


@pytest.mark.parametrize(
    ("cell", "text", "value"),
    [
        (cells.number(1234.4), "1,234", 1234.4),
        (cells.number(0.12345), "0.123", 0.12345),
        (cells.number(99.97), "100", 99.97),
        (cells.number(99.94), "99.9", 99.94),
        (cells.number(np.nan), DASH, None),
        (cells.number(pd.NA), DASH, None),
        (cells.interval(0.0123, -0.001, 0.0256), "+0.0123 [-0.0010, +0.0256]", 0.0123),
        (cells.interval(-0.5, np.nan, np.nan, "+.2f"), "-0.50", -0.5),
        (cells.interval(np.nan, np.nan, np.nan), DASH, None),
    ],
)
def test_cells_are_sorted_by_their_value_and_not_by_their_text(cell, text, value):
    assert (cell, order(cell)) == (text, value)


def test_twins_are_sorted_by_the_masked_model():
    rows = pd.DataFrame({"macs": [1000, 10, np.nan], "macs_compacted": [400, 10, np.nan]})
    found = cells.twins(rows, "macs")
    assert found == [f"1,000{ARROW}400", "10", DASH]
    assert [order(cell) for cell in found] == [1000, 10, None]


def test_cells_keep_their_value_in_a_table_and_in_html():
    rows = cells.table(
        {"method": ["a < b", "c"], "energy": [cells.number(1234.5), cells.number(np.nan)], "seeds": [3, 2]}
    )
    html = cells.as_html(rows, "a note")
    assert "<caption><span>a note</span></caption><thead><tr>" in html
    assert html.count("<th ") == 3
    assert '<td class="text">a &lt; b</td><td data-order="1234.5">1,234</td><td data-order="3.0">3</td>' in html
    assert f'<td class="text">c</td><td data-order="">{DASH}</td><td data-order="2.0">2</td>' in html


def test_long_text_may_be_broken_into_lines():
    html = cells.as_html(cells.table({"why": ["x" * 50]}))
    assert f'<td class="long">{"x" * 50}</td>' in html


def test_rows_that_have_a_name_can_be_linked_and_others_have_none():
    named = cells.table({"seeds": [3]}, [cells.row_name("comparison", 7)])
    assert '<tr id="comparison-7"><td' in cells.as_html(named)
    assert "<tr><td" in cells.as_html(cells.table({"seeds": [3]}))


def test_heads_of_text_are_marked_so_that_they_are_sorted_as_words():
    html = cells.as_html(cells.table({"method": ["a"], "energy": [cells.number(np.nan)]}))
    assert '<th scope="col" class="text">method</th><th scope="col">energy</th>' in html


def test_infinity_is_a_number_for_the_page():
    assert '<td data-order="Infinity">' in cells.as_html(cells.table({"inferences": [cells.number(np.inf)]}))
