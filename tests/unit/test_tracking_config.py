"""`tracking` names trackers, no passwords, and changes no run."""

import pytest

from frugalnet.config.reading import read_config, sources_of
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.studies.compression.sheet import run_sheet


def given(text):
    return read_config(sources_of([], [f"tracking={text}"])).tracking


def refused(text):
    with pytest.raises(FrugalNetError) as error:
        given(text)
    return str(error.value)


def test_no_tracker_is_on_unless_it_is_asked_for():
    assert Config().tracking.trackers == {}
    assert given("{experiment: mine, artifacts: [model]}").trackers == {}


@pytest.mark.parametrize(
    ("text", "trackers"),
    [
        ("{mlflow: true}", {"mlflow": ""}),
        ("{mlflow: 'http://10.0.0.7:5000/'}", {"mlflow": "http://10.0.0.7:5000"}),
        ("{mlflow: 'sqlite:///runs.db'}", {"mlflow": "sqlite:///runs.db"}),
        ("{wandb: true}", {"wandb": "offline"}),
        ("{wandb: online, tensorboard: true}", {"wandb": "online", "tensorboard": ""}),
    ],
)
def test_tracker_is_on_where_it_is_named(text, trackers):
    assert given(text).trackers == trackers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{mlflow: 3}", "tracking.mlflow (--config): expected false, true, the address of a server"),
        ("{mlflow: 'ftp://a'}", "tracking.mlflow (--config): expected the address of a server"),
        ("{mlflow: 'http://a?token=1'}", "expected the address of a server"),
        ("{wandb: 1}", "tracking.wandb (--config): expected false, offline or online"),
        ("{tensorboard: 'yes'}", "tracking.tensorboard (--config): expected true or false"),
        ("{artifacts: [weights]}", "tracking.artifacts.0 (--config): expected 'model' or 'figures'"),
        ("{mlfow: true}", "tracking.mlfow (--config): unknown key; did you mean mlflow?"),
    ],
)
def test_wrong_value_is_told_with_what_is_expected(text, expected):
    assert expected in refused(text)


@pytest.mark.parametrize("uri", ["http://me:hunter2@host:5000", "https://hunter2@host", "http://me:hunter2@[bad"])
def test_address_with_a_password_is_refused_without_showing_it(uri):
    message = refused(f"{{mlflow: '{uri}'}}")
    assert "expected an address without user and password" in message
    assert "hunter2" not in message and "MLFLOW_TRACKING_PASSWORD" in message


@pytest.mark.parametrize(
    "setting",
    [
        "tracking={mlflow: 'me:s3cret@host:5000'}",
        "tracking={mlflow: 'http:/me:s3cret@host'}",
        "tracking={mlflow: ['http://me:s3cret@host']}",
        "tracking={mlflow: {uri: 'http://me:s3cret@host'}}",
        "tracking={mlflow: 'http://host/?token=s3cret'}",
        "tracking={mlflow:http://me:s3cret@host}",
        "tracking={mlflow: 'http://me:s3cret@host'",
        "tracking={wandb: s3cret}",
        "tracking={wandb:s3cret}",
        "tracking={s3cret: true}",
        "tracking={experiment: [s3cret]}",
        "tracking=s3cret",
        "tracking.mlflow=http://me:s3cret@host",
        "tracking.wandb:s3cret",
        "tracking.wandb.s3cret=true",
    ],
)
def test_refused_value_is_never_shown_because_it_may_be_a_password_or_a_key(setting):
    with pytest.raises(FrugalNetError) as error:
        read_config(sources_of([], [setting]))
    said = str(error.value)
    assert "s3cret" not in said
    assert "tracking" in said and ("expected" in said or "unknown key; known here are" in said)


def test_rows_of_runs_know_nothing_of_trackers():
    with_trackers = {"tracking": {"mlflow": "http://host", "wandb": True, "artifacts": ["model"]}}
    assert run_sheet(Config.model_validate(with_trackers)) == run_sheet(Config())
