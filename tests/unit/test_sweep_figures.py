"""Figures of the study `sweep`: what all of them have for 8 and for 24 configurations, and where nothing or little is known."""

import importlib
from inspect import signature
from itertools import product

import matplotlib
import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from frugalnet import figures
from frugalnet.drawing.configurations import BEST_COLOUR, HUES, ROW_HUES, Looks
from frugalnet.drawing.configurations import shown as shown_of
from frugalnet.drawing.layout import SAMPLE_TAG
from frugalnet.drawing.quantities import COLOUR
from frugalnet.drawing.style import shade
from frugalnet.figures.cost_of_accuracy import PRICE_COLOUR
from tests.unit.drawn_techniques import draw, marks, panel, row
from tests.unit.made_ledger import labels, words
from tests.unit.made_sweep_tables import (
    AXES,
    MANY,
    made_configurations,
    made_efficiency,
    made_epochs,
    made_sensitivity,
)

pytestmark = pytest.mark.long

CURVES = ("quality", "loss", "learning_rate", "time", "power")
NAMES = (*(f"{name}_over_epochs" for name in CURVES), "cost_of_accuracy", "sensitivity_to_axes", "gains_of_techniques")
OF_ENERGY = ("power_over_epochs", "cost_of_accuracy", "sensitivity_to_axes", "gains_of_techniques")


def wanted(name: str) -> list[str]:
    return list(signature(getattr(importlib.import_module(f"frugalnet.figures.{name}"), name)).parameters)


def tables(axes: dict = AXES, epochs: int = 12, seeds: int = 2, **changed) -> dict[str, pd.DataFrame]:
    """Return the tables of a study by name."""
    configurations = made_configurations(axes, seeds=seeds, **changed)
    found = made_epochs(configurations, epochs, seeds, **changed)
    return {
        "configurations": configurations,
        "epochs": found,
        "runs": found[["run"]].drop_duplicates().assign(threads=2),
        "sensitivity": made_sensitivity(axes, **changed),
        "efficiency": made_efficiency(**changed),
    }


def drawn(name: str, column: bool = False, **given):
    """Return a figure of the tables of a study, some of which are given."""
    found = tables() | given
    return draw(name, *(found[each] for each in wanted(name)), column=column)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize(("name", "axes"), [*product(NAMES, (AXES, MANY))])
def test_figure_has_the_width_of_its_columns_and_text_that_can_be_read_and_is_on_no_other(name, axes, column):
    figure = drawn(name, column, **tables(axes))
    assert figure.get_size_inches()[0] == (3.4 if column else 7.0)
    assert figure.get_size_inches()[1] <= 9.6
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]
    assert min(text.get_fontsize() for text in texts) >= 6
    for axes_of_panel in figure.axes:
        ticks = [tick.label1 for tick in axes_of_panel.xaxis.get_major_ticks() if not tick.label2.get_visible()]
        names = [text for text in axes_of_panel.get_yticklabels() if text.get_text()]
        for beside in ([text for text in ticks if text.get_text()], names, axes_of_panel.texts):
            boxes = [text.get_window_extent().shrunk(1, 0.9) for text in beside]
            assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
        assert axes_of_panel.get_tightbbox().x1 <= figure.bbox.x1 + 1
        assert axes_of_panel.bbox.width >= 0.05 * figure.bbox.width
    below = [axes.xaxis.label for axes in figure.axes if axes.get_xlabel()]
    boxes = [text.get_window_extent() for text in [*below, figure._supxlabel, *figure.legends]]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert max(box.x1 for box in boxes) <= figure.bbox.x1 + 1 and min(box.x0 for box in boxes) >= -1


@pytest.mark.parametrize("name", NAMES)
def test_tables_without_rows_give_a_figure_that_says_so(name):
    for given in (pd.DataFrame(columns=["dataset", "run", "status"]), pd.DataFrame()):
        figure = draw(name, *[given] * len(wanted(name)))
        assert words(figure).startswith(("There are no", "No training"))


