"""Figures of the techniques study: what stands on each, for few runs and for many, and where something is not known."""

import importlib
from itertools import product

import matplotlib
import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.offsetbox import TextArea

from frugalnet import figures
from frugalnet.drawing.layout import SAMPLE_TAG, settle
from frugalnet.drawing.quantities import COLOUR, kinds
from frugalnet.drawing.shades import coded
from frugalnet.drawing.style import COLUMN_RC, RC, shade
from frugalnet.drawing.trial_points import FAILED_COLOUR
from tests.unit.made_ledger import labels, words
from tests.unit.made_techniques_tables import (
    FEW,
    about,
    made_effects,
    made_epochs,
    made_importance,
    made_ranking,
    made_ranks,
    refused,
)  # fmt: skip

pytestmark = pytest.mark.long

NAMES = (
    "effects_of_levels",
    "quality_against_energy_of_runs",
    "power_by_epoch",
    "what_had_what",
    "importance_of_factors",
    "ranking_by_weights",
)


def draw(name: str, *tables: pd.DataFrame, column: bool = False) -> Figure:
    """Draw a figure of some tables, for two columns of print or for one."""
    with matplotlib.rc_context(COLUMN_RC if column else RC):
        figure = getattr(importlib.import_module(f"frugalnet.figures.{name}"), name)(*tables)
        settle(figure)
        figure.draw_without_rendering()
    return figure


def tables_of(name: str, runs: int, **changed) -> tuple[pd.DataFrame, ...]:
    """Return made tables for a figure: all factors for many runs, a few for few."""
    factors = {} if runs > 24 else {"names": FEW}
    ranking = made_ranking(runs, failed=3, **factors, **changed)
    if name == "effects_of_levels":
        return (made_effects(runs, **factors, **changed),)
    if name == "importance_of_factors":
        return (made_importance(runs, **factors, **changed),)
    if name == "ranking_by_weights":
        return (made_ranks(ranking),)
    return (made_epochs(ranking, 4, **changed), ranking) if name == "power_by_epoch" else (ranking,)


def panel(figure: Figure, title: str):
    """Return the one panel with this title."""
    (found,) = [axes for axes in figure.axes if title in (axes.get_title(), axes.get_title("left"))]
    return found


def marks(axes, marker: str = "o") -> list[tuple[float, float]]:
    """Return where marks of a kind are in a panel."""
    lines = [line for line in axes.get_lines() if line.get_marker() == marker]
    return [(float(x), float(y)) for line in lines for x, y in line.get_xydata()]


def row(axes, name: str) -> float:
    """Return where a named row is."""
    return dict(zip([text.get_text() for text in axes.get_yticklabels()], axes.get_yticks(), strict=True))[name]


# All figures


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize(("name", "runs"), [*product(NAMES, (24, 114)), ("what_had_what", 38)])
def test_figure_has_the_width_of_its_columns_and_text_that_can_be_read_and_is_on_no_other(name, runs, column):
    figure = draw(name, *tables_of(name, runs), column=column)
    assert figure.get_size_inches()[0] == (3.4 if column else 7.0)
    assert figure.get_size_inches()[1] <= 9.6
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]
    assert min(text.get_fontsize() for text in texts) >= 6
    for axes in figure.axes:
        ticks = [tick.label1 for tick in axes.xaxis.get_major_ticks() if not tick.label2.get_visible()]
        names = [text for text in axes.get_yticklabels() if text.get_text()]
        for beside in ([text for text in ticks if text.get_text()], names):
            boxes = [text.get_window_extent().shrunk(1, 0.9) for text in beside]
            assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
        assert axes.get_tightbbox().x1 <= figure.bbox.x1 + 1
    below = [axes.xaxis.label for axes in figure.axes if axes.get_xlabel()]
    boxes = [text.get_window_extent() for text in [*below, figure._supxlabel, *figure.legends]]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("columns", [["dataset", "status"], []])
def test_tables_without_rows_give_a_figure_that_says_so(name, columns):
    count = 2 if name == "power_by_epoch" else 1
    assert words(draw(name, *[pd.DataFrame(columns=columns)] * count)).startswith(("There are no", "No "))


