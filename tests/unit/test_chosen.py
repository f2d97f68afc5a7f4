"""Recipes that are chosen from the results of a study: their file, the runs that have them, and the commands that know them."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from frugalnet import catalogue
from frugalnet.analysis.choice import choose
from frugalnet.commands import run as commands
from frugalnet.commands.run import before, is_made
from frugalnet.commands.script.found import find
from frugalnet.config.recipe import Recipe
from frugalnet.errors import FrugalNetError, RefusedError
from frugalnet.jobs import tasks
from frugalnet.jobs.needed import by_run
from frugalnet.jobs.sheets import named
from frugalnet.record import paths
from frugalnet.record.chosen import ChosenRecipes, read_chosen, write_chosen
from frugalnet.record.record import read_record
from tests.unit.conftest import leave, without_model
from tests.unit.made_levels import ALL_OFF, ALL_ON, BEST_RUN, CHOSEN, CONFIG, ROWS, STUDY, best, record_of

BASELINES = [run for run in ROWS if run.split("/")[1] == "baseline"]


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a study, with the card of its data in it."""
    made = tmp_path / "techniques"
    made.mkdir()
    (made / paths.CARD).write_text('{"level": "sample"}')
    return made


def finished(folder, *records):
    """Leave raw files of runs, and give the paths of their records."""
    for rec in records:
        leave(rec, folder / "raw" / rec.run.id)
    return [paths.raw(folder, rec.run.id) for rec in records]


# The file


def test_chosen_recipes_are_read_as_they_were_written(tmp_path):
    resolved = CHOSEN.model_copy(update={"resolved": {"internal": "none"}, "of": None})
    write_chosen(ChosenRecipes(recipes={"best-run": CHOSEN, "best-levels": resolved}), tmp_path / "chosen.json")
    assert read_chosen(tmp_path / "chosen.json").recipes == {"best-run": CHOSEN, "best-levels": resolved}
    assert [path.name for path in tmp_path.iterdir()] == ["chosen.json"]


def test_nothing_can_be_chosen_too(tmp_path):
    write_chosen(ChosenRecipes(nothing="no score"), tmp_path / "chosen.json")
    assert read_chosen(tmp_path / "chosen.json") == ChosenRecipes(nothing="no score")


@pytest.mark.parametrize("text", ["", '{"recipes": {', "[]", '{"recipes": {"best-run": {}}}', '{"others": {}}'])
def test_file_that_is_torn_or_of_another_layout_is_told_and_what_to_do(tmp_path, text):
    (tmp_path / "chosen.json").write_text(text)
    with pytest.raises(FrugalNetError, match=r"chosen\.json: not recipes that were chosen from results \(") as error:
        read_chosen(tmp_path / "chosen.json")
    assert str(error.value).endswith("; delete it, and the same command chooses anew")


# The run that has one


def test_run_with_a_chosen_recipe_has_that_recipe_its_levels_and_its_own_name():
    done = CHOSEN.applied(ROWS[BEST_RUN])
    assert (done.id, done.method, done.variant, done.seed) == (BEST_RUN, "best", "best-run", 0)
    assert done.recipe == ROWS[ALL_ON].recipe != ROWS[BEST_RUN].recipe
    assert done.factors == {"batch_size": "128", "momentum": "none", "optimizer": "adamw"}
    assert (done.network, done.measure) == (ROWS[BEST_RUN].network, ROWS[BEST_RUN].measure)


def test_versions_and_resolved_keys_are_those_of_the_chosen_recipe():
    chosen = CHOSEN.model_copy(update={"resolved": {"internal": "none"}, "part_versions": {"optimizer adamw": 3}})
    done = chosen.applied(ROWS[BEST_RUN])
    assert (done.resolved, done.part_versions) == ({"internal": "none"}, {"optimizer adamw": 3})
    assert (ROWS[BEST_RUN].resolved, ROWS[BEST_RUN].part_versions) == ({}, {})


def test_record_keeps_the_row_of_the_sheet_beside_what_was_done(tmp_path):
    leave(best(), tmp_path)
    found = read_record(tmp_path / paths.RECORD)
    assert found.run == ROWS[BEST_RUN]
    assert found.chosen == CHOSEN
    assert found.done == CHOSEN.applied(ROWS[BEST_RUN])


