"""What a run at levels of factors leaves for people: `parameters.yaml`, and its line in the study's list `runs.csv`."""

import csv
import multiprocessing
import time

import pytest
import yaml

from frugalnet.config.varied import TAKEN
from frugalnet.errors import FrugalNetError
from frugalnet.files import hold_lock
from frugalnet.record import paths, run_log
from frugalnet.record.run_log import check_list, log_run, write_parameters
from tests.unit.conftest import without_model
from tests.unit.made_levels import ALL_OFF, ALL_ON, ROWS, best, record_of, with_cpu

HEAD = [
    *("run", "status", "batch_size", "momentum", "optimizer", "validation_quality", "test_quality", "train_energy_j"),
    *("energy_source", "train_duration_s", "train_cpu_s", "started", "error"),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "techniques" / "runs.csv"


def lines(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# parameters.yaml


def test_parameters_are_the_levels_and_the_whole_recipe(tmp_path):
    write_parameters(ROWS[ALL_ON], tmp_path / "parameters.yaml")
    found = yaml.safe_load((tmp_path / "parameters.yaml").read_text())
    assert list(found) == ["run", "dataset", "network", "seed", "factors", "recipe"]
    assert (found["run"], found["dataset"], found["seed"]) == (ALL_ON, "cifar10", 0)
    assert found["network"] == {"name": "resnet8"}
    assert found["factors"] == {"batch_size": "128", "momentum": "none", "optimizer": "adamw"}
    assert (found["recipe"]["batch_size"], found["recipe"]["optimizer"], found["recipe"]["epochs"]) == (128, "adamw", 2)
    assert found["recipe"].keys() == type(ROWS[ALL_ON].recipe).model_fields.keys()


def test_parameters_say_what_is_not_as_asked_for_and_which_network_it_is(tmp_path):
    recipe = ROWS[ALL_ON].recipe.model_copy(update={"precision": "mixed_bfloat16"})
    changes = {"resolved": {"internal": "none"}, "network_settings": {"width": 0.5}, "recipe": recipe}
    run = ROWS[ALL_ON].model_copy(update=changes)
    write_parameters(run, tmp_path / "parameters.yaml")
    found = yaml.safe_load((tmp_path / "parameters.yaml").read_text())
    assert found["network"] == {"name": "resnet8", "width": 0.5}
    assert found["resolved"]["internal"] == "none"
    assert found["resolved"].keys() == {"internal", "because"}


# runs.csv


def test_finished_run_is_a_line_with_levels_qualities_and_what_its_training_took(path):
    log_run(with_cpu(record_of(quality=0.75, validation=0.7), train=17.5), path)
    (found,) = lines(path)
    assert list(found) == HEAD
    assert found == {
        "run": ALL_OFF, "status": "complete", "batch_size": "32", "momentum": "0", "optimizer": "sgd",
        "validation_quality": "0.7", "test_quality": "0.75", "train_energy_j": "5.0", "energy_source": "estimated",
        "train_duration_s": "10.0", "train_cpu_s": "17.5", "started": "2026-01-01T00:00:00+00:00", "error": "",
    }  # fmt: skip


def test_run_whose_energy_is_not_known_has_an_empty_cell_and_no_zero(path):
    log_run(record_of(train_uj=None), path)
    (found,) = lines(path)
    assert (found["train_energy_j"], found["train_cpu_s"], found["train_duration_s"]) == ("", "", "10.0")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("diverged", "the training diverged: its loss is not finite"),
        ("out_of_memory", 'no memory, "at all"\nand more'),
    ],
)
def test_run_without_a_model_is_a_line_with_its_status_its_joules_and_why(path, status, error):
    log_run(without_model(record_of(), status, error), path)
    (found,) = lines(path)
    assert (found["status"], found["error"], found["train_energy_j"]) == (status, error, "5.0")
    assert (found["validation_quality"], found["test_quality"]) == ("", "")


def test_refused_run_is_a_line_although_nothing_was_measured(path):
    log_run(without_model(record_of(), "refused", "recipe.batch_size = 128: too large", windows=[]), path)
    (found,) = lines(path)
    assert (found["status"], found["error"]) == ("refused", "recipe.batch_size = 128: too large")
    assert found["train_energy_j"] == found["train_duration_s"] == found["train_cpu_s"] == ""