@pytest.mark.parametrize("name", NAMES)
def test_samples_and_estimated_energies_are_in_a_box_above_the_figure_and_measurements_in_none(name):
    (legend,) = drawn(name, **tables(data_level="sample")).legends
    tag = f"estimated energy · {SAMPLE_TAG}" if name in OF_ENERGY else SAMPLE_TAG
    assert legend.get_title().get_text() == tag
    (legend,) = drawn(name, **tables(energy_source="measured")).legends
    assert not legend.get_title().get_text()


@pytest.mark.parametrize("name", NAMES)
def test_caption_is_whole_sentences(name):
    assert figures.caption(name).endswith(".")


@pytest.mark.parametrize("name", [name for name in NAMES if "epochs" in name])
def test_one_epoch_of_one_seed_is_a_mark_per_configuration(name):
    figure = drawn(name, **tables(epochs=1, seeds=1))
    lines = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert len(lines) == (20 if name in ("quality_over_epochs", "loss_over_epochs") else 10)
    assert "one seed: no interval over seeds" in words(figure)


def test_every_configuration_is_a_line_and_the_best_is_bold_and_named():
    (axes,) = drawn("time_over_epochs").axes
    lines = axes.get_lines()
    assert len(lines) == 10
    assert [line.get_linewidth() for line in lines].count(2.0) == 1
    (best,) = [line for line in lines if line.get_linewidth() == 2.0]
    assert best.get_color() == BEST_COLOUR
    assert "best: pretrained" in labels(drawn("time_over_epochs"))
    assert [text.get_text() for text in axes.texts] == ["pretrained"]


def test_line_is_the_mean_over_seeds_as_far_as_all_of_them_trained():
    given = tables()
    own = given["epochs"]["variant"] == "pretrained"
    early = own & (given["epochs"]["seed"] == 1) & (given["epochs"]["epoch"] > 7)
    epochs = given["epochs"][~early].copy()
    epochs.loc[own & (epochs["seed"] == 0), "validation_quality"] = 0.4
    epochs.loc[own & (epochs["seed"] == 1), "validation_quality"] = 0.6
    (axes,) = drawn("quality_over_epochs", **given | {"epochs": epochs}).axes
    (best,) = [line for line in axes.get_lines() if line.get_linewidth() == 2.0]
    assert list(best.get_xdata()) == [1, 2, 3, 4, 5, 6, 7]
    assert list(best.get_ydata()) == pytest.approx([0.5] * 7)


def test_learning_rate_has_a_line_per_seed_because_a_mean_is_a_rate_that_none_had():
    (axes,) = drawn("learning_rate_over_epochs").axes
    assert len(axes.get_lines()) == 20
    assert axes.get_yscale() == "log"


def test_training_quality_of_many_configurations_is_drawn_of_the_best_alone():
    few, many = (drawn("quality_over_epochs", **tables(axes)) for axes in (AXES, MANY))
    counts = [len(figure.axes[0].get_lines()) for figure in (few, many)]
    assert counts == [10 + 10 + 1, 26 + 1 + 1]  # with the target
    assert "on training data: the best alone" in words(many)


def test_runs_of_the_efficiency_design_are_not_among_the_lines():
    given = tables()
    others = (
        given["epochs"]
        .query("variant == 'strong'")
        .assign(variant="efficiency-none", run="cifar100/baseline/efficiency-none/seed0")
    )
    both = pd.concat([given["epochs"], others], ignore_index=True)
    runs = both[["run"]].drop_duplicates().assign(threads=2)
    (axes,) = drawn("time_over_epochs", **given | {"epochs": both, "runs": runs}).axes
    assert len(axes.get_lines()) == 10


def test_configuration_without_epochs_is_named_below():
    given = tables()
    epochs = given["epochs"].query("variant != 'strong'")
    assert "not known: strong" in words(drawn("loss_over_epochs", **given | {"epochs": epochs}))


def test_power_of_runs_without_any_energy_is_not_known_and_quality_is():
    given = tables(energy_source=None, energy_scope=None)
    given["epochs"] = given["epochs"].assign(power_w=np.nan)
    assert words(drawn("power_over_epochs", **given)) == "Of no configuration is known: mean power (W)."
    assert len(drawn("quality_over_epochs", **given).axes) == 1


