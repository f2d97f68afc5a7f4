"""`frugalnet show`: the runs of a folder as a table of what differs and what came out."""

import io
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from frugalnet.cli import app
from frugalnet.commands import lookup
from frugalnet.commands.show.choice import ordered, where
from frugalnet.commands.show.keys import MEASURES, NAMES, OTHERS, PLACE
from frugalnet.commands.show.printed import print_shown
from frugalnet.commands.show.shown import shown
from tests.unit.conftest import made_record, without_model
from tests.unit.made_runs import UNKNOWN, grid, measured, results, varied

__all__ = ["results"]
ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results/reference/techniques.zip"


def show(folder, *given):
    """Return what the command prints, into a pipe."""
    done = CliRunner().invoke(app, ["show", str(folder), *given])
    assert done.exit_code == 0, done.output
    return done.output


def refused(folder, *given):
    """Return the message of the command that refuses something."""
    done = CliRunner().invoke(app, ["show", str(folder), *given])
    assert done.exit_code == 1
    return str(done.exception.code if isinstance(done.exception, SystemExit) else done.output)


def rows(text):
    """Return the cells of the table in a text, by the run: columns are two spaces apart."""
    lines = text.split("\n\n")[1].splitlines()
    cells = [re.split(r" {2,}", line) for line in lines[1:] if not line.startswith("...")]
    return {run: others for run, *others in cells}


def in_terminal(folder, width, conditions=(), sort=None):
    """Return what is printed in a terminal of some columns, without colours."""
    with lookup.opened(folder) as files:
        runs, _ = lookup.table_of(files)
    runs = where(runs, conditions)
    runs = runs if sort is None else ordered(runs, sort, reverse=False)
    text = io.StringIO()
    print_shown(
        shown(runs), to=Console(file=text, width=width, force_terminal=True, color_system=None, highlight=False)
    )
    return text.getvalue()


def test_columns_are_the_parameters_that_differ_and_what_came_out(results):
    text = show(results(*grid()))
    head = text.split("\n\n")[1].splitlines()[0]
    assert head.split("  ")[0] == "run"
    assert [name for name in ("batch_size", "learning_rate", "schedule", "scaling") if name in head] == [
        "learning_rate",
        "schedule",
    ]
    assert rows(text)["lr0.05-cosine"] == ["0.05", "cosine", "0.8500", "5", "10"]


def test_what_all_runs_have_in_common_is_said_once(results):
    text = show(results(*grid()))
    assert text.startswith("4 runs: study compression, dataset mnist, method baseline, seed 0\n")
    assert "The same in all: network softmax_big" in text
    assert "mnist/" not in text


def test_heading_says_which_quality_is_better_and_how_energy_is_known(results):
    text = show(results(*grid()))
    assert "test accuracy\N{NO-BREAK SPACE}\N{UPWARDS ARROW}" in text
    assert "energy, J (estimated, cpu)" in text


def test_energies_of_several_kinds_are_told_apart(results):
    one, other, third, fourth = grid()
    text = show(results(measured(one), other, measured(third, UNKNOWN), measured(fourth)), "--sort", "energy")
    assert list(rows(text)) == ["lr0.05-cosine", "lr0.1-constant", "lr0.1-cosine", "lr0.05-constant"]
    assert rows(text)["lr0.1-constant"][3:] == ["9", "measured, gpu", "10"]
    assert rows(text)["lr0.1-cosine"][3:] == ["8", "estimated, cpu", "10"]
    assert "! Energies are of different sources or scopes" in text


def test_energy_that_is_not_known_is_a_dash_and_says_why(results):
    one, other, *_ = grid()
    text = show(results(measured(one, UNKNOWN), other))
    assert rows(text)["lr0.1-constant"][2] == "\N{EN DASH}"
    assert "energy, J (estimated, cpu)" in text
    assert "! The energy of 1 run is not known: no meter is here" in text


def test_status_is_a_column_where_a_run_has_no_model(results):
    one, other, *_ = grid()
    found = rows(show(results(without_model(one), other)))
    assert found["lr0.1-constant"] == ["constant", "\N{EN DASH}", "9", "10", "diverged"]
    assert found["lr0.1-cosine"] == ["cosine", "0.9500", "8", "10", "complete"]


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


def test_unequal_threads_are_a_column_and_a_warning(results):
    one, other, *_ = grid()
    text = show(results(varied(one, "one", threads=1), varied(other, "two", threads=2)))
    assert "! The runs have different numbers of threads" in text
    assert [row[0] for row in rows(text).values()] == ["1", "2"]


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


def test_a_study_that_is_going_on_is_shown(results):
    folder = results(*grid())
    going_on = folder / "compression/work/mnist/baseline/lr0.2-step/seed0"
    going_on.mkdir(parents=True)
    (going_on / "record.json").write_text("{")
    assert len(rows(show(folder))) == 4


