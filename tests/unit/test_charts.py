"""Interactive charts: which points they have, what is said on hover, the front, and HTML that keeps what it is given."""

import json
import re

import pandas as pd
import pytest

from frugalnet.drawing.layout import Note
from frugalnet.page import charts
from frugalnet.page.charts.fronts import fronts
from frugalnet.page.charts.parts import Exploration, Panel, ink, mark, panel, symbol
from frugalnet.page.charts.trials import trials
from tests.unit.made_searches import made_searches
from tests.unit.made_study import made_comparison

COLUMNS = ["dataset", "method", "quality_mean", "parameters_compacted", "energy_to_solution_j"]
COMPARED = (
    ("mnist", "baseline", 0.980, 1000, 100.0),
    ("mnist", "continued", 0.970, 1000, 150.0),
    ("mnist", "pruning", 0.975, 400, 300.0),
    ("mnist", "random", 0.960, 300, 250.0),
)


@pytest.fixture
def compared():
    """Return a comparison with four rows of literal numbers, and of one seed."""
    literal = pd.DataFrame(COMPARED, columns=COLUMNS)
    rows = made_comparison().drop_duplicates("method").set_index("method").loc[literal["method"]].reset_index()
    return rows.assign(**literal, variant="default", energy_source="estimated", energy_scope="cpu")


def series(exploration, choice, kind):
    """Return the series of one kind of the first panel."""
    return [each for each in exploration.panels[0].options[choice]["series"] if each["type"] == kind]


def values(exploration, choice, name):
    """Return the places of the points of that name."""
    (found,) = (each for each in series(exploration, choice, "scatter") if each["name"] == name)
    return [point["value"] for point in found["data"]]


def test_fronts_have_a_point_per_row_at_its_cost_and_quality(compared):
    found = fronts({"comparison": compared})
    assert values(found, "parameters", "baseline") == [[1000.0, 0.980]]
    assert values(found, "parameters", "pruning") == [[400.0, 0.975]]
    assert values(found, "energy to solution", "pruning") == [[300.0, 0.975]]
    assert [each.heading for each in found.panels] == ["MNIST: test accuracy"]


def test_front_is_what_no_other_row_beats(compared):
    (line,) = series(fronts({"comparison": compared}), "parameters", "line")
    assert (line["data"], line["step"]) == ([[300.0, 0.960], [400.0, 0.975], [1000.0, 0.980]], "end")


def test_energies_that_are_known_in_other_ways_have_a_front_of_their_own(compared):
    compared.loc[2, "energy_source"] = "measured"
    lines = series(fronts({"comparison": compared}), "energy to solution", "line")
    assert [line["data"] for line in lines] == [[[100.0, 0.980]], [[300.0, 0.975]]]


def test_point_tells_its_numbers_how_they_are_known_and_leads_to_its_row(compared):
    (pruning,) = (
        each
        for each in series(fronts({"comparison": compared}), "energy to solution", "scatter")
        if each["name"] == "pruning"
    )
    (point,) = pruning["data"]
    assert point["row"] == "comparison-2"
    assert point["about"][:2] == ["pruning", "test accuracy: 0.9750, measured, 1 seed"]
    assert point["about"][-2:] == ["energy to solution: 300 J, estimated (cpu)", "data: sample"]


def test_latency_is_told_as_a_multiple_of_the_baseline_with_its_interval_and_in_ms(compared):
    rows = compared.assign(
        latency_ratio=0.5, latency_ratio_low=0.45, latency_ratio_high=0.55, latency_batch1_ms_compacted=0.2
    )
    (first, *_) = series(fronts({"comparison": rows}), "latency", "scatter")
    assert (
        "latency of one sample: 0.500 [0.450, 0.550] \N{MULTIPLICATION SIGN} baseline, 0.200 ms, measured"
        in first["data"][0]["about"]
    )


def test_controls_are_hollow_and_estimated_energies_paler(compared):
    found = fronts({"comparison": compared})

    def fill(choice, name):
        (own,) = (each for each in series(found, choice, "scatter") if each["name"] == name)
        return own["data"][0]["itemStyle"]["color"]

    assert fill("parameters", "continued (control)") == "transparent"
    assert fill("parameters", "pruning")["light"] == "#d55e00"
    assert fill("energy to solution", "pruning")["light"] == "#eaae80"


def test_cost_that_is_not_known_is_no_choice(compared):
    found = fronts({"comparison": compared.assign(energy_to_solution_j=float("nan"))})
    assert "energy to solution" not in found.panels[0].options
    assert "parameters" in found.panels[0].options


def test_control_that_is_far_worse_is_faint_on_the_edge_and_tells_its_quality(compared):
    compared.loc[3, "quality_mean"] = 0.1
    (random,) = (
        each
        for each in series(fronts({"comparison": compared}), "parameters", "scatter")
        if each["name"] == "random (control)"
    )
    (point,) = random["data"]
    assert point["itemStyle"]["opacity"] == 0.5
    assert point["value"][1] > 0.9
    assert "test accuracy: 0.1000, measured, 1 seed" in point["about"]


