"""The run sheet of the study `techniques`: what is drawn, what is refused, and what stays as it is when more is drawn."""

from collections import Counter

import pytest
from pydantic import ValidationError

from frugalnet.config.techniques import FACTORS, Techniques
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.studies.techniques.sheet import as_table, base_cases, combinations, run_sheet

FEW = dict.fromkeys(["scaling", "augmentation", "split", "precision", "batch_size", "learning_rate", "schedule"])
"""Leaves momentum, optimizer and internal."""


def sheet(**settings):
    return run_sheet(Config(techniques=Techniques(**settings)))


def wrong(**settings):
    with pytest.raises(ValidationError) as error:
        Techniques(**settings)
    return str(error.value)


def factor(off, on, levels, **more):
    return {"off": off, "on": on, "levels": levels, **more}


def test_sheet_has_the_base_cases_of_each_seed_the_drawn_runs_and_the_best_configurations():
    runs = sheet(n=3, seeds=2, factors=FEW)
    names = ["all-off", "all-on", "only-model", "only-momentum", "only-optimizer", "only-internal"]
    best = ["best-run", "best-levels"]
    assert [run.variant for run in runs] == [*names, *names, "draw0001", "draw0002", "draw0003", *best, *best]
    assert [run.seed for run in runs] == [0] * 6 + [1] * 6 + [100, 101, 102, 0, 0, 1, 1]
    assert [run.method for run in runs] == ["baseline"] * 15 + ["best"] * 4
    assert [bool(run.factors) for run in runs] == [True] * 15 + [False] * 4


def test_more_runs_rename_and_change_none():
    few, more = sheet(n=100), sheet(n=150)
    assert more[: len(few) - 2] == few[:-2]
    assert more[-2:] == few[-2:]
    assert len(more) == len(few) + 50


def test_every_run_of_a_sheet_has_an_id_of_its_own():
    ids = [run.id for run in sheet(n=100, seeds=3)]
    assert len(ids) == len(set(ids))


def test_another_seed_of_the_draw_gives_other_runs():
    assert sheet(n=10)[-12:-2] != sheet(n=10, draw=1)[-12:-2]
    assert sheet(n=10) == sheet(n=10)


def test_runs_differ_in_the_levels_that_they_end_up_with():
    drawn = list(combinations(Techniques(n=40, factors=FEW)))
    assert max(Counter(tuple(each.levels.values()) for each in drawn).values()) == 1


def test_every_level_is_drawn_about_as_often():
    drawn = list(combinations(Techniques(n=2000)))
    for name, entry in FACTORS.items():
        counts = Counter(each.levels[name] for each in drawn)
        if name not in ("momentum", "internal"):  # whose levels are resolved
            assert len(counts) == len(entry.levels)
            assert all(400 <= count <= 600 for count in counts.values()), (name, counts)


def test_no_more_runs_are_drawn_than_there_are_combinations():
    with pytest.raises(FrugalNetError, match=r"techniques\.n = 41: the levels have 40 different combinations"):
        sheet(n=41, factors=FEW)


def test_setting_that_a_level_does_not_have_is_none():
    adam = [each for each in combinations(Techniques(n=40, factors=FEW)) if each.levels["optimizer"] == "adam"]
    assert {each.levels["momentum"] for each in adam} == {"none"}
    assert {each.recipe.optimizer for each in adam} == {"adam"}


def test_level_is_the_one_that_a_run_ends_up_with():
    found = list(combinations(Techniques(n=500)))
    rounded = [
        each for each in found if each.levels["internal"] in ("quantization_aware", "post_training_quantization")
    ]
    assert {each.levels["precision"] for each in rounded} == {"float32"}
    assert any(each.instead == {"internal": "none"} for each in found)


def test_base_case_of_one_factor_has_that_factor_on_alone():
    cases = {case.name: case.levels for case in base_cases(Techniques())}
    off, only = cases["all-off"], cases["only-batch_size"]
    assert {name for name in off if off[name] != only[name]} == {"batch_size"}
    assert cases["only-preprocessing"]["split"] == "60-20-20"
    assert cases["only-preprocessing"]["precision"] == "float32"