@pytest.mark.parametrize("name", NAMES)
def test_estimates_and_samples_are_in_a_box_above_the_figure_and_measurements_in_none(name):
    (legend,) = draw(name, *tables_of(name, 24, data_level="sample")).legends
    assert legend.get_title().get_text() == f"estimated energy · {SAMPLE_TAG}"
    (legend,) = draw(name, *tables_of(name, 24, energy_source="measured")).legends
    assert not legend.get_title().get_text()


@pytest.mark.parametrize("name", NAMES)
def test_runs_without_any_energy_do_not_make_the_energy_of_others_unknown(name):
    text = words(draw(name, *tables_of(name, 38)))
    assert "energy: estimated (cpu) · data: subset" in text
    assert "not known" not in text.replace("aliased", "")


@pytest.mark.parametrize("name", NAMES)
def test_caption_is_whole_sentences(name):
    module = importlib.import_module(f"frugalnet.figures.{name}")
    assert module.__doc__.strip().endswith(".")


def test_figure_of_the_same_tables_is_the_same_file(tmp_path):
    for name in ("one", "two"):
        figures.save(draw("what_had_what", made_ranking(24, FEW)), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_energies_known_in_different_ways_are_in_panels_of_their_own():
    measured = made_ranking(24, FEW, energy_source="measured", energy_scope="gpu")
    rows = pd.concat([made_ranking(24, FEW), measured], ignore_index=True)
    figure = draw("quality_against_energy_of_runs", rows)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["CIFAR-10, estimated (cpu)"] * 2 + ["CIFAR-10, measured (gpu)"]
    titles = [axes.get_title("left") for axes in draw("what_had_what", rows).axes]
    assert [title for title in titles if title] == ["CIFAR-10, estimated (cpu)", "CIFAR-10, measured (gpu)"]
    kind = {"energy_source": "measured", "energy_scope": "gpu"}
    both = pd.concat([made_importance(24, FEW), made_importance(24, FEW, **kind)], ignore_index=True)
    titles = [axes.get_title("left") for axes in draw("importance_of_factors", both).axes]
    assert [title for title in titles if title] == [
        "CIFAR-10, estimated (cpu)\nquality",
        "CIFAR-10, measured (gpu)\nquality",
    ]
    both = pd.concat([effects(), effects(**kind)], ignore_index=True)
    titles = [axes.get_title("left") for axes in draw("effects_of_levels", both).axes]
    assert [title for title in titles if title] == [
        "CIFAR-10, estimated (cpu)\nquality",
        "CIFAR-10, measured (gpu)\nquality",
    ]


def test_runs_of_which_nothing_is_known_are_with_the_others():
    rows = pd.DataFrame([about(), about(data_level=None, threads=None, source=None, scope=None)])
    ((heading, own),) = list(kinds(rows))
    assert (heading, len(own)) == ("CIFAR-10", 2)


# Effects of levels


def effects(**changed) -> pd.DataFrame:
    """Return the effects of two levels of a factor on quality and energy."""
    rows = [
        {"quantity": "test_quality", "level": "adam", "estimate": 0.04, "low": 0.02, "high": 0.06, "p_holm": 0.01},
        {"quantity": "test_quality", "level": "adamw", "estimate": -0.01, "low": -0.03, "high": 0.01, "p_holm": 0.8},
        {"quantity": "train_energy_j", "level": "adam", "estimate": 1.2, "low": 1.1, "high": 1.3, "p_holm": 0.02},
        {"quantity": "train_energy_j", "level": "adamw", "estimate": 0.9, "low": 0.7, "high": 1.1, "p_holm": 1.0},
    ]
    common = {"kind": "main", "factor": "optimizer", "against": "sgd", "runs": 9, "runs_in_all": 24, "parameters": 3}
    frame = pd.DataFrame(rows).assign(**about(), **common, aliased_with="", note="")
    return frame.assign(scale=np.where(frame["quantity"] == "test_quality", "difference", "ratio"), **changed)


def test_effect_is_a_mark_in_the_row_of_its_level_with_its_interval():
    quality = panel(draw("effects_of_levels", effects()), "quality")
    assert (0.04, row(quality, "adam")) in marks(quality)
    assert (-0.01, row(quality, "adamw")) in marks(quality)
    lines = [tuple(line.get_xdata()) for line in quality.get_lines()]
    assert (0.02, 0.06) in lines and (-0.03, 0.01) in lines
    assert [text.get_text() for text in quality.get_yticklabels()] == ["optimizer (sgd)", "adam", "adamw"]


def test_effects_on_costs_are_ratios_on_a_logarithmic_axis():
    figure = draw("effects_of_levels", effects())
    assert panel(figure, "energy").get_xscale() == "log"
    assert panel(figure, "energy").get_xlabel() == "energy of\ntraining\n(ratio, estimated)\n← saves"
    assert panel(figure, "quality").get_xlabel() == "test accuracy\n(difference)\nbetter →"


def test_better_is_left_for_an_error():
    figure = draw("effects_of_levels", effects(dataset="california_housing", metric="mae"))
    assert panel(figure, "quality").get_xlabel().endswith("← better")


def test_only_effects_that_differ_from_none_are_filled():
    quality = panel(draw("effects_of_levels", effects()), "quality")
    faces = {
        line.get_xdata()[0]: to_hex(line.get_markerfacecolor())
        for line in quality.get_lines()
        if line.get_marker() == "o"
    }
    assert faces == {0.04: COLOUR, -0.01: "#ffffff"}
    assert labels(draw("effects_of_levels", effects())) == {"an effect (p < 0.05, Holm)", "may be chance"}
    assert labels(draw("effects_of_levels", effects(p_holm=0.5))) == {"may be chance"}


def test_interval_that_is_far_longer_than_effects_are_apart_goes_on_at_an_arrow():
    rows = effects()
    rows.loc[0, "high"] = 7.0
    quality = panel(draw("effects_of_levels", rows), "quality")
    assert quality.get_xlim()[1] < 0.2
    assert [y for _, y in marks(quality, ">")] == [row(quality, "adam")]


def test_aliased_level_is_a_word_and_what_it_is_aliased_with_stands_below():
    rows = effects()
    rows.loc[rows["level"] == "adamw", ["estimate", "low", "high", "p_holm"]] = np.nan
    rows.loc[rows["level"] == "adamw", "aliased_with"] = "precision float16"
    figure = draw("effects_of_levels", rows)
    for title in ("quality", "energy"):
        (text,) = [text for text in panel(figure, title).texts if text.get_text() == "aliased"]
        assert text.get_position()[1] == row(panel(figure, "quality"), "adamw")
    assert "optimizer adamw is aliased with precision float16" in words(figure)


def test_level_without_an_estimate_is_said_to_be_unknown():
    rows = effects()
    rows.loc[1, ["estimate", "low", "high", "p_holm"]] = np.nan
    assert [text.get_text() for text in panel(draw("effects_of_levels", rows), "quality").texts] == ["not known"]


def test_refused_quantity_says_why_and_no_mark_is_drawn():
    told = "24 runs for 19 parameters; expected 2 per parameter"
    latency = panel(draw("effects_of_levels", refused(made_effects(24, FEW), "latency_batch1_ms", told)), "latency")
    assert not marks(latency)
    assert " ".join(latency.texts[0].get_text().split()) == told


def test_flag_of_a_fit_with_few_runs_stands_below():
    assert "24 runs · 2.4 runs per parameter" in words(
        draw("effects_of_levels", effects(note="2.4 runs per parameter"))
    )


def test_effects_at_one_level_of_another_factor_say_so_and_notes_on_single_levels_are_in_the_table():
    lost = "of 9 runs at optimizer adam, 2 diverged"
    rows = effects(note=["where batch_size is off", f"where batch_size is off; {lost}"] * 2)
    text = words(draw("effects_of_levels", rows))
    assert "optimizer: where batch_size is off · further notes: table effects" in text
    assert lost not in text


def test_interactions_are_not_among_the_main_effects():
    rows = effects()
    rows.loc[1, ["kind", "level"]] = "interaction", "adamw and cosine"
    assert "adamw and cosine" not in words(draw("effects_of_levels", rows))


def test_one_column_has_quality_latency_and_energy_or_cpu_time_where_no_energy_is_known():
    titles = [axes.get_title() for axes in draw("effects_of_levels", made_effects(), column=True).axes]
    assert titles == ["quality", "energy", "latency"]
    rows = refused(made_effects(), "train_energy_j", "no energy is known")
    titles = [axes.get_title() for axes in draw("effects_of_levels", rows, column=True).axes]
    assert titles == ["quality", "CPU time", "latency"]


def test_effect_on_an_estimated_energy_is_paler():
    energy = panel(draw("effects_of_levels", effects()), "energy")
    assert {to_hex(line.get_color()) for line in energy.get_lines() if line.get_marker() == "o"} == {
        shade(COLOUR, None)
    }


# Quality against energy


def few_runs(**changed) -> pd.DataFrame:
    """Return four ranked runs, two of them on the front, and one that diverged."""
    columns = {
        "variant": ["draw0002", "all-on", "all-off", "draw0001", "draw0003"],
        "status": ["complete"] * 4 + ["diverged"],
        "rank": pd.array([1, 2, 3, 4, None], dtype="Int64"),
        "test_quality": [0.70, 0.80, 0.60, 0.65, np.nan],
        "validation_quality": [0.72, 0.78, 0.61, 0.66, np.nan],
        "train_energy_j": [1000.0, 3000.0, 2000.0, 4000.0, 2500.0],
        "train_cpu_s": [50.0, 150.0, 100.0, 200.0, 125.0],
        "score": [60.0, 58.0, 50.0, 48.0, np.nan],
        "score_low": [59.0, 57.0, 49.0, 47.0, np.nan],
        "score_high": [61.0, 59.0, 51.0, 49.0, np.nan],
        "on_front": pd.array([True, True, False, False, None], dtype="boolean"),
        "factor.optimizer": ["sgd", "adamw", "sgd", "adam", "sgd"],
        "factor.momentum": ["0.9", "none", "0", "none", "0.5"],
    }
    return pd.DataFrame(columns).assign(**about(source="measured", scope="gpu") | {"runs": 1} | changed)


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


# Power by epoch


def test_power_is_that_of_base_cases_of_first_and_last_of_the_ranking_and_of_best():
    ranking = few_runs()
    figure = draw("power_by_epoch", made_epochs(ranking, 3, energy_source="measured"), ranking)
    assert labels(figure) == {
        "all-off (rank 3 of 4)", "all-on (rank 2 of 4)", "draw0002 (rank 1 of 4)", "draw0001 (rank 4 of 4)", "best-run",
        "best-levels",
    }  # fmt: skip


def test_power_is_energy_by_duration():
    epochs = pd.DataFrame({"epoch": [1, 2], "energy_uj": [50e6, 90e6], "duration_s": [2.0, 3.0]})
    epochs = epochs.assign(method="baseline", variant="all-off", seed=0, **about(source="measured", scope="gpu"))
    (axes,) = draw("power_by_epoch", epochs, few_runs()).axes
    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[1.0, 25.0], [2.0, 30.0]]
    assert axes.get_ylabel() == "mean power (W)\nmeasured"