def test_energies_that_are_not_measured_are_paler():
    (axes,) = drawn("power_over_epochs").axes
    (best,) = [line for line in axes.get_lines() if line.get_linewidth() == 2.0]
    assert best.get_color() == shade(BEST_COLOUR, "estimated") != BEST_COLOUR


def test_networks_differ_in_hue_and_rows_have_hues_of_their_own():
    configurations = made_configurations()
    looks = Looks(configurations)
    by_name = {row["variant"]: looks.of(row) for _, row in configurations.iterrows()}
    assert by_name["resnet18-lr0.1-plateau"].colour == HUES[0] and by_name["resnet50-lr0.1-plateau"].colour == HUES[1]
    assert by_name["resnet18-lr0.05-plateau"].colour not in (HUES[0], HUES[1])
    assert (by_name["resnet18-lr0.1-plateau"].dashes, by_name["resnet18-lr0.1-step"].dashes) == ("-", "--")
    assert by_name["strong"].colour == ROW_HUES[0]
    assert len(set(by_name.values())) == 10


def test_levels_that_no_look_tells_apart_are_named_below():
    axes = AXES | {"weight_decay": ("0.0005", "0.001")}
    assert "levels of weight_decay look alike" in words(drawn("time_over_epochs", **tables(axes, epochs=2)))


def test_of_very_many_configurations_the_best_the_rows_and_others_evenly_by_rank_are_drawn():
    axes = AXES | {"weight_decay": tuple(f"{number / 1e4:g}" for number in range(1, 21))}
    configurations = made_configurations(axes)
    assert len(configurations) == 162
    found = shown_of(configurations)
    assert len(found) == 60
    assert {"strong", "pretrained"} <= set(found["variant"])
    assert found["rank"].max() == 162


def test_mark_is_at_the_energy_or_the_time_and_the_quality():
    configurations = made_configurations()
    energy, time = drawn("cost_of_accuracy", configurations=configurations).axes
    best = configurations.iloc[0]
    assert (best["train_energy_j"], best["test_quality"]) in marks(energy)
    assert (best["train_duration_s"], best["test_quality"]) in marks(time)


def test_price_on_a_line_is_the_energy_by_the_points_above():
    energy, _ = drawn("cost_of_accuracy").axes
    texts = [text.get_text() for text in energy.texts if text.get_text().endswith(" J")]
    lines = [line for line in energy.get_lines() if line.get_color() == PRICE_COLOUR]
    named = dict(zip(texts, lines, strict=True))
    joules, quality = named["100k J"].get_xydata()[0]
    assert "J per point above 0.5" in labels(drawn("cost_of_accuracy"))
    assert joules / (100 * (quality - 0.5)) == pytest.approx(100_000)


def test_interval_over_seeds_is_a_cross_and_one_seed_has_none():
    figures_of = [drawn("cost_of_accuracy", configurations=made_configurations(seeds=seeds)) for seeds in (3, 1)]
    crosses = [sum(line.get_linewidth() == 0.9 for line in figure.axes[1].get_lines()) for figure in figures_of]
    assert crosses == [20, 0]


def test_model_that_starts_from_another_has_a_tail_to_all_that_it_took():
    configurations = made_configurations()
    whole = configurations["energy_to_solution_j"] * np.where(configurations["variant"] == "pretrained", 3.0, 1.0)
    energy, _ = drawn("cost_of_accuracy", configurations=configurations.assign(energy_to_solution_j=whole)).axes
    tails = [line.get_xdata()[1] for line in energy.get_lines() if line.get_marker() == "|"]
    assert tails == [whole[0]]


def test_costs_that_are_not_known_are_said_in_their_panel_and_time_is_drawn():
    configurations = made_configurations().assign(
        train_energy_j=np.nan, energy_per_point_j=np.nan, energy_to_solution_j=np.nan
    )
    figure = drawn("cost_of_accuracy", configurations=configurations)
    assert "energy of training is not known" in words(figure)
    assert len(marks(figure.axes[1])) == 11


