"""`frugalnet track`: what it prints, refuses and leaves alone."""

import os

import pytest
from typer.testing import CliRunner

from frugalnet.cli import app
from frugalnet.record import paths
from frugalnet.tracking import where
from tests.unit.made_exports import BASELINE, made_results

RESULTS = "results/made"


@pytest.fixture(autouse=True)
def results(without_secrets):
    """Return a folder of results with made runs, below the working folder; there are no secrets."""
    return made_results(without_secrets)


def track(*options):
    """Return exit code and output of the command."""
    done = CliRunner().invoke(app, ["track", *options])
    return done.exit_code, done.output if done.exit_code == 0 else str(done.exception)


def test_what_is_new_and_what_to_open_is_printed():
    pytest.importorskip("tensorboard", reason="the extra measuring is not installed")
    code, said = track(RESULTS, "--to", "tensorboard")
    assert code == 0
    assert "tensorboard, experiment made: 3 new, 0 there already, 0 delayed" in said
    assert "to see them: tensorboard --logdir results/made/tensorboard" in said
    assert "0 new, 3 there already, 0 delayed" in track(RESULTS, "--to", "tensorboard")[1]


def test_server_that_is_away_is_no_error_and_one_line_says_how_to_catch_up():
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    code, said = track(RESULTS, "--to", "mlflow", "--uri", "http://127.0.0.1:9")
    assert code == 0
    assert "0 new, 0 there already, 3 delayed" in said
    told = "delayed, because the MLflow server at http://127.0.0.1:9 is away (connection refused); the same command catches up"
    assert told in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--to", "mlfow"],
            "--to 'mlfow': unknown tracker; known are mlflow, wandb, tensorboard; did you mean mlflow?",
        ),
        (["--to", "mlflow", "--uri", "ftp://a"], "--uri: expected the address of a server"),
        (["--to", "wandb", "--uri", "http://a"], "--uri: expected offline or online for W&B"),
        (["--to", "tensorboard", "--uri", "http://a"], "--uri: expected a folder for TensorBoard"),
        (["--to", "mlflow", "--artifacts", "model,weights"], "--artifacts 'weights': expected model or figures"),
    ],
)
def test_wrong_option_is_told_with_what_is_expected(options, message):
    code, said = track(RESULTS, *options)
    assert code == 1 and message in said


@pytest.mark.parametrize(
    ("tracker", "uri"),
    [
        ("mlflow", "http://me:s3cret@host:5000"),
        ("mlflow", "me:s3cret@host:5000"),
        ("mlflow", "http:/me:s3cret@host"),
        ("mlflow", "http://host/?token=s3cret"),
        ("wandb", "s3cret"),
        ("tensorboard", "http://me:s3cret@host"),
    ],
)
def test_refused_address_is_never_shown_because_it_may_have_a_password_or_a_key(tracker, uri):
    code, said = track(RESULTS, "--to", tracker, "--uri", uri)
    assert code == 1 and "--uri: expected " in said and "s3cret" not in said


def test_folder_without_finished_runs_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty: no finished runs; expected a folder of results" in track("empty", "--to", "tensorboard")[1]


@pytest.mark.parametrize(("tracker", "extra"), [("mlflow", "mlflow"), ("wandb", "wandb"), ("tensorboard", "measuring")])
def test_tracker_that_is_not_installed_is_one_clear_message(monkeypatch, tracker, extra):
    monkeypatch.setattr(where, "find_spec", lambda name: None)
    _, said = track(RESULTS, "--to", tracker)
    assert f"not installed here; the export to {tracker} needs the packages of the extra `{extra}`" in said
    assert f"`pip install 'frugalnet[{extra}]'`" in said


def test_secrets_that_others_can_read_stop_the_command(tmp_path):
    (tmp_path / "secrets.yaml").write_text("WANDB_API_KEY: hunter2\n")
    (tmp_path / "secrets.yaml").chmod(0o644)
    _, said = track(RESULTS, "--to", "tensorboard")
    assert "`chmod 600 secrets.yaml`" in said and "hunter2" not in said


def test_damaged_run_is_told_and_the_others_are_exported(results):
    paths.raw(results / "compression", BASELINE, paths.EPOCHS).write_text("torn")
    code, said = track(RESULTS, "--to", "tensorboard")
    assert code == 1 and "damaged runs are not exported" in said and "epochs.csv" in said
    assert len(list((results / paths.TENSORBOARD).rglob("events.*"))) == 2


def test_help_shows_an_example():
    shown = CliRunner().invoke(app, ["track", "--help"], env=os.environ | {"COLUMNS": "200", "TERM": "dumb"})
    assert "frugalnet track results/quick --to mlflow" in " ".join(shown.output.split())