def test_the_folder_of_a_study_is_taken_too(results):
    assert len(rows(show(results(*grid()) / "compression"))) == 4


def test_damaged_records_are_left_out_with_a_warning(results):
    folder = results(*grid())
    torn, edited = (
        folder / f"compression/raw/mnist/baseline/lr0.1-{end}/seed0/record.json" for end in ("cosine", "constant")
    )
    torn.write_text(torn.read_text()[:100])
    edited.write_text(edited.read_text().replace("0.9,", "0.99,"))
    text = show(folder)
    assert set(rows(text)) == {"lr0.05-constant", "lr0.05-cosine"}
    assert f"! A run is left out: {torn}" in text
    assert f"! A run is left out: {edited}: was edited" in text


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


def test_csv_has_all_parameters_and_numbers_without_rounding(results, tmp_path):
    show(results(*grid()), "--sort", "energy", "--limit", "2", "--write", str(tmp_path / "runs.csv"))
    written = pd.read_csv(tmp_path / "runs.csv")
    assert written["variant"].tolist() == ["lr0.05-constant", "lr0.05-cosine"]
    assert written["train_energy_j"].tolist() == [4.0, 5.0]
    assert {"recipe.batch_size", "energy_source", "energy_scope", "data_level", "metric"} <= set(written)


def test_a_pipe_gets_whole_cells_without_colour(results):
    recs = [varied(made_record(), f"{'long' * 40}{at}", learning_rate=rate) for at, rate in enumerate((0.1, 0.2))]
    text = show(results(*recs))
    assert "long" * 40 + "1" in text
    assert "\x1b" not in text
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


def test_narrow_terminals_fold_headings_first(results):
    text = in_terminal(results(*grid()), 70)
    assert max(map(len, text.splitlines())) <= 70
    assert "learning_rate" not in text.split("\n\n")[1]
    assert "schedule" in text


@pytest.mark.parametrize("width", [72, 80, 120, 160])
def test_tables_of_the_reference_results_fit_into_terminals(width):
    text = in_terminal(REFERENCE, width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("0.5334") == 1
    below = "What is different stands below a run."
    assert (below in " ".join(text.split())) == (width < 120)


def test_example_of_the_docs_is_what_is_printed():
    conditions = ("dataset=mnist", "variant=unit-s0.75", "seed=0")
    lines = [
        line.rstrip()
        for line in in_terminal(REFERENCE.with_name("compression.zip"), 80, conditions, "quality").splitlines()
    ]
    assert "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ") in (ROOT / "docs/results.md").read_text()


def test_narrow_terminals_tell_parameters_that_are_unlike_most_others(results):
    settings = {
        "schedule": "constant",
        "scaling": "unit",
        "precision": "float32",
        "batch_size": 32,
        "label_smoothing": 0.0,
    }
    changes = [{}, {}, {"augmentation": ["random", "mixup"], "schedule": "cosine"}, {"precision": "bfloat16"}]
    more = {"scaling": "standard", "batch_size": 64, "label_smoothing": 0.1}
    recs = [varied(grid()[0], f"v{at}", **settings | own) for at, own in enumerate([*changes, more])]
    text = in_terminal(results(*recs), 60)
    assert "Most have: batch_size 32; schedule constant;" in text.replace("\n", " ").replace("  ", " ")
    lines = text.split("\n\n")[1].splitlines()
    at = {line.split()[0]: number for number, line in enumerate(lines) if line.startswith("v")}
    assert at["v1"] == at["v0"] + 1
    assert lines[at["v2"] + 1] == "  schedule cosine; augmentation random, mixup"


def test_docs_name_all_keys():
    text = (ROOT / "docs/results.md").read_text()
    (told,) = re.findall(r"\nKeys are (.*?)and the keys of recipe", text, re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", told)) == sorted([*MEASURES, *NAMES, *OTHERS, *PLACE])


def test_packages_are_shown_as_folders_are():
    text = show(REFERENCE, "--where", "method=best", "--sort", "energy")
    assert text.startswith("6 runs: study techniques, dataset cifar10, method best\n")


def test_many_records_are_read_by_several_processes(results, monkeypatch):
    folder = results(*grid())
    alone = show(folder)
    monkeypatch.setattr(lookup, "MANY", 2)
    monkeypatch.setattr(lookup, "PIECE", 1)
    assert show(folder) == alone


def test_same_run_of_two_studies_has_the_study_in_its_name(results):
    folder = results(made_record())
    copy = made_record()
    copy = copy.model_copy(update={"run": copy.run.model_copy(update={"study": "techniques"})})
    results(copy)
    assert set(rows(show(folder))) == {"compression", "techniques"}
    shutil.rmtree(folder / "techniques")
    assert set(rows(show(folder))) == {"compression/mnist/baseline/default/seed0"}
