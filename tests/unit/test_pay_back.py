"""After how many inferences a method has paid for itself: marks, intervals, arrows and words."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from frugalnet import figures
from frugalnet.drawing.style import look, shade
from tests.unit.made_ledger import check_layout, labels, words


def paying(*rows: tuple, **changed) -> pd.DataFrame:
    """Return rows of `break_even` from method, batch, number of inferences, and its interval."""
    named = ("method", "batch", "break_even_inferences", "break_even_low", "break_even_high")
    common = {
        "dataset": "mnist",
        "variant": "default",
        "seeds": 5,
        "reason": None,
        "data_level": "official",
        "energy_source": "measured",
    }
    return pd.DataFrame(
        [common | {"energy_scope": "gpu"} | dict(zip(named, row, strict=True)) | changed for row in rows]
    )


def marks(axes: Axes, marker: str = "o") -> dict[tuple[float, float], str]:
    """Return the marks of a panel at their rounded height, with the colour of their face."""
    return {
        (float(each.get_xdata()[0]), round(float(each.get_ydata()[0]), 2)): str(each.get_markerfacecolor())
        for each in axes.get_lines()
        if each.get_marker() == marker
    }


def intervals(axes: Axes) -> list[tuple[float, ...]]:
    """Return the intervals of a panel, its separating lines left out."""
    return [
        tuple(map(float, each.get_xdata()))
        for each in axes.get_lines()
        if each.get_marker() == "None" and each.get_zorder() == 2
    ]


def test_marks_of_both_batches_are_at_the_inferences_that_pay_back():
    figure = figures.draw("pay_back", {"break_even": paying(("nas", 1, 5e5, 2e5, 9e5), ("nas", 256, 8e6, 3e6, 2e7))})
    (axes,) = figure.axes
    assert marks(axes) == {(5e5, -0.17): look("nas").colour, (8e6, 0.17): "white"}
    assert intervals(axes) == [(2e5, 9e5), (3e6, 2e7)]
    assert labels(figure) == {"inference with single samples", "inference with batches of 256"}
    assert not marks(axes, ">")
    assert not axes.texts


def test_interval_without_end_has_an_arrow_at_the_edge():
    (axes,) = figures.draw("pay_back", {"break_even": paying(("nas", 1, 5e5, 2e5, np.inf))}).axes
    ((low, high),) = intervals(axes)
    assert low == 2e5
    assert list(marks(axes, ">")) == [(pytest.approx(high), 0)]
    assert high == pytest.approx(axes.get_xlim()[1])


def test_end_that_is_very_far_is_drawn_as_none_and_a_start_at_zero_is_the_left_end():
    rows = paying(("nas", 1, 5e5, 0.0, 1e14))
    (axes,) = figures.draw("pay_back", {"break_even": rows}).axes
    assert axes.get_xlim()[1] < 1e8
    assert intervals(axes)[0][0] == axes.get_xlim()[0]
    assert len(marks(axes, ">")) == 1


def test_words_stand_where_there_is_no_number():
    rows = paying(
        ("pruning", 1, np.inf, np.inf, np.inf), ("pruning", 256, np.inf, np.inf, np.inf),
        ("nas", 1, 5e5, 2e5, 9e5), ("nas", 256, np.nan, np.nan, np.nan),
        ("joint", 1, np.inf, np.inf, np.inf), ("joint", 256, np.nan, np.nan, np.nan),
    )  # fmt: skip
    (axes,) = figures.draw("pay_back", {"break_even": rows}).axes
    found = {text.get_text(): round(text.get_position()[1], 2) for text in axes.texts}
    assert found == {"never": 0, "not known": 1.17, "never · not known": 2}
    edge = max(high for _, high in intervals(axes))
    assert list(marks(axes)) == [(5e5, 0.83)]
    assert not marks(axes, ">")
    assert edge < axes.get_xlim()[1]


def test_mean_that_saves_nothing_has_a_line_from_its_lower_end_on_without_a_mark():
    rows = paying(("nas", 1, 5e5, 2e5, 9e5), ("nas", 256, np.inf, 4e9, np.inf))
    (axes,) = figures.draw("pay_back", {"break_even": rows}).axes
    assert list(marks(axes)) == [(5e5, -0.17)]
    ((low, _),) = [ends for ends in intervals(axes) if ends[0] > 1e6]
    assert low == 4e9
    assert len(marks(axes, ">")) == 1
    assert not axes.texts


def test_one_seed_has_no_never_but_for_the_same_operations():
    rows = paying(("pruning", 1, np.inf, np.inf, np.inf), ("nas", 1, np.inf, np.inf, np.inf), seeds=1)
    rows.loc[0, "reason"] = "the same operations"
    (axes,) = figures.draw("pay_back", {"break_even": rows}).axes
    assert [text.get_text() for text in axes.texts] == ["never", "not within"]


def test_study_in_which_nothing_pays_is_drawn():
    figure = figures.draw(
        "pay_back", {"break_even": paying(("nas", 1, np.inf, np.inf, np.inf), ("joint", 1, np.nan, np.nan, np.nan))}
    )
    check_layout(figure, 1)
    assert "never" in words(figure)
    assert not list(figure.axes[0].get_xticks())


def test_rows_are_methods_with_their_variants():
    rows = paying(("pruning", 1, 5e5, 2e5, 9e5), ("pruning", 256, 5e5, 2e5, 9e5))
    (axes,) = figures.draw("pay_back", {"break_even": pd.concat([rows.assign(variant="unit-s0.75"), rows])}).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["pruning, unit-s0.75", "pruning"]


def test_pay_back_of_estimates_is_paler():
    rows = paying(("nas", 1, 5e5, 2e5, 9e5), energy_source="estimated", energy_scope="cpu")
    (axes,) = figures.draw("pay_back", {"break_even": rows}).axes
    assert set(marks(axes).values()) == {shade(look("nas").colour, "estimated")}
