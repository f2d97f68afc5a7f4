"""Parallel coordinates of a sweep: axes, lines and their kinds, runs that are not compared, and the table with the same runs."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from frugalnet.page.cells import as_html
from frugalnet.page.charts import sweep as of_sweep
from frugalnet.page.charts.parallel import level_axis, level_cells, number_axis, ordered, ramp
from frugalnet.page.charts.sweep import BASE, BEST, DRAWN, WITHOUT, sweep
from tests.unit.made_sweep import LEVELS, made_sweep

SHOWN = {
    "variant": ["all-off", "only-precision", "draw0001", "draw0002", "best-run"],
    "method": ["baseline"] * 4 + ["best"],
    "status": ["complete", "complete", "diverged", "complete", "complete"],
    "test_quality": [0.60, 0.62, np.nan, 0.70, 0.75],
    "train_energy_j": [100.0, 90.0, 20.0, 400.0, 110.0],
    "train_duration_s": [10.0, 9.0, 2.0, 40.0, 11.0],
    "train_cpu_s": [18.0, 16.0, 4.0, 80.0, 20.0],
    "latency_batch1_ms": [1.0, 1.1, np.nan, 2.0, 1.2],
    "factor.precision": ["float32", "mixed_float16", "float16", "float32", "mixed_float16"],
    "factor.momentum": ["0", "0", "none", "0.9", "0.5"],
}


@pytest.fixture
def runs():
    """Return five runs of literal numbers, of two factors."""
    rows = made_sweep(0).head(5).drop(columns=[f"factor.{name}" for name in LEVELS])
    return rows.assign(seed=0, **SHOWN)


def only(found):
    (one,) = found
    return one


def read(chart):
    """Return what the script reads of a chart."""
    return json.loads(only(re.findall(r"<script[^>]*>(.*?)</script>", chart.as_html())))


def lines(chart):
    """Return the kind and the places of each line by its name."""
    return {line["name"]: (each["name"], line["value"]) for each in read(chart)["groups"] for line in each["lines"]}


def test_axes_are_the_factors_then_quality_and_costs(runs):
    axes = read(only(sweep({"all_runs": runs})).chart)["axes"]
    assert [axis["name"] for axis in axes] == [
        "precision", "momentum", "test accuracy", "training energy (J)\nestimated (cpu)", "training duration (s)",
        "latency of one sample (ms)",
    ]  # fmt: skip
    assert [axis["kind"] for axis in axes] == ["levels", "levels", "value", "log", "log", "log"]


def test_every_run_is_a_line_at_its_levels_and_numbers(runs):
    found = lines(only(sweep({"all_runs": runs})).chart)
    assert found["all-off"] == ("base case", [0, 0, 0.60, 100, 10, 1.0])
    assert found["draw0002"] == ("drawn", [0, 2, 0.70, 400, 40, 2.0])
    assert found["best-run"] == ("best configuration", [1, 1, 0.75, 110, 11, 1.2])
    assert len(found) == 5


def test_run_that_diverged_lies_at_not_known_below_the_qualities_and_keeps_its_energy(runs):
    chart = only(sweep({"all_runs": runs})).chart
    assert lines(chart)["draw0001"] == ("without a quality", [2, 3, None, 20, 2, None])
    quality, energy = read(chart)["axes"][2:4]
    assert quality["min"] < quality["unknown"] < 0.60
    assert quality["labels"][quality["ticks"].index(quality["unknown"])] == "not known"
    assert energy["unknown"] is None


def test_base_cases_are_known_by_their_names(runs):
    found = runs.assign(variant=["all-on", "only-model", "draw0001", "mine", "only-momentum"], method="baseline")
    assert only(sweep({"all_runs": found})).chart.kinds == [BASE, BASE, WITHOUT, DRAWN, BASE]
    assert only(sweep({"all_runs": runs})).chart.kinds == [BASE, BASE, WITHOUT, DRAWN, BEST]


def test_repeated_runs_are_told_by_their_seeds(runs):
    found = runs.assign(variant=["all-off", "all-off", "draw0001", "draw0002", "best-run"], seed=[0, 1, 0, 1, 0])
    assert only(sweep({"all_runs": found})).chart.names == [
        "all-off, seed 0", "all-off, seed 1", "draw0001", "draw0002", "best-run",
    ]  # fmt: skip


def test_levels_are_ordered_by_size_and_words_as_they_come():
    assert ordered(pd.Series(["0.01", "none", "0.00015", "32", "0.01", "4"])) == ["0.00015", "0.01", "4", "32", "none"]
    assert ordered(pd.Series(["unit", "none", "unit", "standard"])) == ["unit", "none", "standard"]
    assert ordered(pd.Series(["80-10-10", "nan", "1e3"])) == ["1e3", "80-10-10", "nan"]


def test_level_that_is_missing_lies_below_the_others():
    axis = level_axis("momentum", pd.Series(["0.9", None, "0"]))
    assert (axis.places, axis.unknown, axis.low, axis.high) == ([1.0, None, 0.0], -1.0, -1.35, 1.35)
    assert axis.as_option()["labels"] == ["not known", "0", "0.9"]


def test_levels_that_are_numbers_sort_by_size_in_the_table_and_none_comes_last():
    html = as_html(pd.DataFrame({"momentum": level_cells(pd.Series(["0.9", "none", "0.00015"]))}, dtype=object))
    assert re.findall('data-order="(.*?)"', html) == ["0.9", "", "0.00015"]
    words = level_cells(pd.Series(["none", "0.5", "cosine"]))
    assert not any(hasattr(cell, "order") for cell in words)


@pytest.mark.parametrize(
    ("values", "log", "labels"),
    [
        ([0.50, 0.62, 0.75], False, ["0.5", "0.55", "0.6", "0.65", "0.7", "0.75"]),
        ([1000.0, 1500.0, 20_000.0], True, ["1k", "2k", "5k", "10k", "20k"]),
        ([6.2, 6.2], True, ["6.2"]),
        ([0.0, 0.0], False, ["-0.016", "-0.008", "0", "0.008", "0.016"]),
    ],
)
def test_ticks_are_round_and_a_value_that_all_have_is_one_too(values, log, labels):
    axis = number_axis("x", pd.Series(values), log)
    assert list(dict.fromkeys(axis.labels.values())) == labels
    assert axis.low < min(values) and max(values) < axis.high


def test_number_that_a_logarithmic_axis_cannot_have_is_not_known():
    axis = number_axis("x", pd.Series([0.0, 10.0, 1000.0, np.inf]), log=True)
    assert axis.places == [None, 10.0, 1000.0, None]
    assert 0 < axis.low < axis.unknown < 10


def test_cost_that_no_run_has_is_no_axis_and_no_column(runs):
    found = only(sweep({"all_runs": runs.assign(train_energy_j=np.nan, energy_source=None, energy_scope=None)}))
    assert [axis.name for axis in found.chart.axes if "energy" in axis.name] == []
    assert "training energy (J)" not in found.table


def test_sweep_in_which_no_run_has_a_quality_has_no_colours(runs):
    found = only(sweep({"all_runs": runs.assign(test_quality=np.nan, status="diverged")})).chart
    assert read(found)["colour"] is None
    assert {kind for kind, _ in lines(found).values()} == {"without a quality"}


def test_energies_that_are_known_in_other_ways_are_in_charts_of_their_own(runs):
    runs.loc[3:, "energy_source"] = "measured"
    first, second = sweep({"all_runs": runs})
    assert (first.chart.names, second.chart.names) == (
        ["all-off", "only-precision", "draw0001"],
        ["draw0002", "best-run"],
    )
    assert "training energy (J)\nmeasured (cpu)" in [axis.name for axis in second.chart.axes]
    assert second.chart.rows == ["runs-3", "runs-4"]


def test_run_whose_energy_is_not_known_stands_beside_the_others(runs):
    runs.loc[2, ["energy_source", "energy_scope", "train_energy_j"]] = None
    found = only(sweep({"all_runs": runs})).chart
    assert lines(found)["draw0001"][1] == [2, 3, None, None, 2, None]


def test_run_that_was_refused_before_its_data_were_read_stands_beside_the_others(runs):
    runs["threads"] = runs["threads"].astype("Int64")
    runs.loc[2, ["data_level", "threads", "energy_source", "energy_scope", "train_energy_j"]] = None
    assert len(only(sweep({"all_runs": runs})).chart.names) == 5


def test_runs_on_data_of_another_level_are_in_a_chart_of_their_own(runs):
    runs.loc[4, "data_level"] = "sample"
    assert [found.chart.names for found in sweep({"all_runs": runs})][1] == ["best-run"]


def test_colours_go_from_worst_to_best_also_where_less_is_better(runs):
    chart = only(sweep({"all_runs": runs})).chart
    assert {key: read(chart)["colour"][key] for key in ("axis", "low", "high")} == {
        "axis": 2,
        "low": 0.60,
        "high": 0.75,
    }
    errors = only(sweep({"all_runs": runs.assign(dataset="california_housing", metric="mae")})).chart
    assert "lower is better" in errors.axes[2].name
    assert read(errors)["colour"]["ramp"]["light"] == ramp(1)["light"][::-1] != ramp(1)["light"]


def test_table_has_a_row_per_run_with_the_name_that_its_line_knows(runs):
    found = only(sweep({"all_runs": runs}))
    assert list(found.table) == [
        "variant", "seed", "status", "test accuracy", "training energy (J)", "training duration (s)",
        "latency of one sample (ms)", "CPU time of training (s)", "precision", "momentum",
    ]  # fmt: skip
    assert list(found.table.index) == found.chart.rows == ["runs-0", "runs-1", "runs-2", "runs-3", "runs-4"]
    assert list(found.table.loc["runs-2"]) == [
        "draw0001", 0, "diverged", "\N{EN DASH}", "20", "2", "\N{EN DASH}", "4", "float16", "none",
    ]  # fmt: skip


def test_study_without_runs_has_no_chart(runs):
    assert sweep({"all_runs": runs.iloc[:0]}) == []


def test_chart_of_a_whole_sweep_says_how_its_energy_is_known_and_is_small():
    chart = only(sweep({"all_runs": made_sweep(100)})).chart
    html = chart.as_html()
    assert "<strong>estimated energy</strong>" in html
    assert "The table below has the same numbers." in html
    assert len(html) < 200 * len(chart.names)


def test_of_very_many_runs_the_chart_has_base_cases_best_configurations_and_drawn_runs_evenly_by_quality(monkeypatch):
    monkeypatch.setattr(of_sweep, "MOST_LINES", 40)
    runs = made_sweep(100)
    found = only(sweep({"all_runs": runs}))
    assert len(found.table) == len(found.chart.names) == 40
    assert found.chart.heading == "CIFAR-10: 40 of 116 runs"
    assert found.chart.note.endswith("drawn runs shown evenly by quality")
    drawn = runs[runs["variant"].str.startswith("draw")]
    assert set(found.chart.names) > {"all-off", "only-precision", "best-run", "best-levels"}
    shown = drawn[drawn["variant"].isin(found.chart.names)]["test_quality"]
    assert len(shown) == 40 - 16  # less the other runs
    assert (shown.min(), shown.max()) == (drawn["test_quality"].min(), drawn["test_quality"].max())
    assert shown.median() == pytest.approx(drawn["test_quality"].median(), abs=0.01)
    assert shown.isna().sum() == 2  # of 24, as 8 of 100


def test_sweep_that_a_chart_has_room_for_is_shown_as_it_is(runs):
    found = only(sweep({"all_runs": runs}))
    assert found.chart.heading == "CIFAR-10: 5 runs" and "evenly" not in found.chart.note
