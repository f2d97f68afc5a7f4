"""Figures: what stands on each, and that no table of a study can make one fail."""

import re
from itertools import combinations
from pathlib import Path

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from frugalnet import catalogue, figures
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.style import LOOKS, look, marker_style, shade
from frugalnet.errors import FrugalNetError
from frugalnet.page import cells
from tests.unit.made_ledger import DATASETS, METHODS, heading, keys, made_timelines, made_windows, words
from tests.unit.made_searches import made_break_even, made_pareto, made_searches
from tests.unit.made_study import made_comparison, made_probe, made_runs, made_statistics

pytestmark = pytest.mark.long

COMPARING = (
    "gain_over_reference",
    "three_sizes",
    "memory",
    "quality_against_cost",
    "quality_against_parameters",
    "quality_against_energy",
    "learning_curves",
    "sparsity_over_training",
    "search_trials",
    "search_path",
    "pay_back",
)
"""Figures of quality; those of the ledger have tests of their own."""
FIGURES = catalogue.STUDIES["compression"].figures
OF_STUDY = tuple(name for name in FIGURES if name != "meter_probe")


def compared(datasets: int, seeds: int) -> pd.DataFrame:
    """Return the comparison of the methods that have no variants."""
    rows = made_comparison("quick", datasets, seeds)
    return rows[rows["variant"] == "default"]


def made_tables(datasets: int = 2, seeds: int = 1) -> dict[str, pd.DataFrame]:
    """Return made tables of a study, of methods without variants; one trial in three failed."""
    names = DATASETS[:datasets]
    epochs = [
        keys(dataset, method, seed)
        | {"epoch": epoch, "quality": 0.5 + 0.05 * epoch, "validation_quality": 0.4 + 0.1 * epoch + 0.02 * seed}
        | {"sparsity": 0.2 * epoch if "pruning" in method else np.nan}
        for dataset in names
        for method in METHODS
        for seed in range(seeds)
        for epoch in (1, 2, 3)
    ]
    searches = made_searches(datasets, seeds)
    found = {
        "trials": searches,
        "pareto": made_pareto(searches),
        "break_even": made_break_even("quick", datasets, seeds),
    }
    comparison = compared(datasets, seeds)
    frames = {"comparison": comparison, "epochs": epochs, "runs": made_runs(comparison)}
    frames |= {"statistics": made_statistics(datasets), "probe": made_probe()}
    ledger = {"windows": made_windows(datasets, seeds), "timelines": made_timelines(datasets)}
    return {name: pd.DataFrame(rows) for name, rows in frames.items()} | found | ledger


def drawn(name: str, **changed: pd.DataFrame):
    """Draw a figure of made tables, some of them changed."""
    return figures.draw(name, made_tables() | changed)


def colours(figure) -> set[str]:
    """Return the colours of all markers on a figure."""
    lines = [line for axes in figure.axes for line in axes.get_lines() if line.get_marker() != "None"]
    return {matplotlib.colors.to_hex(line.get_color()) for line in lines}


@pytest.mark.parametrize("name", COMPARING)
@pytest.mark.parametrize(
    ("datasets", "seeds", "column"), [(1, 1, False), (2, 3, True), (3, 1, False), (3, 1, True), (4, 3, False)]
)
def test_figure_has_a_panel_per_dataset_and_no_text_on_other_text(name, datasets, seeds, column):
    figure = figures.draw(name, made_tables(datasets, seeds), column)
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if heading(axes)]
    assert [heading(axes) for axes in panels] == [catalogue.DATASETS[one].title for one in DATASETS[:datasets]]
    texts = [figure._supxlabel, *figure.legends]
    boxes = [text.get_window_extent() for text in texts] + [axes.get_tightbbox() for axes in panels]
    assert all(not one.overlaps(other) for one, other in combinations(boxes, 2))
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


@pytest.mark.parametrize("name", OF_STUDY)
def test_figure_says_how_it_is_known_and_how_real_its_data_are(name):
    text = words(drawn(name))
    assert re.search(r"(quality|sizes|memory|sparsity|times): measured · |energy: estimated \(cpu\) · ", text)
    assert "data: sample (made stand-ins, not a result)" in text


def test_energy_figure_says_that_its_energies_are_estimated():
    text = words(drawn("quality_against_energy"))
    assert "energy: estimated (cpu)" in text
    assert "energy to solution (J) estimated" in text