def test_estimated_power_says_so_and_runs_without_energy_are_named():
    ranking = few_runs()
    epochs = made_epochs(ranking, 3)
    epochs.loc[epochs["variant"] == "all-on", "energy_uj"] = np.nan
    text = words(draw("power_by_epoch", epochs, ranking))
    assert "mean power (W) estimated" in text
    assert "no energy is known of all-on (rank 2 of 4)" in text
    assert words(draw("power_by_epoch", epochs.assign(energy_uj=np.nan), ranking)).startswith("No energy of an epoch")


# What had what


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


# Importance of factors


def test_importance_of_forest_and_linear_model_are_beside_each_other_with_their_fits():
    rows = pd.DataFrame(
        {"factor": ["split", "optimizer"], "importance": [0.1, 0.5], "low": [0.0, 0.4], "high": [0.2, 0.6]}
    )
    rows = rows.assign(
        quantity="test_quality", linear=[0.12, 0.48], r2_forest=0.7, r2_linear=0.8, runs=24, note="", **about()
    )
    axes = panel(draw("importance_of_factors", rows), "quality")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["optimizer", "split"]
    assert [x for x, _ in marks(axes)] == [0.1, 0.5]
    assert [x for x, _ in marks(axes, "D")] == [0.12, 0.48]
    assert axes.get_xlabel() == "loss of R²\nof 0.70 (forest)\nof 0.80 (linear)"
    assert "24 runs" in words(draw("importance_of_factors", rows))


