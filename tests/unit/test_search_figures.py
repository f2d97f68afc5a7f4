"""Figures of architecture search: the trials and their front, the path of a search; the table of trials."""

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from frugalnet import catalogue, figures
from frugalnet.drawing.fronts import front
from frugalnet.drawing.quality_range import edge
from frugalnet.drawing.style import RIM_COLOUR, look, marker_style
from frugalnet.drawing.trial_points import WINNER, in_sight
from frugalnet.page import cells, readable
from tests.unit.made_ledger import check_layout, heading, keys, labels
from tests.unit.made_searches import made_searches, searched_study

pytestmark = pytest.mark.long

OF_SEARCH = ("search_trials", "search_path", "pay_back")
OTHERS = (
    "gain_over_reference", "three_sizes", "memory", "quality_against_cost", "quality_against_parameters",
    "quality_against_energy", "where_energy_went", "run_timeline", "learning_curves", "sparsity_over_training",
)  # fmt: skip


def few_trials(dataset: str = "mnist", **changed) -> pd.DataFrame:
    """Return four trials of one search on measured energies, the third of which failed; some columns changed."""
    lost = [np.nan]
    columns = {
        "trial": [0, 1, 2, 3], "status": ["complete", "complete", "failed", "complete"],
        "objective": [0.90, 0.93, *lost, 0.92], "quality": [0.91, 0.95, *lost, 0.94],
        "parameters": [1000.0, 9000.0, 70_000.0, 2000.0], "parameters_compacted": [1000.0, 9000.0, *lost, 2000.0],
        "train_energy_j": [50.0, 40.0, *lost, 80.0], "energy_j": [60.0, 50.0, 5.0, 100.0],
        "duration_s": [6.0, 5.0, 1.0, 10.0], "winner": [False, True, False, False],
    }  # fmt: skip
    return pd.DataFrame(keys(dataset, "nas", source="measured", scope="gpu") | columns | changed)


def on_front(trials: pd.DataFrame, *numbers: int) -> pd.DataFrame:
    """Return the table of the front, with these trials on it."""
    return trials.assign(front=trials["trial"].isin(numbers))


def drawn(name: str, **changed: pd.DataFrame):
    """Draw a figure of few trials and no final models, some tables changed."""
    trials = changed.get("trials", few_trials())
    tables = {"trials": trials, "pareto": on_front(trials), "comparison": pd.DataFrame()}
    return figures.draw(name, tables | changed)


def points(axes: Axes) -> PathCollection:
    """Return the trials of the one search in a panel."""
    (found,) = [each for each in axes.collections if isinstance(each, PathCollection) and len(set(each.get_sizes())) == 1
                and not str(each.get_label()).endswith(WINNER)]  # fmt: skip
    return found


def places(axes: Axes) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in points(axes).get_offsets()]


def ringed(axes: Axes) -> list[tuple[float, float]]:
    (ring,) = [each for each in axes.collections if str(each.get_label()).endswith(WINNER)]
    return [(float(x), float(y)) for x, y in ring.get_offsets()]


def crosses(axes: Axes) -> list[float]:
    """Return where the crosses on the axis are."""
    return [float(line.get_xdata()[0]) for line in axes.get_lines() if line.get_marker() == "x"]


def line(axes: Axes) -> list[tuple[float, float]]:
    """Return the corners of the one line in a panel."""
    (found,) = [each for each in axes.get_lines() if each.get_linestyle() == "-" and len(each.get_xdata()) > 1]
    return list(zip(found.get_xdata(), found.get_ydata(), strict=True))


@pytest.mark.parametrize("name", [*OF_SEARCH, *OTHERS])
@pytest.mark.parametrize(
    ("kind", "datasets", "seeds", "trials", "column"),
    [
        ("quick, searched", 4, 1, 3, False),
        ("quick, searched", 2, 1, 3, True),
        ("paper, searched", 2, 5, 10, False),
        ("paper, searched", 2, 5, 10, True),
    ],
)
def test_no_text_is_on_other_text(name, kind, datasets, seeds, trials, column):
    check_layout(figures.draw(name, searched_study(kind, datasets, seeds, trials), column), datasets)


@pytest.mark.parametrize("datasets", [1, 3])
@pytest.mark.parametrize("name", OF_SEARCH)
def test_one_or_three_datasets_have_room(name, datasets):
    check_layout(figures.draw(name, searched_study("quick, searched", datasets)), datasets)


def test_trials_are_drawn_at_their_size_and_at_the_energy_of_their_training():
    size, energy = drawn("search_trials").axes
    assert places(size) == [(1000, 0.91), (9000, 0.95), (2000, 0.94)]
    assert places(energy) == [(50, 0.91), (40, 0.95), (80, 0.94)]
    assert ringed(size) == [(9000, 0.95)]
    assert ringed(energy) == [(40, 0.95)]