def test_provenance_names_the_datasets_where_they_differ():
    rows = made_tables()["comparison"]
    rows.loc[rows["dataset"] == "mnist", "data_level"] = "official"
    rows.loc[rows["dataset"] == "mnist", ["energy_source", "energy_scope"]] = "measured", "gpu"
    assert provenance(rows, energy=True) == (
        "quality: measured · energy: measured (gpu) [MNIST], estimated (cpu) [California housing] · "
        "data: official [MNIST], sample (made stand-ins, not a result) [California housing] · one seed: no interval over seeds"
    )


def test_provenance_of_energies_that_are_not_known_says_so():
    rows = made_tables()["comparison"].assign(energy_source=None, energy_scope=None)
    assert "energy: not known · " in provenance(rows, energy=True)


def test_bars_and_bands_are_explained_where_there_are_several_seeds():
    assert "3 seeds · bars: ± standard deviation" in words(figures.draw("quality_against_energy", made_tables(1, 3)))
    assert "3 seeds · lines: mean over seeds, bands: ±" in words(figures.draw("learning_curves", made_tables(1, 3)))


def test_no_colour_of_an_estimate_is_one_of_a_measurement():
    rows = made_tables()["comparison"]
    estimated = colours(drawn("quality_against_energy"))
    measured = colours(drawn("quality_against_energy", comparison=rows.assign(energy_source="measured")))
    assert len(measured) >= len(rows["method"].unique())
    assert not estimated & measured
    full = {each.colour for each in LOOKS.values()}
    assert not full & {shade(colour, source) for colour in full for source in ("estimated", "simulated")}
    assert shade("#0072b2", "integrated") == "#0072b2"


def test_every_method_has_a_look_of_its_own():
    methods = [*LOOKS, *catalogue.METHODS, "a_later_method", "another_later_method"]
    looks = {method: look(method) for method in methods}
    assert len({(each.colour, each.marker, each.control) for each in looks.values()}) == len(looks)
    assert look("a_later_method") == look("a_later_method")


def test_controls_are_hollow():
    assert marker_style("continued")["markerfacecolor"] == "none"
    assert marker_style("pruning")["markerfacecolor"] == look("pruning").colour


def test_energies_that_are_not_known_are_said_to_be_missing():
    unknown = {"energy_to_solution_j": np.nan, "train_energy_j": np.nan, "energy_source": None, "energy_scope": None}
    text = words(drawn("quality_against_energy", comparison=made_tables()["comparison"].assign(**unknown)))
    assert text.count("no energy was measured") == 2
    assert "energy: not known" in text


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("columns", [["dataset", "status"], []])
def test_table_without_rows_gives_a_figure_that_says_so(name, columns):
    empty = pd.DataFrame(columns=columns)
    tables = dict.fromkeys(made_tables(), empty)
    text = words(figures.draw(name, tables))
    assert text.startswith(("There are no", "No "))


def test_study_without_pruning_has_a_figure_that_says_so():
    assert "No method" in words(drawn("sparsity_over_training", epochs=made_tables()["epochs"].assign(sparsity=np.nan)))


def test_methods_that_start_from_another_go_on_after_its_epochs():
    (panel, *_) = drawn("learning_curves").axes
    lines = {line.get_label(): list(line.get_xdata()) for line in panel.get_lines()}
    assert lines["baseline"] == [1, 2, 3]
    assert lines["pruning"] == [4, 5, 6]


def test_axis_of_an_error_says_that_lower_is_better():
    labels = {axes.get_title(): axes.get_ylabel() for axes in drawn("quality_against_parameters").axes}
    assert labels == {"MNIST": "test accuracy", "California housing": "test MAE (100 000 $)\nlower is better"}


def test_unknown_figure_is_refused_with_the_known_ones():
    with pytest.raises(
        FrugalNetError, match="unknown figure 'style'; known are gain_for_energy, gain_over_reference, three_sizes, "
    ):
        figures.draw("style", {})


def test_missing_table_is_named():
    with pytest.raises(FrugalNetError, match="figure search_path: no table trials; given are runs"):
        figures.draw("search_path", {"runs": pd.DataFrame()})


@pytest.mark.parametrize("name", FIGURES)
def test_figure_has_a_caption_of_whole_sentences(name):
    assert figures.caption(name).endswith(".")
    assert "\n" not in figures.caption(name)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_equal_figures_are_equal_files(kind, tmp_path: Path):
    for name in ("one", "two"):
        figures.save(figures.draw("quality_against_parameters", made_tables(1)), tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.nan, "–"), (0, "0"), (0.0776123, "0.0776"), (39.0, "39"), (483482.0, "483,482")],  # noqa: RUF001
)
def test_numbers_are_rounded_to_what_a_reader_can_use(value, text):
    assert cells.number(value) == text