def test_best_configuration_has_the_levels_that_were_chosen(path):
    log_run(best(), path)
    (found,) = lines(path)
    assert (found["run"], found["batch_size"], found["optimizer"]) == (
        "cifar10/best/best-run/seed0",
        "128",
        "adamw",
    )


def test_list_that_was_deleted_is_written_anew_with_all_finished_runs_the_earliest_first(path):
    later, earlier = record_of(ALL_ON), record_of(ALL_OFF).model_copy(update={"started": "2025-01-01T00:00:00+00:00"})
    for rec in (later, earlier):
        folder = paths.raw(path.parent, rec.run.id).parent
        folder.mkdir(parents=True)
        rec.write(folder)
    log_run(best(), path)
    assert [line["run"] for line in lines(path)] == [ALL_OFF, ALL_ON, best().run.id]


def test_list_grows_in_the_order_in_which_runs_end_and_a_run_that_is_measured_again_has_one_line(path):
    for rec in (record_of(quality=0.5), record_of(ALL_ON), record_of(quality=0.6)):
        log_run(rec, path)
    assert [(each["run"], each["test_quality"]) for each in lines(path)] == [(ALL_ON, "0.97"), (ALL_OFF, "0.6")]


def test_column_of_a_new_factor_is_added_and_empty_in_earlier_lines(path):
    log_run(record_of(), path)
    run = ROWS[ALL_ON].model_copy(update={"factors": ROWS[ALL_ON].factors | {"split": "60-20-20"}})
    log_run(record_of().model_copy(update={"run": run}), path)
    first, second = lines(path)
    assert (first["split"], second["split"]) == ("", "60-20-20")
    assert first["batch_size"] == "32" and [*first] == [*HEAD, "split"]


def test_no_factor_can_have_the_name_of_another_column(path):
    log_run(record_of(), path)
    assert {*lines(path)[0]} - {*ROWS[ALL_OFF].factors} <= {*TAKEN}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run;status\na;complete\n", r"runs\.csv, line 1: columns run;status; expected a list of finished runs"),
        ("run,status\na,complete\nb\n", r"runs\.csv, run 2: 1 cells for 2 columns; expected a list"),
        ("run,status\na,complete,1\n", r"runs\.csv, run 1: 3 cells for 2 columns"),
        ("run,status,status\na,b,c\n", r"runs\.csv, line 1: columns run, status, status"),
        ('run,status\n"a', r"runs\.csv: torn, or of another kind"),
        ("run,status\n\xff", r"runs\.csv: not UTF-8 text"),
    ],
)
def test_file_that_is_no_list_of_runs_is_told_and_left_as_it_is(path, text, told):
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))
    for refused in (lambda: check_list(path), lambda: log_run(record_of(), path)):
        with pytest.raises(FrugalNetError, match=told) as error:
            refused()
        assert "move it away, and the next run lists all anew" in str(error.value)
    assert path.read_bytes() == text.encode("latin-1")
    assert [each.name for each in path.parent.iterdir() if each.suffix not in (".csv", ".lock")] == []


def test_list_that_is_not_there_or_empty_is_begun(path):
    check_list(path)
    path.parent.mkdir()
    path.touch()
    log_run(record_of(), path)
    assert [each["run"] for each in lines(path)] == [ALL_OFF]


def _log_slowly(path, rec, ready):
    """Add a line, and take long between reading and writing."""
    read = run_log._all_finished

    def slowly(path):
        found = read(path)
        ready.set()
        time.sleep(0.5)
        return found

    run_log._all_finished = slowly
    log_run(rec, path)


def test_line_is_not_lost_where_two_processes_add_one_at_a_time(path):
    first, second = record_of(ALL_OFF), record_of(ALL_ON)
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    other = context.Process(target=_log_slowly, args=(path, first, ready))
    other.start()
    assert ready.wait(10)
    log_run(second, path)
    other.join(10)
    assert other.exitcode == 0
    assert [each["run"] for each in lines(path)] == [ALL_OFF, ALL_ON]


def test_process_that_holds_the_list_for_too_long_is_told(path, monkeypatch):
    monkeypatch.setattr(run_log, "PATIENCE_S", 0)
    with (
        hold_lock(path.with_suffix(".lock"), "the test"),
        pytest.raises(FrugalNetError, match=r"another process writes .*runs\.csv"),
    ):
        log_run(record_of(), path)