def test_front_of_a_panel_is_that_of_its_two_axes():
    size, energy = drawn("search_trials").axes
    assert line(size) == [(1000, 0.91), (2000, 0.91), (2000, 0.94), (9000, 0.94), (9000, 0.95)]
    energies = [tuple(map(float, each.get_data()[0])) for each in energy.get_lines() if each.get_linestyle() == "-"]
    assert energies == [(40.0,)]


def test_front_of_an_error_is_its_lowest():
    rows = few_trials("california_housing").assign(x=[1.0, 2, 3, 4], y=[0.5, 0.6, 0.4, 0.4])
    assert front(rows)["trial"].tolist() == [0, 2]


def test_front_over_all_costs_is_rimmed():
    size, _ = drawn("search_trials", pareto=on_front(few_trials(), 0, 3)).axes
    dark = [matplotlib.colors.to_hex(edge) == RIM_COLOUR for edge in points(size).get_edgecolors()]
    assert dark == [True, False, True]
    assert "on the front over all costs" in labels(drawn("search_trials", pareto=on_front(few_trials(), 0)))
    assert "on the front over all costs" not in labels(drawn("search_trials", pareto=pd.DataFrame()))


def test_front_of_another_search_rims_no_trial_of_this_one():
    other = on_front(few_trials(), 0).assign(run="mnist/nas/default/seed1")
    assert "on the front over all costs" not in labels(drawn("search_trials", pareto=other))


def test_failed_trial_is_a_cross_at_its_parameters_or_at_the_left_end():
    size, energy = drawn("search_trials").axes
    assert crosses(size) == [70_000]
    assert crosses(energy) == [energy.get_xlim()[0]]
    unknown = drawn("search_trials", trials=few_trials(parameters=np.nan)).axes[0]
    assert crosses(unknown) == [unknown.get_xlim()[0]]
    assert "failed trial" not in labels(drawn("search_trials", trials=few_trials().query("status == 'complete'")))


def test_baseline_and_pruned_models_are_drawn_with_their_own_energy():
    tables = searched_study()
    figure = figures.draw("search_trials", tables)
    models = tables["comparison"].query("method in ('baseline', 'pruning')")
    for axes, column, source in zip(
        figure.axes, ("parameters_compacted", "train_energy_j"), ("measured", "estimated"), strict=True
    ):
        found = {
            (float(each.get_xdata()[0]), float(each.get_ydata()[0])): each.get_color()
            for each in axes.get_lines() if len(each.get_xdata()) == 1 and each.get_marker() != "x"
        }  # fmt: skip
        assert found == {
            (float(getattr(row, column)), row.validation_quality_mean): marker_style(row.method, source)["color"]
            for row in models.itertuples()
        }
    assert {"baseline (final)", "pruning, weight (final)", "pruning, unit (final)"} <= labels(figure)


def test_methods_of_search_have_markers_of_their_own_and_later_trials_are_darker():
    figure = figures.draw("search_trials", searched_study(trials=6))
    assert {"trials of NAS", "trials of NAS with pruning inside", "winner of the search"} <= labels(figure)
    size, _ = drawn("search_trials").axes
    shades = [sum(colour[:3]) for colour in points(size).get_facecolors()]
    assert shades == sorted(shades, reverse=True)
    assert matplotlib.colors.to_hex(points(size).get_facecolors()[0]) == look("nas").colour


def test_no_colour_of_an_estimated_energy_is_one_of_a_measured_one():
    estimated = few_trials(energy_source="estimated", energy_scope="cpu")
    for name, panel in (("search_trials", 1), ("search_path", 0)):
        firm, pale = (
            points(drawn(name, trials=rows).axes[panel]).get_facecolors() for rows in (few_trials(), estimated)
        )
        assert (pale[:, :3] >= 0.498).all()
        assert not (firm[:, :3] >= 0.498).all(axis=1).any()
    sizes = [points(drawn("search_trials", trials=rows).axes[0]).get_facecolors() for rows in (few_trials(), estimated)]
    assert (sizes[0] == sizes[1]).all()


def test_few_trials_have_their_numbers_and_many_have_none():
    assert {"0", "1", "3"} <= {text.get_text() for text in drawn("search_trials").axes[0].texts}
    many = figures.draw("search_trials", searched_study(trials=10))
    assert not any(text.get_text().isdigit() for axes in many.axes for text in axes.texts)