def test_any_other_run_did_what_stands_in_its_row():
    assert record_of(ALL_ON).done == ROWS[ALL_ON]


# Choosing


def test_recipes_are_chosen_from_all_records_by_the_function_of_the_study(folder):
    records = finished(
        folder, record_of(ALL_OFF, quality=0.2), record_of(ALL_ON, quality=0.9, train_uj=1_000_000), best()
    )
    choose("techniques", CONFIG.techniques, CONFIG.checks, records, folder / paths.CHOSEN)
    found = read_chosen(folder / paths.CHOSEN).recipes
    assert [*found] == ["best-run", "best-levels"]
    assert (found["best-run"].of, found["best-run"].recipe) == ("all-on", ROWS[ALL_ON].recipe)
    assert found["best-run"].because.startswith("all-on has the best score of 2 combinations: ")
    assert found["best-levels"].factors == ROWS[ALL_OFF].factors, "too few runs to tell which level is better"


def test_recipe_is_chosen_with_the_versions_of_its_parts_so_that_a_fix_of_one_trains_it_again(folder, monkeypatch):
    records = finished(folder, record_of(ALL_OFF, quality=0.2), record_of(ALL_ON, quality=0.9))
    part = catalogue.RECIPE_PARTS["optimizer"]
    fixed = part.levels | {"adamw": replace(part.levels["adamw"], version=3)}
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "optimizer", replace(part, levels=fixed))
    choose("techniques", CONFIG.techniques, CONFIG.checks, records, folder / paths.CHOSEN)
    assert read_chosen(folder / paths.CHOSEN).recipes["best-run"].part_versions == {"optimizer adamw": 3}


def test_nothing_is_chosen_where_no_run_has_a_score(folder):
    records = finished(folder, without_model(record_of(ALL_OFF)), record_of(ALL_ON, train_uj=None))
    choose("techniques", CONFIG.techniques, CONFIG.checks, records, folder / paths.CHOSEN)
    found = read_chosen(folder / paths.CHOSEN)
    assert found.recipes == {} and found.nothing.startswith("no combination has a score")


def test_job_chooses_with_the_settings_that_it_is_given(folder):
    records = finished(folder, record_of(ALL_OFF, quality=0.2), record_of(ALL_ON, quality=0.9))
    given = {"records": [str(path) for path in records], "path": str(folder / paths.CHOSEN)}
    tasks.chosen(study="techniques", section={**STUDY, "epochs_of_best": 9}, checks={}, **given)
    found = read_chosen(folder / paths.CHOSEN).recipes["best-run"]
    assert (found.of, found.recipe.epochs) == ("all-on", 9)


def test_job_writes_the_run_sheet_of_the_settings_that_it_is_given(folder):
    tasks.sheet(study="techniques", section=STUDY, path=str(folder / paths.SHEET))
    head, *rows = [line.split("\t") for line in (folder / paths.SHEET).read_text().splitlines()]
    assert head == ["run", "batch_size", "momentum", "optimizer", "refused"]
    assert rows[:3] == [
        ["all-off", "32", "0", "sgd", ""],
        ["all-on", "128", "none", "adamw", ""],
        ["only-model", "128", "none", "adamw", ""],
    ]
    names = ["only-batch_size", "only-momentum", "only-optimizer", "draw0001", "draw0002", "draw0003", "draw0004"]
    assert [row[0] for row in rows[3:]] == names


# What the run needs, and whether it is there


def test_only_a_run_whose_recipe_is_chosen_needs_the_file_with_it():
    needed = {run: by_run(ROWS[run], paths.Path("techniques"), "sample") for run in (ALL_ON, BEST_RUN)}
    assert needed[BEST_RUN]["chosen"].as_posix() == "techniques/chosen.json"
    assert "chosen" not in needed[ALL_ON]


def test_best_configuration_comes_after_all_runs_that_it_is_chosen_from():
    assert [run.id for run in before(ROWS[BEST_RUN], ROWS)] == BASELINES
    assert len(BASELINES) == 6 + 4
    assert before(ROWS[ALL_ON], ROWS) == []