def test_linear_model_that_was_refused_has_no_key_and_the_reason_stands_below():
    rows = made_importance(24, FEW).assign(linear=np.nan, r2_linear=np.nan, note="no linear model: 24 runs; too few")
    figure = draw("importance_of_factors", rows)
    assert labels(figure) == {"forest, shuffled"}
    assert "24 runs · no linear model: 24 runs; too few" in words(figure)
    assert panel(figure, "quality").get_xlabel() == "loss of R²\nof 0.71 (forest)"


def test_importance_that_is_not_known_says_why():
    rows = made_importance(24, FEW)
    rows.loc[rows["quantity"] == "latency_batch1_ms", ["importance", "low", "high", "linear"]] = np.nan
    rows.loc[rows["quantity"] == "latency_batch1_ms", "note"] = "latency is constant"
    assert "latency is constant" in words(draw("importance_of_factors", rows))


# Ranking by weights


def test_rank_is_drawn_over_the_weight_of_energy_in_a_panel_per_weight_of_inference():
    ranks = pd.DataFrame({"variant": ["one", "one", "two", "two"], "weight_energy": [1.0, 0.0, 0.0, 1.0]})
    ranks = ranks.assign(rank=pd.array([2, 1, 2, 1], dtype="Int64"), weight_inference=0.5, **about())
    figure = draw("ranking_by_weights", ranks)
    axes = panel(figure, "weight of\ninference 0.5")
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
    assert lines == {"one": [[0.0, 1.0], [1.0, 2.0]], "two": [[0.0, 2.0], [1.0, 1.0]]}
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    assert "2 combinations of levels" in words(figure)


