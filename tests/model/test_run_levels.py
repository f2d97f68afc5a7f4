"""A run at levels of factors: what it leaves for people, also when this machine refuses it, and the recipe that was chosen for it."""

import csv

import pytest
import yaml

from frugalnet import run
from frugalnet.errors import FrugalNetError, RefusedError
from frugalnet.record import paths
from frugalnet.record.chosen import ChosenRecipes, write_chosen
from frugalnet.record.record import Chosen
from tests.model.test_run import RUNS
from tests.model.test_run_search import closes
from tests.model.test_run_search import study as study
from tests.model.test_run_without_model import execute, rows_of

LEVELS = {"batch_size": "16", "optimizer": "adam"}
ID = RUNS["baseline"].id
BEST = RUNS["baseline"].model_copy(update={"method": "best", "variant": "best-run", "method_version": 1})


def at_levels(row=RUNS["baseline"], factors=LEVELS, **recipe):
    return row.model_copy(update={"recipe": row.recipe.model_copy(update=recipe), "factors": factors})


def listed(study):
    """Return the lines of the study's list of runs."""
    return rows_of(study / paths.RUNS)


def test_finished_run_leaves_its_parameters_its_readings_and_a_line_in_the_list(study):
    found, epochs = execute(at_levels(), study)
    assert found.status == "complete"
    assert paths.PARAMETERS in found.files
    parameters = yaml.safe_load((study / "raw" / ID / paths.PARAMETERS).read_text())
    assert (parameters["factors"], parameters["recipe"]["batch_size"]) == (LEVELS, 16)
    windows = closes(found)
    assert [float(each["energy_j"]) for each in epochs] == [windows[each["window"]].energy_uj / 1e6 for each in epochs]
    for each in epochs:
        length_s = windows[each["window"]].end_s - windows[each["window"]].start_s
        assert float(each["power_w"]) == pytest.approx(float(each["energy_j"]) / length_s)
        assert each["temperature_c"] == ""
    (line,) = listed(study)
    assert (line["run"], line["status"], line["batch_size"], line["error"]) == (ID, "complete", "16", "")
    assert float(line["train_energy_j"]) == windows["run/train"].energy_uj / 1e6
    assert float(line["test_quality"]) == found.quality["test_accuracy"]


def test_run_without_factors_leaves_nothing_of_it(study):
    found, epochs = execute(RUNS["baseline"], study)
    assert paths.PARAMETERS not in found.files
    assert {"energy_j", "power_w", "temperature_c", "utilization"} & epochs[0].keys() == set()
    assert not (study / paths.RUNS).exists()


def test_run_that_diverges_is_in_the_list_with_its_joules(study):
    found, epochs = execute(at_levels(optimizer="sgd", learning_rate=1000.0), study)
    (line,) = listed(study)
    assert (line["status"], line["error"], line["test_quality"]) == ("diverged", found.error, "")
    assert float(line["train_energy_j"]) > 0
    assert float(epochs[0]["energy_j"]) > 0
    assert paths.PARAMETERS in found.files


def test_run_that_this_machine_refuses_is_finished_without_a_model_and_measures_nothing(study, monkeypatch):
    monkeypatch.setattr(run, "open_ledger", lambda *_: pytest.fail("it measured"))
    found, epochs = execute(at_levels(batch_size=161), study)
    told = f"recipe.batch_size = 161 (of mnist, for {ID}): larger than the training part of 160 samples; expected at most as many"
    assert (found.status, found.error, found.windows, epochs) == ("refused", told, [], [])
    assert found.energy.reason == f"nothing was measured: {told}"
    assert set(found.files) == {paths.TIMELINE, paths.WINDOWS, paths.PARAMETERS}
    (line,) = listed(study)
    assert (line["status"], line["error"], line["train_energy_j"]) == ("refused", told, "")


def test_run_without_factors_that_this_machine_refuses_is_an_error_and_leaves_no_record(study):
    with pytest.raises(RefusedError, match=r"recipe\.batch_size = 161 .*larger than the training part of 160 samples"):
        execute(at_levels(factors={}, batch_size=161), study)
    assert not (study / "raw").exists() and not (study / "failed").exists()


def test_row_that_starts_from_another_run_begins_with_the_weights_of_its_model(study):
    before, _ = execute(RUNS["baseline"], study)
    row = at_levels(weights="parent").model_copy(update={"variant": "next", "parent": ID})
    found, epochs = execute(row, study, parent=study / "raw" / ID)
    assert found.run.recipe.weights == "parent"
    assert (found.parents[0].id, found.weights_sha256) == (ID, before.model.sha256)
    assert found.quality["train_loss"] < before.quality["train_loss"]  # it went on from there
    assert float(epochs[0]["learning_rate"]) == row.recipe.learning_rate


def test_run_knows_the_largest_memory_of_its_training(study):
    found, _ = execute(RUNS["baseline"], study)
    assert found.memory.host_peak_mib > 100
    assert found.memory.device_peak_mib is None


# The recipe that was chosen


def with_choice(study, recipes, nothing=None):
    write_chosen(ChosenRecipes(recipes=recipes, nothing=nothing), study / paths.CHOSEN)
    return {"chosen": study / paths.CHOSEN}


def test_best_configuration_is_trained_with_the_recipe_that_was_chosen_for_its_variant(study):
    recipe = BEST.recipe.model_copy(update={"epochs": 1, "batch_size": 32, "optimizer": "adamw"})
    chosen = Chosen(recipe=recipe, factors={"batch_size": "32", "optimizer": "adamw"}, of="draw0001", because="it is")
    other = chosen.model_copy(update={"recipe": BEST.recipe})
    found, epochs = execute(BEST, study, **with_choice(study, {"best-levels": other, "best-run": chosen}))
    assert (found.status, found.run, found.chosen) == ("complete", BEST, chosen)
    assert len(epochs) == 1
    (line,) = listed(study)
    assert (line["run"], line["batch_size"], line["optimizer"]) == (BEST.id, "32", "adamw")
    parameters = yaml.safe_load((study / "raw" / BEST.id / paths.PARAMETERS).read_text())
    assert (parameters["recipe"]["optimizer"], parameters["factors"]["batch_size"]) == ("adamw", "32")


def test_best_configuration_of_a_study_without_a_result_is_refused(study, monkeypatch):
    monkeypatch.setattr(run, "open_ledger", lambda *_: pytest.fail("it measured"))
    found, _ = execute(BEST, study, **with_choice(study, {}, "no combination has a score"))
    assert (found.status, found.chosen) == ("refused", None)
    assert found.error == "there is no recipe to train with: no combination has a score"


# A list that is none


def test_list_that_is_no_list_stops_a_run_before_anything_is_measured(study, monkeypatch):
    monkeypatch.setattr(run, "open_ledger", lambda *_: pytest.fail("it measured"))
    (study / paths.RUNS).write_text("run;status\n")
    with pytest.raises(FrugalNetError, match=r"runs\.csv, line 1: columns run;status; expected"):
        execute(at_levels(), study)
    assert not (study / "raw").exists() and not (study / "failed").exists()


def test_list_that_cannot_be_written_costs_no_measured_run(study, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "log_run", full)
    found, _ = execute(at_levels(), study)
    assert found.status == "complete" and not (study / "failed").exists()
    assert f"{ID}: its line is missing in" in caplog.text and "No space left" in caplog.text


def test_run_that_is_measured_again_has_one_line(study):
    for _ in range(2):
        execute(at_levels(batch_size=161), study)
    with (study / paths.RUNS).open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["run", ID]
