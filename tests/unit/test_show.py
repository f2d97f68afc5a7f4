"""`frugalnet show`: the runs of a folder as a table of what differs and what came out."""

import io
import shutil
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from frugalnet.commands import lookup
from frugalnet.commands.show.choice import ordered, where
from frugalnet.commands.show.printed import print_shown
from frugalnet.commands.show.shown import shown
from tests.unit.conftest import made_record, without_model
from tests.unit.made_runs import UNKNOWN, grid, measured, results, varied
from tests.unit.shown_runs import rows, show

__all__ = ["results"]
ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results/reference/techniques.zip"


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


def test_unequal_threads_are_a_column_and_a_warning(results):
    one, other, *_ = grid()
    text = show(results(varied(one, "one", threads=1), varied(other, "two", threads=2)))
    assert "! The runs have different numbers of threads" in text
    assert [row[0] for row in rows(text).values()] == ["1", "2"]


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
