"""Figures of effects and importance in the techniques study: estimates, intervals, and words where there are none."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from frugalnet.drawing.quantities import COLOUR
from frugalnet.drawing.style import shade
from frugalnet.figures.effects_of_levels import TIMES
from tests.unit.drawn_techniques import draw, effects, marks, panel, row
from tests.unit.made_ledger import labels, words
from tests.unit.made_techniques_tables import (
    FEW,
    about,
    made_effects,
    made_importance,
    refused,
)  # fmt: skip

pytestmark = pytest.mark.long


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


def test_interaction_has_a_row_below_the_names_of_both_factors():
    rows = effects()
    rows.loc[1, ["kind", "factor2", "level2", "against2"]] = "interaction", "schedule", "cosine", "constant"
    names = [text.get_text() for text in panel(draw("effects_of_levels", rows), "quality").get_yticklabels()]
    assert names[-2:] == [f"optimizer {TIMES} schedule (beyond\nboth)", f"adamw {TIMES} cosine"]


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
