"""Figures in print: their widths, what stands in the box above them, the front of quality and cost, and their topics."""

import matplotlib.text
import numpy as np
import pytest

from frugalnet import catalogue, figures
from frugalnet.drawing.fronts import COST_LINE
from frugalnet.drawing.layout import SAMPLE_TAG, provenance
from tests.unit.made_ledger import words
from tests.unit.test_figures import FIGURES, OF_STUDY, drawn, made_tables

pytestmark = pytest.mark.long

OF_ENERGY = (
    "gain_for_energy",
    "quality_against_energy",
    "where_energy_went",
    "run_timeline",
    "search_trials",
    "search_path",
    "pay_back",
)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", OF_STUDY)
def test_estimates_and_samples_are_in_a_box_above_the_figure(name, column):
    (legend,) = figures.draw(name, made_tables(), column).legends
    tag = legend.get_title()
    assert tag.get_text().replace("\n", " ") == (
        f"estimated energy · {SAMPLE_TAG}" if name in OF_ENERGY else SAMPLE_TAG
    )
    assert tag.get_bbox_patch() is not None


def test_tag_names_the_datasets_where_they_differ_and_there_is_none_for_measurements_on_official_data():
    rows = made_tables()["comparison"].assign(energy_source="measured", data_level="official")
    assert provenance(rows, energy=True).tag == ""
    rows.loc[rows["dataset"] == "mnist", "energy_source"] = "simulated"
    assert provenance(rows, energy=True).tag == "simulated energy [MNIST]"
    assert (provenance(rows, energy=True) + " · more").tag == "simulated energy [MNIST]"
    assert provenance(rows).tag == ""
    figure = drawn("quality_against_parameters", comparison=rows)
    assert not figure.legends[0].get_title().get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_figure_has_the_width_of_its_columns_and_all_text_can_be_read(name):
    for column, width_in in ((False, 7.0), (True, 3.4)):
        figure = figures.draw(name, made_tables(), column)
        assert figure.get_size_inches()[0] == width_in
        texts = figure.findobj(matplotlib.text.Text)
        assert min(text.get_fontsize() for text in texts if text.get_text() and text.get_visible()) >= 6


def test_panels_of_one_column_stand_below_each_other():
    axes = figures.draw("quality_against_parameters", made_tables(3), column=True).axes
    assert len({axis.get_position().x0.round(3) for axis in axes}) == 1
    assert [axis.get_position().y0 for axis in axes] == sorted((axis.get_position().y0 for axis in axes), reverse=True)


@pytest.mark.parametrize("name", ["quality_against_parameters", "quality_against_energy", "quality_against_cost"])
def test_front_is_over_mean_qualities(name):
    rows = made_tables(1)["comparison"].iloc[:4]
    costs = {
        "parameters_nonzero": [10, 20, 30, 40],
        "energy_to_solution_j": [10, 20, 30, 40],
        "quality_mean": [0.8, 0.7, 0.9, 0.85],
    }
    rows = rows.assign(**costs, compacted_bytes=[10, 20, 30, 40], quality_std=np.nan)
    axes = drawn(name, comparison=rows).axes[0]
    fronts = [
        line
        for line in axes.get_lines()
        if line.get_linewidth() == COST_LINE["linewidth"] and len(line.get_xdata()) > 1
    ]
    assert [list(zip(*line.get_data(), strict=True)) for line in fronts] == [[(10, 0.8), (30, 0.8), (30, 0.9)]]
    assert "front of quality and cost" in words(drawn(name))


def test_energies_known_in_different_ways_are_on_fronts_of_their_own():
    rows = made_tables(1)["comparison"].iloc[:4].assign(
        energy_to_solution_j=[10, 20, 30, 40], quality_mean=[0.8, 0.9, 0.7, 0.95], quality_std=np.nan,
        energy_source=["measured", "measured", "estimated", "estimated"],
    )  # fmt: skip
    axes = drawn("quality_against_energy", comparison=rows).axes[0]
    fronts = [
        line
        for line in axes.get_lines()
        if line.get_linewidth() == COST_LINE["linewidth"] and len(line.get_xdata()) > 1
    ]
    assert [list(line.get_xdata()) for line in fronts] == [[10, 20, 20], [30, 40, 40]]


def test_category_of_a_figure_is_that_of_its_first_table():
    assert figures.topic("pay_back") == "Pay-back"
    assert figures.topic("meter_probe") == "Meters"
    drawn = {name for study in catalogue.STUDIES.values() for name in study.figures}
    assert {figures.topic(name) for name in drawn} == set(figures.TOPICS.values())