def test_any_key_of_a_recipe_can_be_a_factor():
    cases = base_cases(Techniques(factors={**FEW, "label_smoothing": factor(0, 0.1, [0, 0.1, 0.2])}))
    assert {case.name: case.recipe.label_smoothing for case in cases}["only-label_smoothing"] == 0.1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"factors": {"model": factor(1, 2, [1, 2])}}, "model = 'model': is a group of factors"),
        ({"factors": {"momentun": factor(0, 1, [0, 1])}}, "unknown factor or key of a recipe; known are"),
        ({"factors": {"precision": factor("float32", "flot16", ["float32", "float16"])}}, "factors.precision.on"),
        ({"factors": {"precision": factor("float32", "float16", ["float32", "flot16"])}}, "factors.precision.levels.1"),
        ({"factors": {"momentum": factor(0, 2, [0, 0.5], key="optimizer.momentum")}}, "factors.momentum.on = 2"),
        ({"factors": {"batch_size": factor(4, 32, [4, 4])}}, "is there twice"),
        ({"factors": {"batch_size": factor(4, 4, [4, 8])}}, "expected another level than off"),
        ({"factors": {"rate": factor(0.1, 0.2, [0.1, 0.2], key="learning_rate")}}, "sets it too; expected one factor"),
        ({"recipe": {"batch_size": 4}}, "the factor batch_size sets it too"),
        ({"factors": dict.fromkeys(FACTORS)}, "leaves nothing to vary"),
        ({"interactions": [["optimizer", "schedul"]]}, "unknown factor"),
        ({"interactions": [["optimizer", "optimizer"]]}, "expected two factors"),
        ({"network": "housing_mlp"}, "does not take samples of 3 dimensions"),
        ({"dataset": "california_housing", "network": "housing_mlp"}, "factors.augmentation"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(settings, told):
    assert told in wrong(**settings)


def written(folder, *lines):
    path = folder / "own.tsv"
    path.write_text("".join("\t".join(line) + "\n" for line in lines))
    return Techniques(sheet=str(path), factors=FEW)


HEAD = ("run", "momentum", "optimizer", "internal")


def test_own_sheet_takes_the_place_of_the_draw(tmp_path):
    found = list(combinations(written(tmp_path, HEAD, ("mine", "0.9", "sgd", "jit"), ("other", "0", "adam", "none"))))
    assert [(each.name, each.recipe.optimizer) for each in found] == [
        ("mine", {"name": "sgd", "momentum": 0.9}),
        ("other", "adam"),
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([HEAD[:3]], "line 1: columns: internal is missing; expected run, momentum, optimizer, internal, each once"),
        ([(*HEAD, "momentum")], "each once"),
        ([HEAD, ("mine", "0.9", "sgd")], "line 2: 3 cells; expected 4"),
        ([HEAD, ("mine", "0.8", "sgd", "jit")], "line 2: momentum = '0.8': unknown level; known are"),
        ([HEAD, ("Mine", "0.9", "sgd", "jit")], "line 2: run = 'Mine'"),
        ([HEAD, ("all-off", "0.9", "sgd", "jit")], "expected another name"),
        ([HEAD, ("mine", "0.9", "sgd", "jit"), ("mine", "0", "sgd", "jit")], "line 3: run"),
        ([], "line 1: columns: run, momentum, optimizer, internal are missing"),
    ],
)
def test_line_that_no_run_can_have_is_refused_with_its_place(tmp_path, lines, told):
    with pytest.raises(FrugalNetError, match=r"own\.tsv") as error:
        list(combinations(written(tmp_path, *lines)))
    assert told in str(error.value)


def test_run_sheet_of_a_study_is_a_sheet_of_own_runs(tmp_path):
    study = Techniques(n=4, factors=FEW)
    written = tmp_path / "runs.tsv"
    written.write_text(as_table(study))
    again = study.model_copy(update={"sheet": str(written)})
    assert [each.name for each in combinations(again)] == [f"draw000{number}" for number in (1, 2, 3, 4)]
    assert list(combinations(again)) == [each for each in combinations(study) if not each.refused]


def test_results_keep_what_their_own_runs_were(tmp_path):
    study = Techniques(n=4, factors=FEW)
    (tmp_path / "techniques").mkdir()
    (tmp_path / "techniques" / "runs.tsv").write_text(as_table(study))
    kept = study.model_copy(update={"sheet": "mine.tsv"}).with_copies(tmp_path)
    assert len(list(combinations(kept))) == 4 and kept.sheet == "mine.tsv"
