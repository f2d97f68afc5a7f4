"""Figures of the techniques study: what all of them have, for few runs and for many, and how ranks follow from weights."""

import importlib
from itertools import product

import matplotlib
import matplotlib.text
import pandas as pd
import pytest

from frugalnet import figures
from frugalnet.drawing.layout import SAMPLE_TAG
from frugalnet.drawing.quantities import kinds
from tests.unit.drawn_techniques import draw, effects, panel
from tests.unit.made_ledger import labels, words
from tests.unit.made_techniques_tables import (
    FEW,
    about,
    made_effects,
    made_epochs,
    made_importance,
    made_ranking,
    made_ranks,
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


def tables_of(name: str, runs: int, failed: int = 3, **changed) -> tuple[pd.DataFrame, ...]:
    """Return made tables for a figure, with some runs without a model: all factors for many runs, a few for few."""
    factors = {} if runs > 24 else {"names": FEW}
    ranking = made_ranking(runs, failed=failed, **factors, **changed)
    if name == "effects_of_levels":
        return (made_effects(runs, **factors, **changed),)
    if name == "importance_of_factors":
        return (made_importance(runs, **factors, **changed),)
    if name == "ranking_by_weights":
        return (made_ranks(ranking),)
    return (made_epochs(ranking, 4, **changed), ranking) if name == "power_by_epoch" else (ranking,)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize(
    ("name", "runs", "failed"),
    [*product(NAMES, (24, 114), (3,)), *product(NAMES, (24,), (0,)), ("what_had_what", 38, 3)],
)
def test_figure_has_the_width_of_its_columns_and_text_that_can_be_read_and_is_on_no_other(name, runs, failed, column):
    figure = draw(name, *tables_of(name, runs, failed), column=column)
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
        assert axes.bbox.width >= 0.05 * figure.bbox.width
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
