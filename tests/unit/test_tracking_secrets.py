"""Secrets come from the environment, `.env` or `secrets.yaml`, which nobody else may read; no message holds one."""

import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.tracking.secrets import KNOWN, in_environment, read_secrets

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def folder(without_secrets):
    return without_secrets


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)


def refused():
    with pytest.raises(FrugalNetError) as error:
        read_secrets()
    assert SECRET not in str(error.value)
    return str(error.value)


def test_no_secrets_are_needed():
    assert read_secrets() == {}


def test_environment_wins_over_dotenv_and_that_over_the_yaml_file(folder, monkeypatch):
    user, password, token, key = KNOWN
    write(folder / "secrets.yaml", f"{user}: yaml\n{password}: yaml\n{token}: yaml\n{key}: yaml\n")
    write(folder / ".env", f"{user}=dotenv\n{password}='dot env'\nPATH_OF_OTHERS=x\n")
    monkeypatch.setenv(user, "environment")
    assert read_secrets() == {user: "environment", password: "dot env", token: "yaml", key: "yaml"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
@pytest.mark.parametrize(("name", "mark"), [("secrets.yaml", ": "), (".env", "=")])
def test_file_that_others_can_read_is_refused_with_the_command_that_mends_it(folder, name, mark, mode):
    write(folder / name, f"WANDB_API_KEY{mark}{SECRET}\n", mode)
    assert f"{name}: holds secrets, and others can read or change it (mode {mode:o})" in refused()
    assert f"`chmod 600 {name}`" in refused()


def test_dotenv_of_other_programs_may_be_read_by_others(folder):
    write(folder / ".env", "COMPOSE_PROJECT_NAME=lab\n", 0o644)
    assert read_secrets() == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"WANDB_KEY: {SECRET}\n",
            "secrets.yaml: unknown key WANDB_KEY; expected one or more of MLFLOW_TRACKING_USERNAME",
        ),
        ("WANDB_API_KEY: 123\n", "secrets.yaml: WANDB_API_KEY is no text"),
        (f"WANDB_API_KEY: {{{SECRET}\n", "secrets.yaml: cannot be read as YAML"),
        (f"WANDB_API_KEY: {SECRET}\nWANDB_API_KEY: {SECRET}\n", "secrets.yaml: cannot be read as YAML"),
        (f"- {SECRET}\n", "secrets.yaml: cannot be read as YAML"),
    ],
)
def test_wrong_file_is_told_without_its_values(folder, text, message):
    write(folder / "secrets.yaml", text)
    assert message in refused()


def test_environment_is_as_before_after_the_export(monkeypatch):
    import os

    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "before")
    with in_environment({"MLFLOW_TRACKING_USERNAME": "me", "WANDB_API_KEY": SECRET}):
        assert (os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["WANDB_API_KEY"]) == ("me", SECRET)
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "before" and "WANDB_API_KEY" not in os.environ
