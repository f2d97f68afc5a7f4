"""`frugalnet show` sorts runs and chooses among them, by what they were made with and what came out."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frugalnet.cli import app
from frugalnet.commands.show.keys import MEASURES, NAMES, OTHERS, PLACE
from tests.unit.conftest import made_record, without_model
from tests.unit.made_runs import grid, results, varied
from tests.unit.shown_runs import rows, show

__all__ = ["results"]
ROOT = Path(__file__).parents[2]


def refused(folder, *given):
    """Return the message of the command that refuses something."""
    done = CliRunner().invoke(app, ["show", str(folder), *given])
    assert done.exit_code == 1
    return str(done.exception.code if isinstance(done.exception, SystemExit) else done.output)


@pytest.mark.parametrize(
    ("given", "first"),
    [
        (["quality"], "lr0.1-cosine"),
        (["quality", "--reverse"], "lr0.05-constant"),
        (["energy"], "lr0.05-constant"),
        (["energy", "--reverse"], "lr0.1-constant"),
        (["learning_rate"], "lr0.05-constant"),
        (["recipe.learning_rate", "--reverse"], "lr0.1-constant"),
        (["schedule", "--reverse"], "lr0.05-cosine"),
    ],
)
def test_runs_are_sorted(results, given, first):
    assert next(iter(rows(show(results(*grid()), "--sort", *given)))) == first


def test_the_lowest_error_is_the_best_quality(results):
    errors = [made_record("california_housing", seed=seed, quality=error) for seed, error in ((0, 0.4), (1, 0.3))]
    text = show(results(*errors), "--sort", "quality")
    assert list(rows(text)) == ["seed1", "seed0"]
    assert "test mae\N{NO-BREAK SPACE}\N{DOWNWARDS ARROW}" in text


def test_a_run_without_quality_is_last_in_both_directions(results):
    one, *others = grid()
    folder = results(without_model(one), *others)
    for more in ([], ["--reverse"]):
        assert list(rows(show(folder, "--sort", "quality", *more)))[-1] == "lr0.1-constant"


def test_qualities_of_several_datasets_are_sorted_each_for_itself(results):
    folder = results(
        made_record(quality=0.9), made_record("california_housing", quality=0.3), made_record(seed=1, quality=0.95)
    )
    text = show(folder, "--sort", "quality")
    names = list(rows(text))
    assert names.index("mnist/seed1") + 1 == names.index("mnist/seed0")
    assert "! The runs have different datasets" in text


def test_seeds_are_in_the_order_of_their_numbers(results):
    text = show(results(*(varied(made_record(seed=0), f"r{number}") for number in (10, 9, 100))))
    assert list(rows(text)) == ["r9", "r10", "r100"]


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        (["schedule=cosine"], {"lr0.1-cosine", "lr0.05-cosine"}),
        (["schedule!=cosine"], {"lr0.1-constant", "lr0.05-constant"}),
        (["learning_rate=0.10"], {"lr0.1-cosine", "lr0.1-constant"}),
        (["recipe.learning_rate<0.1", "quality>=0.85"], {"compression/mnist/baseline/lr0.05-cosine/seed0"}),
        (["energy<=5"], {"lr0.05-cosine", "lr0.05-constant"}),
        (["variant=lr0.1-cosine"], {"compression/mnist/baseline/lr0.1-cosine/seed0"}),
    ],
)
def test_conditions_choose_runs(results, conditions, left):
    given = [part for condition in conditions for part in ("--where", condition)]
    assert set(rows(show(results(*grid()), *given))) == left


def test_a_name_with_settings_is_found_by_the_name_alone(results):
    one, other, *_ = grid()
    optimizer = {"name": "sgd", "momentum": 0.9}
    folder = results(varied(one, "momentum", optimizer=optimizer), varied(other, "adam", optimizer="adam"))
    text = show(folder, "--where", "optimizer=sgd")
    assert "sgd (momentum 0.9)" in text
    assert text.startswith("1 run:")


def test_one_of_several_names_is_found(results):
    one, other, *_ = grid()
    folder = results(
        varied(one, "both", augmentation=["random", "mixup"]), varied(other, "one", augmentation=["random"])
    )
    assert show(folder, "--where", "augmentation=mixup").startswith("1 run:")
    assert show(folder, "--where", "augmentation=random").startswith("2 runs:")


def test_a_measure_that_runs_are_sorted_or_chosen_by_is_shown(results):
    folder = results(*grid())
    assert "latency, ms" not in show(folder)
    assert "latency, ms" in show(folder, "--sort", "latency")
    assert rows(show(folder, "--where", "parameters<=500"))["lr0.1-cosine"][-1] == "500"


def test_limit_says_how_many_are_left_out(results):
    text = show(results(*grid()), "--limit", "1", "--sort", "energy")
    assert text.startswith("1 run:")
    assert "... and 3 more" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--sort", "enrgy"], "--sort enrgy: unknown key; known are quality, validation, energy, time"),
        (["--sort", "enrgy"], "did you mean energy?"),
        (["--where", "schedul=cosine"], "did you mean schedule?"),
        (
            ["--where", "schedule=cosin"],
            "--where schedule=cosin: unknown schedule; known are constant, cosine; did you mean cosine?",
        ),
        (["--where", "quality>=2"], "--where quality>=2: none of the 4 runs is like this"),
        (["--where", "quality>=high"], "--where quality>=high: expected a number"),
        (["--where", "schedule>=2"], "schedule is no number"),
        (["--where", "cosine"], "--where cosine: expected a key and a value, as network=resnet18"),
        (["--study", "tech"], "--study tech: unknown study; known are compression"),
        (["--study", "techniques"], "no finished runs of the study techniques (there are runs of compression) in it"),
        (["--reverse"], "--reverse: expected --sort KEY beside it"),
        (["--limit", "0"], "--limit 0: expected at least 1"),
    ],
)
def test_bad_input_is_one_clear_message(results, given, said):
    assert said in refused(results(*grid()), *given)


def test_folders_without_runs_are_refused(tmp_path):
    assert "no such folder or file" in refused(tmp_path / "away")
    assert "no finished runs in it" in refused(tmp_path)


def test_factors_that_no_key_tells_are_columns(results):
    one, other, *_ = grid()
    told = [{"schedule": "constant", "kind": "plain"}, {"schedule": "cosine", "kind": "strong"}]
    runs = [
        varied(rec, levels["kind"], factors=levels, schedule=levels["schedule"])
        for rec, levels in zip((one, other), told, strict=True)
    ]
    folder = results(*runs)
    assert {run: row[:2] for run, row in rows(show(folder)).items()} == {
        "plain": ["constant", "plain"],
        "strong": ["cosine", "strong"],
    }
    assert len(rows(show(folder, "--where", "kind=strong"))) == 1


def test_docs_name_all_keys():
    text = (ROOT / "docs/results.md").read_text()
    (told,) = re.findall(r"\nKeys are (.*?)and the keys of recipe", text, re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", told)) == sorted([*MEASURES, *NAMES, *OTHERS, *PLACE])