@pytest.fixture
def searched():
    """Return the trials of one search: two complete ones, one that failed, and one that learned nothing and won nothing."""
    rows = made_searches(trials=3, methods=("nas",))
    literal = {
        "quality": [0.97, None, 0.98], "parameters": [800, 900, 1000], "parameters_compacted": [700, None, 1000],
        "train_energy_j": [50.0, None, 60.0], "winner": [False, False, True],
    }  # fmt: skip
    return rows.assign(**literal)


def test_trials_lie_at_their_size_after_compaction_and_failed_ones_on_the_axis(searched):
    found = trials({"trials": searched})
    assert values(found, "parameters", "NAS") == [[700.0, 0.97], [1000.0, 0.98]]
    assert values(found, "energy of the training", "NAS") == [[50.0, 0.97], [60.0, 0.98]]
    assert values(found, "parameters", "winner of the search") == [[1000.0, 0.98]]
    (failed,) = values(found, "parameters", "failed trial")
    assert failed == [900.0, found.panels[0].options["parameters"]["yAxis"]["min"]]
    assert values(found, "energy of the training", "failed trial")[0][0] == 50.0


def test_trial_tells_run_number_and_numbers_and_a_failed_one_why(searched):
    found = trials({"trials": searched})
    by_name = {each["name"]: each["data"] for each in series(found, "parameters", "scatter")}
    first, last = by_name["NAS"]
    assert first["about"][:4] == [
        "NAS, seed 0, trial 0",
        "run mnist/nas/default/seed0",
        "validation accuracy: 0.9700, measured",
        "parameters: 800, 700 after compaction, counted",
    ]
    assert last["about"][0] == "NAS, seed 0, trial 2, winner of the search"
    assert "energy of the training: 60 J, estimated (cpu)" in last["about"]
    assert (last["row"], by_name["failed trial"][0]["row"]) == ("trials-2", "trials-1")
    assert "failed: out of memory" in by_name["failed trial"][0]["about"]


@pytest.mark.parametrize(("name", "table"), [("fronts", made_comparison()), ("trials", made_searches())])
def test_study_without_rows_has_no_chart(name, table):
    key = {"fronts": "comparison", "trials": "trials"}[name]
    assert charts.chart(name, {key: table.iloc[:0]}) == ""


@pytest.mark.parametrize("choice", ["fronts", "trials"])
def test_every_chart_of_a_whole_study_is_valid_json_that_needs_no_network(choice):
    html = charts.chart(
        choice, {"comparison": made_comparison("paper, searched", 4, 3), "trials": made_searches(4, 2, 6)}
    )
    (text,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
    assert len(json.loads(text)["charts"]) == 4
    assert "://" not in text.replace("path://", "")


def test_text_of_a_chart_cannot_end_its_script():
    option = panel("x", pd.Series([1.0, 2.0]), (0, 1), [{"about": ["</script><b>"]}], "about")
    html = Exploration("Cost", [Panel("a & b", {"x": option})], Note("<measured>", "a < b"), "See there.").as_html()
    assert html.count("</script>") == 1
    (text,) = re.findall(r"<script[^>]*>(.*?)</script>", html)
    assert json.loads(text)["charts"][0]["options"]["x"]["series"] == [{"about": ["</script><b>"]}]
    assert "<strong>a &lt; b</strong> &lt;measured&gt;" in html


def test_chart_without_scripts_is_a_sentence_that_says_where_the_numbers_stand(compared):
    html = charts.chart("fronts", {"comparison": compared})
    (sentence,) = re.findall(r'<p class="without">(.*?)</p>', html)
    assert sentence == (
        "The interactive chart needs scripts. The figure above and the tables of the methods compared have the same numbers."
    )


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(100, 10_000, [100, 200, 500, 1000, 2000, 5000, 10_000]), (0.9, 1.3, [0.7, 1, 1.5])],
)
def test_ticks_of_a_cost_are_round_and_at_least_three(low, high, ticks):
    found = panel("x", pd.Series([low, high], dtype=float), (0, 1), [], "")["xAxis"]["axisTick"]["customValues"]
    assert found == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("light", "dark"), [("#222222", "#c4c4c4"), ("#000000", "#ffffff"), ("#8a8a8a", "#8a8a8a"), ("#56b4e9", "#56b4e9")]
)
def test_dark_colours_are_light_on_a_dark_ground(light, dark):
    assert ink(light) == {"light": light, "dark": dark}


def test_markers_are_those_of_print():
    assert symbol("o") == "circle"
    assert symbol("v") == "path://M0 50L50 -50L-50 -50Z"
    half = mark({"marker": "o", "markerfacecolor": "#d55e00", "markeredgecolor": "#111111", "fillstyle": "left"})
    assert [stop["color"] for stop in half["itemStyle"]["color"]["colorStops"]][2:] == ["transparent"] * 2
