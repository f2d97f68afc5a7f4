"""Figures of the runs of the techniques study: quality against energy, power by epoch, and which run had what."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.offsetbox import TextArea

from frugalnet.drawing.quantities import COLOUR
from frugalnet.drawing.shades import coded
from frugalnet.drawing.trial_points import FAILED_COLOUR
from tests.unit.drawn_techniques import draw, few_runs, marks, panel
from tests.unit.made_ledger import labels, words
from tests.unit.made_techniques_tables import (
    FEW,
    about,
    made_epochs,
    made_ranking,
)  # fmt: skip

pytestmark = pytest.mark.long


def scatters(axes) -> dict[str, list[tuple[float, float]]]:
    """Return the places of runs by the colour of their marks."""
    return {
        to_hex(points.get_facecolor()[0]): [(float(x), float(y)) for x, y in points.get_offsets()]
        for points in axes.collections
    }


def test_run_is_a_mark_at_its_energy_and_quality_and_base_cases_have_marks_of_their_own():
    (axes,) = draw("quality_against_energy_of_runs", few_runs()).axes
    assert scatters(axes) == {
        COLOUR: [(1000.0, 0.70), (4000.0, 0.65)], "#009e73": [(3000.0, 0.80)], "#111111": [(2000.0, 0.60)],
    }  # fmt: skip
    assert {"all-off", "all-on", "draw0002"} <= {text.get_text() for text in axes.texts}
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "energy of training (J)\nmeasured")


def test_front_is_that_of_the_ranking_at_the_test_quality():
    (axes,) = draw("quality_against_energy_of_runs", few_runs()).axes
    lines = [line.get_xydata().tolist() for line in axes.get_lines() if line.get_linestyle() == "-"]
    assert lines == [[[1000.0, 0.70], [3000.0, 0.80]]]


def test_first_of_the_ranking_has_a_ring():
    (axes,) = draw("quality_against_energy_of_runs", few_runs()).axes
    assert marks(axes) == [(1000.0, 0.70)]


def test_diverged_run_is_a_cross_at_its_energy_and_counted_below():
    figure = draw("quality_against_energy_of_runs", few_runs())
    assert marks(figure.axes[0], "x") == [(2500.0, 0.0)]
    assert "5 combinations of levels · 1 diverged" in words(figure)
    unknown = few_runs(train_energy_j=[1000.0, 3000.0, 2000.0, 4000.0, np.nan])
    figure = draw("quality_against_energy_of_runs", unknown)
    assert not marks(figure.axes[0], "x")
    assert "1 diverged, 1 of them without a known energy" in words(figure)


def test_cpu_time_stands_beside_estimated_energies_and_alone_where_there_are_none():
    figure = draw("quality_against_energy_of_runs", few_runs(energy_source="estimated"))
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "energy of training (J)\nestimated",
        "CPU time of training (CPU s)",
    ]
    front = [line for line in figure.axes[1].get_lines() if line.get_linestyle() == "-"]
    assert front[0].get_xydata().tolist() == [[50.0, 0.70], [150.0, 0.80]]
    none = few_runs(energy_source=None, energy_scope=None, train_energy_j=np.nan, on_front=pd.NA)
    figure = draw("quality_against_energy_of_runs", none)
    assert [axes.get_xlabel() for axes in figure.axes] == ["CPU time of training (CPU s)"]
    assert "energy: not known" in words(figure)


def test_study_whose_runs_all_diverged_says_so():
    lost = dict.fromkeys(("test_quality", "validation_quality", "score", "score_low", "score_high"), np.nan)
    rows = few_runs(**lost, status="diverged", rank=pd.array([None] * 5, dtype="Int64"), on_front=pd.NA)
    figure = draw("quality_against_energy_of_runs", rows)
    assert "no quality is known with its cost" in words(figure)
    assert "5 diverged" in words(figure)
    assert words(draw("what_had_what", rows)).count("draw0001")


def test_power_is_that_of_base_cases_of_first_and_last_of_the_ranking_and_of_best():
    ranking = few_runs()
    figure = draw("power_by_epoch", made_epochs(ranking, 3, energy_source="measured"), ranking)
    assert labels(figure) == {
        "all-off (rank 3 of 4)", "all-on (rank 2 of 4)", "draw0002 (rank 1 of 4)", "draw0001 (rank 4 of 4)", "best-run",
        "best-levels",
    }  # fmt: skip


def test_power_is_that_of_each_epoch():
    epochs = pd.DataFrame({"epoch": [1, 2], "power_w": [25.0, 30.0]})
    epochs = epochs.assign(method="baseline", variant="all-off", seed=0, **about(source="measured", scope="gpu"))
    (axes,) = draw("power_by_epoch", epochs, few_runs()).axes
    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[1.0, 25.0], [2.0, 30.0]]
    assert axes.get_ylabel() == "mean power (W)\nmeasured"


def test_estimated_power_says_so_and_runs_without_energy_are_named():
    ranking = few_runs()
    epochs = made_epochs(ranking, 3)
    epochs.loc[epochs["variant"] == "all-on", "power_w"] = np.nan
    text = words(draw("power_by_epoch", epochs, ranking))
    assert "mean power (W) estimated" in text
    assert "no energy is known of all-on (rank 2 of 4)" in text
    none = epochs.drop(columns="power_w")
    assert words(draw("power_by_epoch", none, ranking)).startswith("No energy of an epoch")


def test_levels_are_shades_in_the_order_of_the_ranking():
    cells = panel(draw("what_had_what", few_runs()), "CIFAR-10").collections[0].get_array().reshape(5, 2)
    assert cells.tolist() == [[1, 3], [3, 0], [1, 1], [2, 0], [1, 2]]


def test_level_without_the_technique_is_the_lightest_and_numbers_are_in_their_order():
    assert coded(few_runs(), ["optimizer", "momentum"]) == {
        "optimizer": {"sgd": 1, "adam": 2, "adamw": 3},
        "momentum": {"none": 0, "0": 1, "0.5": 2, "0.9": 3},
    }


def test_key_names_every_level_of_every_factor():
    below = draw("what_had_what", few_runs()).subfigs[1]
    texts = [area.get_text() for area in below.findobj(TextArea)]
    assert texts == ["optimizer:", "sgd", "adam", "adamw", "momentum:", "none", "0", "0.5", "0.9"]


def test_few_rows_have_their_names_and_ranks_and_lost_ones_stand_last_with_a_cross():
    figure = draw("what_had_what", few_runs())
    axes = panel(figure, "CIFAR-10")
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["draw0002  1", "all-on  2", "all-off  3", "draw0001  4", "draw0003  –"]  # noqa: RUF001
    assert [y for _, y in marks(figure.axes[1], "x")] == [4.5]
    assert "no quality: diverged" in labels(figure)
    crosses = [line for line in figure.axes[1].get_lines() if line.get_marker() == "x"]
    assert {to_hex(line.get_color()) for line in crosses} == {FAILED_COLOUR}


def test_many_rows_have_the_names_of_the_first_and_of_base_cases_that_have_room():
    axes = panel(draw("what_had_what", made_ranking(114, failed=7)), "CIFAR-10")
    names = [text.get_text().split()[0] for text in axes.get_yticklabels()]
    assert {"all-on", "all-off"} <= set(names)
    assert 5 < len(names) <= 14
    assert np.diff(axes.get_yticks()).min() * 5.6 / 114 >= 0.09


def test_how_the_runs_did_stands_beside_their_levels():
    _, quality, energy, score, *_ = draw("what_had_what", few_runs()).axes
    assert [place for place in marks(quality) if not np.isnan(place[0])] == [
        (0.7, 0.5),
        (0.8, 1.5),
        (0.6, 2.5),
        (0.65, 3.5),
    ]
    assert marks(energy)[4] == (2500.0, 4.5)
    assert energy.get_xlabel() == "energy\n(J)\nmeasured"
    assert score.get_xlabel() == "score\n(dB)"


def test_combination_with_lost_and_complete_seeds_counts_once():
    rows = few_runs(variant=["all-off", "all-on", "draw0001", "draw0002", "all-off"], runs=[2, 3, 1, 1, 1])
    assert "4 combinations of levels, 8 runs" in words(draw("what_had_what", rows))


def test_map_of_thousands_of_runs_is_no_higher_than_a_page():
    assert draw("what_had_what", made_ranking(3000, FEW)).get_size_inches()[1] < 9.6


@pytest.mark.parametrize("name", ["quality_against_energy_of_runs", "what_had_what"])
def test_marks_of_very_many_runs_are_an_image_in_a_vector_graphic(name, monkeypatch):
    def images():
        vector = io.BytesIO()
        draw(name, few_runs()).savefig(vector, format="svg")
        return vector.getvalue().count(b"<image")

    assert images() == 0
    monkeypatch.setattr(f"frugalnet.figures.{name}.MOST_MARKS", 1)
    assert images() > 0