@pytest.mark.parametrize(("dataset", "bad", "end"), [("mnist", 0.1, 0), ("california_housing", 9.0, 1)])
def test_trial_that_learned_nothing_lies_on_the_edge_with_its_quality(dataset, bad, end):
    trials = few_trials(dataset, quality=[bad, 0.95, np.nan, 0.94], objective=[bad, 0.95, np.nan, 0.94])
    for name in ("search_trials", "search_path"):
        axes = drawn(name, trials=trials).axes[0]
        low, high = axes.get_ylim()
        assert high - low < 0.1
        assert abs(places(axes)[0][1] - (low, high)[end]) < 0.1 * (high - low)
        assert f"{bad:.3g}" in [text.get_text() for text in axes.texts]


def test_values_that_differ_little_are_all_in_sight():
    assert in_sight(pd.Series([0.95, 0.951, 0.949, np.nan]), "mnist").tolist() == [True, True, True, False]


@pytest.mark.parametrize("name", ["search_trials", "search_path"])
def test_search_whose_trials_all_failed_is_drawn(name):
    unknown = dict.fromkeys(("objective", "quality", "parameters", "parameters_compacted", "train_energy_j"), np.nan)
    figure = drawn(name, trials=few_trials(status="failed", winner=False, **unknown))
    assert "failed trial" in labels(figure)
    assert [len(crosses(axes)) for axes in figure.axes if heading(axes)] == [4]


def test_energy_of_training_that_is_not_known_is_said_to_be_missing():
    trials = few_trials(train_energy_j=np.nan, energy_j=np.nan, energy_source=None, energy_scope=None)
    figure = drawn("search_trials", trials=trials)
    assert "not known" in [text.get_text() for text in figure.axes[1].texts]
    assert len(places(figure.axes[0])) == 3


def test_path_is_over_the_energy_of_all_trials_so_far_failed_ones_included():
    (axes,) = drawn("search_path").axes
    assert places(axes) == [(60, 0.90), (110, 0.93), (215, 0.92)]
    assert crosses(axes) == [115]
    assert line(axes) == [(60, 0.90), (110, 0.93), (115, 0.93), (215, 0.93)]
    assert ringed(axes) == [(110, 0.93)]
    assert axes.get_xlabel() == "energy of the trials so far (J)\nmeasured"


def test_path_of_an_error_goes_down():
    (axes,) = drawn("search_path", trials=few_trials("california_housing")).axes
    assert [y for _, y in line(axes)] == [0.90, 0.90, 0.90, 0.90]
    assert axes.get_ylabel() == "objective (100 000 $)\nlower is better"


def test_path_is_in_the_order_of_trials_and_each_search_has_its_own():
    other = few_trials(run="mnist/nas/default/seed1", seed=1)
    (axes,) = drawn("search_path", trials=pd.concat([few_trials().iloc[::-1], other])).axes
    paths = [list(each.get_xdata()) for each in axes.get_lines() if each.get_drawstyle() == "steps-post"]
    assert paths == [[60, 110, 115, 215]] * 2


def test_path_is_over_time_where_the_energy_of_a_trial_is_not_known():
    (axes,) = drawn("search_path", trials=few_trials(energy_j=[60.0, 50.0, np.nan, 100.0])).axes
    assert [x for x, _ in places(axes)] == [6, 11, 22]
    assert axes.get_xlabel() == "time of the trials so far (s)"
    assert matplotlib.colors.to_hex(points(axes).get_facecolors()[0]) == look("nas").colour


def test_table_of_trials_has_masked_and_compacted_sizes_and_the_winner():
    rows = made_searches(1, 1, 3, ("joint",))
    complete, failed, _ = readable.trials(rows).to_dict("records")
    first = rows.iloc[0]
    assert complete["dataset"] == catalogue.DATASETS["mnist"].title
    assert complete["method"] == "NAS with pruning inside"
    assert complete["parameters"] == f"{first['parameters']:,}{cells.ARROW}{first['parameters_compacted']:,}"
    assert complete["objective"] == f"{first['objective']:.4f}"
    assert complete["latency, \N{MULTIPLICATION SIGN} baseline"] == f"{first['latency_ratio']:.3f}"
    assert (failed["status"], failed["objective"], failed["reason"]) == ("failed", cells.DASH, "out of memory")
    assert readable.trials(rows)["winner"].tolist() == ["winner" if won else "" for won in rows["winner"]]


def test_sizes_that_compaction_does_not_change_stand_once():
    complete, *_ = readable.trials(made_searches(1, 1, 3, ("nas",))).to_dict("records")
    assert cells.ARROW not in complete["parameters"] + complete["operations (M)"]


@pytest.mark.parametrize(("quality", "place"), [(0.9, 0.905), (0.9009, 0.905), (1.1, 0.995)])
def test_what_is_out_of_sight_lies_at_the_nearer_end_also_when_it_is_inside_the_margin(quality, place):
    axes = Figure().subplots()
    axes.set_ylim(0.9, 1.0)
    assert edge(axes, quality) == pytest.approx(place)
