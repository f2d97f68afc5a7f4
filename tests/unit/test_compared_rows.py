"""The comparison on the page: all rows, or of thousands those that are compared with a reference, and the first."""

import pytest

from frugalnet.page import compared
from tests.unit.made_study import made_comparison


@pytest.fixture
def rows(monkeypatch):
    """Four rows; the tables have nothing but the titles of theirs."""
    for name in ("quality_and_energy", "sizes", "operations", "memory"):
        monkeypatch.setattr(compared, name, lambda rows: rows["variant"].tolist())
    for name in ("gain_note", "carbon_note", "flagged_note"):
        monkeypatch.setattr(compared, name, lambda rows: "")
    variants = ["draw0001", "draw0002", "only-scaling", "all-off"]
    return (
        made_comparison()
        .head(4)
        .assign(
            variant=variants,
            is_reference=[False, False, False, True],
            quality_gain=[float("nan"), float("nan"), 0.01, float("nan")],
        )
    )


def test_all_rows_are_shown_where_there_is_room(rows):
    for shown, note in compared.tables(rows).values():
        assert shown == ["draw0001", "draw0002", "only-scaling", "all-off"] and "rows" not in note


def test_of_very_many_rows_those_without_a_gain_over_a_reference_are_left_out_first(rows, monkeypatch):
    monkeypatch.setattr(compared, "MOST_ROWS", 3)
    for shown, note in compared.tables(rows).values():
        assert shown == ["draw0001", "only-scaling", "all-off"] and note.endswith(" · 3 of 4 rows")