def test_best_configuration_is_found_by_a_short_name():
    assert named("techniques/cifar10/best", {"techniques": ROWS}).id == BEST_RUN


def test_best_configuration_is_made_with_the_recipe_that_is_chosen_now(folder):
    finished(folder, best())
    assert not is_made(ROWS[BEST_RUN], folder, folder), "nothing is chosen"
    write_chosen(ChosenRecipes(recipes={"best-run": CHOSEN}), folder / paths.CHOSEN)
    assert is_made(ROWS[BEST_RUN], folder, folder)
    other = CHOSEN.model_copy(update={"recipe": Recipe(epochs=3)})
    write_chosen(ChosenRecipes(recipes={"best-run": other, "best-levels": CHOSEN}), folder / paths.CHOSEN)
    assert not is_made(ROWS[BEST_RUN], folder, folder), "another recipe is chosen now"


def test_best_configuration_is_made_too_where_there_was_nothing_to_choose(folder):
    lost = record_of(BEST_RUN, status="complete")
    finished(folder, without_model(lost, "refused", "there is no recipe to train with"))
    write_chosen(ChosenRecipes(nothing="no score"), folder / paths.CHOSEN)
    assert is_made(ROWS[BEST_RUN], folder, folder)
    write_chosen(ChosenRecipes(recipes={"best-run": CHOSEN}), folder / paths.CHOSEN)
    assert not is_made(ROWS[BEST_RUN], folder, folder)


def test_chosen_recipes_are_nothing_to_other_runs(folder):
    finished(folder, record_of(ALL_ON))
    assert is_made(ROWS[ALL_ON], folder, folder)


# The script of the run


def test_script_is_of_the_recipe_that_was_chosen(folder):
    finished(folder, record_of(ALL_OFF), best())
    found = find("techniques/cifar10/best/best-run", folder.parent)
    assert found.record.run.id == BEST_RUN
    assert [run.recipe for run in found.chain] == [ROWS[ALL_ON].recipe]
    assert (found.runs, found.stage, found.nas) == (1, None, None)


def test_record_of_an_earlier_version_has_no_chosen_recipe(folder):
    (path,) = finished(folder, record_of(ALL_ON))
    values = json.loads(path.read_text())
    del values["chosen"]
    values.pop("sha256")
    path.write_text(json.dumps(values))
    assert read_record(path).chosen is None


# Doing the runs before it


@pytest.fixture
def done(folder, monkeypatch):
    """Return a function that does a chain of runs, of which this machine refuses `all-on`, and gives what was done."""
    refused = RefusedError("recipe.batch_size = 128: too large")

    def check(run, data):
        if run.id == ALL_ON:
            raise refused

    def do(*chain):
        found = []
        monkeypatch.setattr(commands, "data_for", check)
        monkeypatch.setattr(commands, "load", lambda *_: None)
        monkeypatch.setattr(commands, "probed", lambda *_: folder / "probe.json")
        monkeypatch.setattr(
            commands, "choose", lambda study, section, checks, records, path: found.append((study, records, path))
        )
        monkeypatch.setattr(commands, "in_own_process", lambda kind, task, given, name, log: found.append(given))
        commands._do(chain, CONFIG, folder.parent, False, SimpleNamespace(follow=lambda *_: None))
        return found

    return do


def test_run_at_levels_that_this_machine_refuses_does_not_stop_the_others(done):
    first, second = done(ROWS[ALL_ON], ROWS[ALL_OFF])
    assert [each["run"]["variant"] for each in (first, second)] == ["all-on", "all-off"]


def test_any_other_run_that_this_machine_refuses_stops_all_before_they_begin(done):
    with pytest.raises(RefusedError, match="too large"):
        done(ROWS[ALL_OFF], ROWS[ALL_ON].model_copy(update={"factors": {}}))


def test_recipe_is_chosen_after_the_runs_before_it_and_given_to_the_run(done, folder):
    first, chosen, best_run = done(ROWS[ALL_OFF], ROWS[BEST_RUN])
    assert first["run"]["variant"] == "all-off" and "chosen" not in first["inputs"]
    assert chosen == ("techniques", [paths.raw(folder, ALL_OFF)], folder / "chosen.json")
    assert best_run["inputs"]["chosen"] == str(folder / "chosen.json")