def test_effect_of_a_level_is_in_the_row_of_its_network_and_axis():
    rows = made_sensitivity()
    quality = panel(drawn("sensitivity_to_axes", sensitivity=rows), "quality")
    names = [text.get_text() for text in quality.get_yticklabels()]
    assert names == [
        "resnet18: learning rate (0.1)", "0.05", "resnet18: schedule (step)", "plateau", "resnet50: learning rate (0.1)", "0.05",
        "resnet50: schedule (step)", "plateau", "network (resnet18)", "resnet50",
    ]  # fmt: skip
    (own,) = rows.query("network == 'all' and quantity == 'test_quality'").itertuples()
    assert (own.estimate, row(quality, "resnet50")) in marks(quality)


def test_axis_over_all_networks_says_so():
    rows = made_sensitivity().query("axis == 'schedule' and network == 'resnet18'").assign(network="all")
    quality = panel(drawn("sensitivity_to_axes", sensitivity=rows), "quality")
    assert quality.get_yticklabels()[0].get_text() == "all networks: schedule (step)"


def test_one_column_has_quality_and_energy_and_cpu_time_where_no_energy_is_known():
    titles = [axes.get_title() for axes in drawn("sensitivity_to_axes", column=True).axes]
    assert titles == ["quality", "energy"]
    rows = made_sensitivity()
    rows.loc[rows["quantity"] == "train_energy_j", ["estimate", "low", "high", "p_holm"]] = np.nan
    titles = [axes.get_title() for axes in drawn("sensitivity_to_axes", column=True, sensitivity=rows).axes]
    assert titles == ["quality", "CPU time"]


def test_estimate_without_an_interval_is_a_hollow_mark():
    rows = made_sensitivity().assign(low=np.nan, high=np.nan, p=np.nan, p_holm=np.nan)
    quality = panel(drawn("sensitivity_to_axes", sensitivity=rows), "quality")
    assert {to_hex(line.get_markerfacecolor()) for line in quality.get_lines() if line.get_marker() == "o"} == {
        "#ffffff"
    }
    assert labels(drawn("sensitivity_to_axes", sensitivity=rows)) == {"may be chance"}


def test_change_by_a_technique_is_in_its_row_on_a_panel_per_quantity():
    figure = drawn("gains_of_techniques")
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == [
        "RAM", "VRAM", "time", "epoch", "CPU time", "energy", "quality",
    ]  # fmt: skip
    vram = panel(figure, "VRAM")
    assert [text.get_text() for text in vram.get_yticklabels()] == []
    assert (pytest.approx(0.58), row(panel(figure, "RAM"), "mixed_float16")) in marks(vram)
    energies = {to_hex(line.get_color()) for line in panel(figure, "energy").get_lines() if line.get_marker() == "o"}
    assert energies == {shade(COLOUR, "estimated")}


def test_memory_of_a_device_that_is_not_known_has_no_panel_and_is_named_below():
    figure = drawn("gains_of_techniques", efficiency=made_efficiency(device=False))
    assert "VRAM" not in [axes.get_title() for axes in figure.axes]
    assert "not known: VRAM" in words(figure)


def test_design_of_which_no_change_is_known_says_why():
    rows = made_efficiency().assign(estimate=np.nan, note="too few runs")
    assert words(drawn("gains_of_techniques", efficiency=rows)) == "No change is known; too few runs."


def test_remark_about_some_quantities_names_them():
    rows = made_efficiency()
    rows.loc[rows["quantity"] == "train_host_peak_mib", "note"] = "no spread: no interval can be given"
    assert "RAM: no spread: no interval can be given" in words(drawn("gains_of_techniques", efficiency=rows))


def test_figure_of_the_same_tables_is_the_same_file(tmp_path):
    for name in ("one", "two"):
        figures.save(drawn("quality_over_epochs"), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


@pytest.mark.parametrize("name", ["power_over_epochs", "time_over_epochs"])
def test_power_and_time_of_seeds_with_energies_of_several_kinds_are_in_no_mean(name):
    given = tables()
    epochs = given["epochs"].copy()
    epochs.loc[(epochs["variant"] == "strong") & (epochs["seed"] == 1), ["energy_source", "energy_scope"]] = [
        "measured", "gpu",
    ]  # fmt: skip
    figure = drawn(name, epochs=epochs)
    assert len(figure.axes[0].get_lines()) == 9
    assert "of several kinds of energy: strong" in words(figure)
    assert len(drawn("learning_rate_over_epochs", epochs=epochs).axes[0].get_lines()) == 20
