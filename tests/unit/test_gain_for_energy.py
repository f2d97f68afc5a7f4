"""Gain in quality against energy saved: where marks and intervals are, what is hollow, and what is left out."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from frugalnet import figures
from frugalnet.drawing.style import look, shade
from tests.unit.made_ledger import check_layout, drawn_ticks, keys, labels, words
from tests.unit.made_study import looks, made_comparison, made_statistics

pytestmark = pytest.mark.long

COLUMNS = ("method", "quality_gain", "energy_per_inference_ratio")
ENDS = ("quality_gain_low", "quality_gain_high", "energy_per_inference_ratio_low", "energy_per_inference_ratio_high")
NAS, JOINT = ("nas", 0.002, 0.5), ("joint", -0.003, 0.25)
AROUND_NAS = (-0.001, 0.005, 0.4, 0.625)


def compared(*rows: tuple, dataset: str = "mnist", ends: tuple = AROUND_NAS, **changed) -> pd.DataFrame:
    """Return rows of `comparison` below their reference, from method, gain and energy; all have the same intervals."""
    common = looks("default") | {"reference": "continued", "reference_variant": "default", "seeds": 3} | changed
    return pd.DataFrame(
        [
            keys(dataset, row[0]) | common | dict(zip(COLUMNS, row, strict=True)) | dict(zip(ENDS, ends, strict=True))
            for row in (("continued", 0.0, 1.01), *rows)
        ]
    )


def drawn(comparison: pd.DataFrame, no_worse: tuple[str, ...] = (), column: bool = False):
    told = [
        keys("mnist", method) | {"equivalence": "no worse" if method in no_worse else "not shown"}
        for method in comparison["method"]
    ]
    tables = {"comparison": comparison, "statistics": pd.DataFrame(told)}
    return figures.draw("gain_for_energy", tables, column)


def mark(axes: Axes, method: str):
    """Return the one line that is the mark of a method."""
    (line,) = [line for line in axes.get_lines() if line.get_marker() == look(method).marker]
    return line


def place(axes: Axes, method: str) -> list[float]:
    return pytest.approx([float(value) for value in mark(axes, method).get_xydata()[0]])


def intervals(axes: Axes) -> list[list[list[float]]]:
    """Return the ends of the lines of marks, without the two that cross in the reference."""
    lines = [
        path.vertices.tolist()
        for bars in axes.collections
        if isinstance(bars, LineCollection)
        for path in bars.get_paths()
    ]
    return lines[2:]


def test_mark_is_at_energy_and_gain_in_points_and_the_reference_in_the_middle():
    (axes,) = drawn(compared(NAS)).axes
    assert place(axes, "nas") == [0.5, 0.2]
    (middle,) = [line for line in axes.get_lines() if line.get_label() == "the reference"]
    assert middle.get_xydata().tolist() == [[1, 0]]
    assert len(axes.get_lines()) == 2
    assert (axes.get_xscale(), axes.get_ylabel()) == ("log", "gain in accuracy (points)")


def test_gain_of_an_error_is_in_its_unit_and_up_is_better():
    (axes,) = drawn(compared(("nas", 0.03, 0.5), dataset="california_housing")).axes
    assert place(axes, "nas") == [0.5, 0.03]
    assert axes.get_ylabel() == "gain in MAE (100 000 $)"
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]


def test_both_sides_of_the_baseline_are_named_and_have_room():
    for ratio in (0.9, 5.0):
        (axes,) = drawn(compared(("nas", 0.002, ratio))).axes
        text = words(axes.figure)
        assert "saves energy" in text
        assert "takes more" in text
        low, high = np.log(axes.get_xlim())
        assert 0.29 < -low / (high - low) < 0.71
        assert "1\N{MULTIPLICATION SIGN}" in [tick.get_text() for tick in drawn_ticks(axes)]


def test_intervals_are_thin_lines_through_the_mark():
    assert intervals(drawn(compared(NAS)).axes[0]) == [
        pytest.approx(np.array([[0.4, 0.2], [0.625, 0.2]])),
        pytest.approx(np.array([[0.5, -0.1], [0.5, 0.5]])),
    ]


def test_single_seed_has_no_interval_of_its_quality():
    figure = drawn(compared(NAS, ends=(np.nan, np.nan, 0.4, 0.625), seeds=1))
    assert intervals(figure.axes[0]) == [pytest.approx(np.array([[0.4, 0.2], [0.625, 0.2]]))]
    nothing = drawn(compared(NAS, ends=(np.nan,) * 4, seeds=1))
    assert intervals(nothing.axes[0]) == []
    assert "one seed: no interval over seeds" in words(nothing)
    assert "95 %" not in words(nothing)


def test_controls_are_hollow_and_methods_filled_paler_where_energy_is_estimated():
    figure = drawn(compared(NAS, ("random_search", 0.001, 0.4)))
    (axes,) = figure.axes
    assert mark(axes, "random_search").get_markerfacecolor() == "none"
    assert mark(axes, "nas").get_markerfacecolor() == shade(look("nas").colour, "estimated")
    assert labels(figure) == {"the reference", "NAS", "controls"}
    assert labels(drawn(compared(NAS))) == {"the reference", "NAS"}


def test_model_without_energy_or_reference_is_left_out_and_counted():
    rows = compared(NAS, ("joint", 0.001, np.nan), ("pruning", np.nan, 0.5))
    figure = drawn(rows)
    assert len(figure.axes[0].get_lines()) == 2
    assert "2 left out: energy or reference not known" in words(figure)
    assert "left out" not in words(drawn(compared(NAS)))
    none = drawn(compared(("nas", 0.002, np.nan)))
    assert words(none).startswith("There are no methods whose quality and energy are known")


def test_best_cheapest_and_cheapest_that_is_no_worse_are_named():
    rows = compared(NAS, JOINT, ("pruning", -0.0005, 0.4), ("nas_pruning", -0.001, 0.8), ends=(np.nan,) * 4)
    named = {text.get_text() for text in drawn(rows, no_worse=("pruning", "nas_pruning")).axes[0].texts}
    assert {"NAS", "NAS with pruning inside", "pruning"} <= named
    assert "NAS + pruning" not in named


def test_model_that_is_far_worse_is_at_the_edge_paler():
    rows = compared(NAS, ("nas_pruning", 0.001, 0.6), JOINT, ("pruning", -0.5, 0.4), ends=(np.nan,) * 4)
    (axes,) = drawn(rows).axes
    far = mark(axes, "pruning")
    assert far.get_alpha() == 0.5
    assert axes.get_ylim()[0] > -2
    assert far.get_ydata()[0] == next(tick for tick, text in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True) if text.get_text() == "worse")  # fmt: skip


@pytest.mark.parametrize("column", [False, True])
def test_each_dataset_has_a_panel_whose_texts_have_room(column):
    tables = {"comparison": made_comparison("paper, searched", 2, 3), "statistics": made_statistics(2)}
    check_layout(figures.draw("gain_for_energy", tables, column), 2)


def test_one_dataset_alone_has_no_title_and_all_is_inside():
    tables = {"comparison": made_comparison("paper, searched", 1, 3), "statistics": made_statistics(1)}
    figure = figures.draw("gain_for_energy", tables, column=True)
    (axes,) = figure.axes
    assert axes.get_title() == ""
    figure.draw_without_rendering()
    boxes = [figure._supxlabel.get_window_extent(), figure.legends[0].get_window_extent(), axes.get_tightbbox()]
    assert all(not one.overlaps(other) for one, other in combinations(boxes, 2))
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
