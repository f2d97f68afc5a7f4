"""Figures of a study whose methods have variants: what is drawn where, and that it stays readable."""

import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from frugalnet import figures
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.quality_range import within_sight
from frugalnet.drawing.style import RIM_COLOUR, looks, marker_style, series, tint
from frugalnet.figures.sparsity_over_training import apart
from frugalnet.figures.three_sizes import SIZES
from tests.unit.made_ledger import NO_TRIALS, check_layout, labels, made_timelines, words
from tests.unit.made_study import (
    VARIANTS,
    made_comparison,
    made_epochs,
    made_runs,
    made_study_windows,
    methods_and_variants,
)

pytestmark = pytest.mark.long

OF_VARIANTS = (
    "three_sizes", "quality_against_parameters", "quality_against_energy", "where_energy_went", "learning_curves",
    "sparsity_over_training",
)  # fmt: skip


def made_tables(kind: str, datasets: int = 1, seeds: int = 1) -> dict[str, pd.DataFrame]:
    """Return the tables of a study with variants; in the real one, a compacted model is missing."""
    comparison = made_comparison(kind, datasets, seeds)
    if kind == "paper":
        missing = [name for name in comparison if "compact" in name or name == "gzip_bytes"]
        comparison.loc[5, missing] = np.nan
    tables = {"comparison": comparison, "epochs": made_epochs(kind, datasets, seeds, 4), "trials": NO_TRIALS}
    tables |= {"runs": made_runs(comparison)}
    return tables | {"windows": made_study_windows(kind, datasets, 1), "timelines": made_timelines(datasets)}


def cost(comparison: pd.DataFrame):
    return figures.draw("quality_against_cost", {"comparison": comparison})


def drawn_points(axes, marker: str, colour: str) -> list[tuple[float, float]]:
    """Return the points of a panel with this marker and colour, the legend's empty ones left out."""
    lines = [line for line in axes.get_lines() if line.get_marker() == marker and line.get_color() == colour]
    return [(float(x), float(y)) for line in lines for x, y in line.get_xydata()]


def test_sparsity_is_written_as_variants_are_named_by_it():
    rows = pd.DataFrame(
        {"family": ["weight", ""], "pruning.granularity": ["weight", None], "pruning.sparsity": [0.9, None]}
    )
    assert looks(rows)["setting"].tolist() == ["0.90", ""]


def test_look_of_an_epoch_is_that_of_its_run():
    epochs = pd.DataFrame({"run": ["b", "a"], "sparsity": [0.1, 0.2]})
    runs = pd.DataFrame(
        {
            "run": ["a", "b"],
            "family": ["unit", ""],
            "pruning.granularity": ["unit", None],
            "pruning.sparsity": [0.5, None],
        }
    )
    found = looks(epochs, runs)
    assert found["family"].tolist() == ["", "unit"]
    assert found["setting"].tolist() == ["", "0.50"]
    assert found["sparsity"].tolist() == [0.1, 0.2]


def test_legend_names_a_method_and_its_family():
    assert series("pruning", "unit, distilled") == "pruning, unit, distilled"
    assert series("baseline", "") == "baseline"


def test_markers_tell_granularity_and_recipe():
    weight = marker_style("pruning", granularity="weight", family="weight")
    unit = marker_style("pruning", granularity="unit", family="unit")
    other = marker_style("pruning", granularity="unit", family="unit, slow")
    assert weight["marker"] != unit["marker"] == other["marker"]
    assert weight["color"] == unit["color"] == other["color"]
    assert (unit["markeredgecolor"], other["markeredgecolor"]) == (unit["color"], RIM_COLOUR)


def test_tints_of_a_family_end_in_the_full_colour():
    tints = [tint("#d55e00", place, 3) for place in range(3)]
    assert tints[-1] == "#d55e00"
    assert len(set(tints)) == 3
    assert tint("#d55e00", 0, 1) == "#d55e00"


@pytest.mark.parametrize("name", OF_VARIANTS)
@pytest.mark.parametrize(("kind", "datasets", "seeds"), [("quick", 4, 1), ("paper", 2, 3)])
def test_figure_with_many_variants_has_no_text_on_other_text(name, kind, datasets, seeds):
    figure = figures.draw(name, made_tables(kind, datasets, seeds))
    check_layout(figure, datasets)
    assert len(labels(figure)) <= 16


@pytest.mark.parametrize(("kind", "datasets", "seeds"), [("quick", 2, 1), ("paper", 1, 5)])
def test_costs_have_a_row_per_dataset_and_no_text_on_other_text(kind, datasets, seeds):
    figure = cost(made_tables(kind, datasets, seeds)["comparison"])
    assert len(figure.axes) == 4 * datasets
    check_layout(figure, datasets)


def test_three_sizes_of_every_model_are_drawn_at_their_bytes():
    comparison = made_comparison("quick")
    (panel,) = figures.draw("three_sizes", {"comparison": comparison}).axes
    lines = {line.get_label(): line for line in panel.get_lines()}
    for column, style in SIZES.items():
        assert list(lines[style["label"]].get_xdata()) == comparison[column].tolist()
    names = [text.get_text().replace("\n", " ") for text in panel.get_yticklabels()]
    assert names[2:4] == ["pruning, weight-s0.90", "pruning, unit-s0.50"]


def test_baseline_is_the_yardstick_of_sizes():
    comparison = made_comparison("quick")
    (panel,) = figures.draw("three_sizes", {"comparison": comparison}).axes
    (yardstick,) = [line for line in panel.get_lines() if line.get_label() == "baseline's file"]
    assert set(yardstick.get_xdata()) == {comparison["model_bytes"].iloc[0]}


