"""How much better methods are than the reference: marks, intervals, seeds, margin, and what lies beyond the panel."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from frugalnet import figures
from frugalnet.drawing.style import look
from tests.unit.made_ledger import check_layout, keys, labels, words
from tests.unit.made_study import looks

pytestmark = pytest.mark.long

COLUMNS = ("method", "quality_mean", "quality_gain", "quality_gain_low", "quality_gain_high")


def compared(*rows: tuple, dataset: str = "mnist", seeds: int = 3, **changed) -> pd.DataFrame:
    """Return rows of `comparison` below a reference, from method, quality, gain and the interval of the gain."""
    reference = ("continued", 0.98, 0.0, np.nan, np.nan)
    common = (
        looks("default")
        | {"variant": "default", "reference": "continued", "reference_variant": "default", "seeds": seeds}
        | {"data_level": "official", "quality_gain_contains": "seeds" if seeds > 1 else None}
        | changed
    )
    return pd.DataFrame(
        [
            keys(dataset, row[0]) | common | dict(zip(COLUMNS, row, strict=True)) | {"is_reference": row is reference}
            for row in (reference, *rows)
        ]
    )


def runs(dataset: str = "mnist", **qualities: list[float]) -> pd.DataFrame:
    """Return runs of methods, a quality per seed."""
    return pd.DataFrame(
        [
            keys(dataset, method, seed) | {"test_quality": quality}
            for method, of_seeds in qualities.items()
            for seed, quality in enumerate(of_seeds)
        ]
    )


def margin(value: float = 0.005, dataset: str = "mnist") -> pd.DataFrame:
    return pd.DataFrame(
        [{"dataset": dataset, "equivalence_margin": np.nan}, {"dataset": dataset, "equivalence_margin": value}]
    )


def drawn(comparison: pd.DataFrame, of_seeds: pd.DataFrame, statistics: pd.DataFrame | None = None):
    tables = {
        "comparison": comparison,
        "runs": of_seeds,
        "statistics": pd.DataFrame() if statistics is None else statistics,
    }
    return figures.draw("gain_over_reference", tables)


THREE = runs(continued=[0.97, 0.98, 0.99], nas=[0.975, 0.981, 0.991])
NAS = ("nas", 0.9823, 0.0023, -0.001, 0.0056)


def marks(axes: Axes, marker: str) -> list[float]:
    return [float(x) for line in axes.get_lines() if line.get_marker() == marker for x in line.get_xdata()]


def seeds(axes: Axes) -> list[float]:
    """Return the gains of single seeds, from the top."""
    return [float(x) for dots in axes.collections for x, _ in dots.get_offsets()]


def intervals(axes: Axes) -> list[tuple[float, ...]]:
    return [tuple(map(float, line.get_xdata())) for line in axes.get_lines() if line.get_linewidth() == 1.1]


def test_mean_interval_and_seeds_stand_right_of_zero_where_the_method_is_better():
    figure = drawn(compared(NAS), THREE)
    (axes,) = figure.axes
    assert marks(axes, look("nas").marker) == [0.0023]
    assert intervals(axes) == [(-0.001, 0.0056)]
    assert seeds(axes) == pytest.approx([0.005, 0.001, 0.001])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["NAS"]
    assert labels(figure) == {"mean over seeds, 95 % interval", "one of the seeds"}
    assert "3 seeds · gains paired by seed, intervals over seeds" in words(figure)


def test_seeds_of_an_error_are_better_where_it_is_lower():
    rows = compared(("nas", 0.30, 0.02, 0.01, 0.03), dataset="california_housing")
    of_seeds = runs("california_housing", continued=[0.31, 0.33], nas=[0.30, 0.30])
    (axes,) = drawn(rows, of_seeds).axes
    assert seeds(axes) == pytest.approx([0.01, 0.03])
    assert axes.get_xlabel() == "gain over continued (control)\ntest MAE (100 000 $), better \N{RIGHTWARDS ARROW}"


def test_seed_that_the_reference_does_not_have_is_left_out():
    of_seeds = runs(continued=[0.97, 0.98], nas=[0.975, 0.981, 0.5])
    assert seeds(drawn(compared(NAS), of_seeds).axes[0]) == pytest.approx([0.005, 0.001])


def test_one_seed_has_no_interval_and_that_is_said():
    figure = drawn(compared(("nas", 0.99, 0.01, np.nan, np.nan), seeds=1), runs(continued=[0.98], nas=[0.99]))
    assert intervals(figure.axes[0]) == []
    assert labels(figure) == {"one seed, no interval"}
    assert "one seed: no interval" in words(figure)


def test_margin_is_a_band_around_zero():
    figure = drawn(compared(NAS), THREE, margin())
    (band,) = figure.axes[0].patches
    assert (band.get_x(), band.get_x() + band.get_width()) == (-0.005, 0.005)
    assert "within the margin of equivalence" in labels(figure)
    assert not drawn(compared(NAS), THREE, margin(np.nan)).axes[0].patches


def test_control_that_is_far_worse_is_an_arrow_with_its_gain():
    rows = compared(NAS, ("random", 0.1, -0.88, -0.9, -0.86))
    (axes,) = drawn(rows, THREE).axes
    assert axes.get_xlim()[0] > -0.05
    assert marks(axes, "<") == [axes.get_xlim()[0]]
    assert [text.get_text() for text in axes.texts] == ["-0.88"]


def test_interval_that_is_very_long_goes_on_beyond_the_panel():
    (axes,) = drawn(compared(("nas", 0.9823, 0.0023, -0.4, 0.4)), THREE).axes
    low, high = axes.get_xlim()
    assert -0.05 < low < high < 0.05
    assert intervals(axes) == [(low, high)]
    assert (marks(axes, "<"), marks(axes, ">")) == ([low], [high])


def test_rows_with_other_references_are_marked_and_their_seeds_are_paired_with_those():
    rows = compared(NAS, ("nas_pruning", 0.985, 0.005, 0.0, 0.01), ("joint", 0.986, 0.006, 0.0, 0.01))
    rows.loc[1, "reference"] = "baseline"
    of_seeds = pd.concat([THREE, runs(baseline=[0.974, 0.979, 0.988], nas_pruning=[0.98, 0.985, 0.99])])
    (axes,) = drawn(rows, of_seeds).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "NAS \N{SUPERSCRIPT ONE}", "NAS + pruning", "NAS with pruning inside",
    ]  # fmt: skip
    above, below = "gain over continued (control)", "\N{SUPERSCRIPT ONE} over baseline"
    assert axes.get_xlabel().split("\n") == [above, below, "test accuracy, better \N{RIGHTWARDS ARROW}"]
    of_nas, of_pruned = [0.001, 0.002, 0.003], [0.01, 0.005, 0.0]
    assert seeds(axes) == pytest.approx([*of_nas, *of_pruned])


def test_variant_of_a_reference_is_another_one():
    rows = compared(NAS, ("pruning", 0.985, 0.005, 0.0, 0.01), ("joint", 0.986, 0.006, 0.0, 0.01))
    rows.loc[2, "reference_variant"] = "distilled"
    of_seeds = pd.concat([runs(continued=[0.98] * 3).assign(variant="distilled"), THREE, runs(pruning=[0.985] * 3)])
    (axes,) = drawn(rows, of_seeds).axes
    assert "\N{SUPERSCRIPT ONE} over continued (control), distilled" in axes.get_xlabel()
    assert seeds(axes)[3:] == pytest.approx([0.005] * 3)


def test_what_is_its_own_reference_has_no_row_though_others_that_are_references_have_one():
    rows = compared(NAS, ("baseline", 0.979, -0.001, -0.002, 0.0)).assign(is_reference=[True, False, True])
    (axes,) = drawn(rows, THREE).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["NAS", "baseline"]


def test_intervals_with_and_without_test_samples_are_told_apart():
    rows = compared(NAS, ("joint", 0.986, 0.006, 0.0, 0.01))
    assert "over seeds and test samples" in words(
        drawn(rows.assign(quality_gain_contains="seeds and test samples"), THREE)
    )
    both = rows.assign(quality_gain_contains=[None, "seeds", "seeds and test samples"])
    assert "or seeds alone where scores of samples were not kept" in " ".join(words(drawn(both, THREE)).split())


def test_study_without_a_reference_has_a_figure_that_says_so():
    rows = compared(NAS).assign(reference=None, quality_gain=np.nan)
    assert words(drawn(rows, THREE)) == "There are no methods to compare with a reference."


@pytest.mark.parametrize("column", [False, True])
def test_arrows_and_gains_have_room(column):
    rows = compared(NAS, ("random", 0.1, -0.88, -0.9, -0.86))
    tables = {"comparison": rows, "runs": THREE, "statistics": margin()}
    check_layout(figures.draw("gain_over_reference", tables, column), 1)