def test_leading_runs_alone_are_drawn_and_those_that_are_first_at_some_weights_are_among_them():
    rows = [
        {"variant": f"draw{number:04d}", "weight_energy": weight, "weight_inference": 0.5, "rank": number + 1.0}
        for number in range(30)
        for weight in (0.0, 1.0)
    ]
    ranks = pd.DataFrame(rows).assign(**about())
    ranks.loc[59, "rank"] = 1.0
    names = labels(draw("ranking_by_weights", ranks))
    assert len(names) == 8
    assert {"draw0000", "draw0029"} <= names


def test_one_column_has_fewer_weights_of_inference_the_first_and_the_last_among_them():
    titles = [
        axes.get_title() for axes in draw("ranking_by_weights", made_ranks(made_ranking(24, FEW)), column=True).axes
    ]
    assert titles == ["weight of\ninference 0", "weight of\ninference 0.5", "weight of\ninference 2"]


def test_each_of_the_leading_runs_has_a_look_of_its_own_where_energies_are_known_in_different_ways():
    kinds_of_energy = [made_ranking(24, FEW), made_ranking(38, FEW, energy_source="measured")]
    figure = draw(
        "ranking_by_weights", pd.concat([made_ranks(ranking) for ranking in kinds_of_energy], ignore_index=True)
    )
    looks = {
        line.get_label(): (line.get_color(), line.get_marker()) for axes in figure.axes for line in axes.get_lines()
    }
    assert len(looks) == len(set(looks.values())) <= 8


def test_runs_without_a_score_have_no_ranks_to_draw():
    ranks = made_ranks(made_ranking(24, FEW)).assign(rank=pd.NA)
    assert words(draw("ranking_by_weights", ranks)) == "There are no runs with a score."