def test_curves_of_weights_and_units_are_drawn_at_the_compacted_costs():
    comparison = made_comparison("paper")
    size, operations, latency, batch = cost(comparison).axes
    units = comparison[(comparison["method"] == "pruning") & (comparison["family"] == "unit")]
    for axes, x in (
        (size, units["compacted_bytes"]),
        (operations, units["macs_compacted"]),
        (latency, units["latency_ratio"]),
        (batch, units["latency_large_ratio"]),
    ):
        curves = [list(line.get_xdata()) for line in axes.get_lines() if len(line.get_xdata()) == len(units)]
        assert list(x) in curves
        assert set(zip(x, units["quality_mean"], strict=True)) <= set(drawn_points(axes, "D", "#d55e00"))


def test_curve_follows_the_weights_left_not_the_order_of_the_table():
    comparison = made_comparison("paper")
    shuffled = comparison.sample(frac=1, random_state=0)
    lines = [
        sorted(tuple(line.get_xdata()) for line in cost(rows).axes[0].get_lines() if len(line.get_xdata()) > 2)
        for rows in (comparison, shuffled)
    ]
    assert lines[0] == lines[1]


def test_each_reference_is_a_line():
    comparison = made_comparison("quick")
    across = [line for line in cost(comparison).axes[0].get_lines() if list(line.get_xdata()) == [0, 1]]
    references = comparison.loc[comparison["method"].isin(["baseline", "continued"]), "quality_mean"]
    assert [set(line.get_ydata()) for line in across] == [{quality} for quality in references]


def test_cost_that_was_not_measured_is_said_to_be_missing():
    text = words(cost(made_comparison("quick").assign(latency_ratio=np.nan)))
    assert text.count("not measured") == 1


def test_study_without_the_reference_is_drawn():
    rows = made_comparison("quick")
    assert "pruning, unit" in labels(cost(rows[rows["method"] == "pruning"].assign(reference=None)))


@pytest.mark.parametrize("dataset", ["mnist", "california_housing"])
def test_only_controls_that_are_far_worse_are_out_of_sight(dataset):
    rows = made_comparison("paper", 2)
    rows = rows[rows["dataset"] == dataset]
    hidden = rows[~within_sight(rows)]
    assert set(hidden["method"]) == {"random"}
    assert hidden["variant"].tolist() != rows.loc[rows["method"] == "random", "variant"].tolist()
    assert within_sight(rows[rows["method"] == "random"]).all()


@pytest.mark.parametrize(("dataset", "end"), [(0, 0), (1, 1)])
def test_far_worse_controls_lie_inside_the_edge_with_their_quality_beside_them(dataset, end):
    comparison = made_comparison("quick", 2)
    figure = cost(comparison)
    axes = figure.axes[4 * dataset]
    chance = comparison[(comparison["method"] == "random") & (comparison["variant"] == "weight-s0.90")].iloc[dataset]
    low, high = axes.get_ylim()
    assert not low <= chance["quality_mean"] <= high
    ((_, y),) = drawn_points(axes, "v", "#7a6a00")
    assert low < y < high
    assert abs(y - (low, high)[end]) < 0.1 * (high - low)
    assert f"{chance['quality_mean']:.3g}" in words(figure)


def test_controls_from_new_weights_start_at_the_first_epoch():
    (panel,) = figures.draw(
        "learning_curves", {"epochs": made_epochs("quick"), "runs": made_runs(made_comparison("quick"))}
    ).axes
    starts = {line.get_label(): min(line.get_xdata()) for line in panel.get_lines()}
    scratch = series("scratch", "unit")
    assert (starts[scratch], starts["pruning, unit"]) == (1, 9)


def test_sparsities_end_in_the_names_of_their_variants():
    (panel,) = figures.draw(
        "sparsity_over_training", {"epochs": made_epochs("paper"), "runs": made_runs(made_comparison("paper"))}
    ).axes
    assert sorted(text.get_text() for text in panel.texts) == sorted(VARIANTS["paper"])


def test_rows_of_energies_are_all_named():
    figure = figures.draw("where_energy_went", made_tables("paper"))
    assert len(figure.axes[0].get_yticklabels()) == len(methods_and_variants("paper"))


@pytest.mark.parametrize(
    ("heights", "expected"),
    [([], []), ([0.2, 0.8], [0.2, 0.8]), ([0.5, 0.5], [0.45, 0.55]), ([0.9, 1.0, 1.0], [0.8, 0.9, 1.0])],
)
def test_names_that_are_close_move_apart_and_stay_on_the_axis(heights, expected):
    assert apart(heights, 0.1) == pytest.approx(expected)


def test_label_without_room_is_left_out_and_others_are_beside_their_point():
    figure = matplotlib.figure.Figure(figsize=(3, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], "o")
    place_labels(figure, {axes: [Label(0, 0, "first", "black"), *[Label(1, 1, f"{n}", "black") for n in range(20)]]})
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["first", "0"]
    assert len(texts) < 21
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(box.count_overlaps(boxes) == 1 for box in boxes)


def test_important_label_stands_farther_off_with_a_line_to_its_point_where_others_are_left_out():
    figure = matplotlib.figure.Figure(figsize=(3, 3), layout="constrained")
    axes = figure.subplots()
    around = np.linspace(0.43, 0.57, 6)
    axes.plot(np.repeat(around, 6), np.tile(around, 6), "o")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    place_labels(figure, {axes: [Label(0.5, 0.5, "usual", "black"), Label(0.5, 0.5, "best", "black", important=True)]})
    (label,) = axes.texts
    assert label.get_text() == "best"
    assert label.arrow_patch is not None
