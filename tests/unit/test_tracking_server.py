"""Exports to a real MLflow server on the loopback interface: with a password, away, and there again."""

import contextlib
import os
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("mlflow", reason="the extra mlflow is not installed")

from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.tracking import export
from frugalnet.tracking.mlflow import Tracker
from frugalnet.tracking.secrets import KNOWN
from frugalnet.tracking.where import RefusedByServerError, Where
from tests.unit.made_exports import BASELINE, NAME, RUNS, exported, made_results
from tests.waiting import until

MLFLOW = Path(__file__).parents[2] / ".venv-mlflow/bin/mlflow"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not MLFLOW.exists(), reason="`make .venv-mlflow/.installed` installs the server"),
]
USER, PASSWORD = "admin", "correct-horse-battery"
START_S = 240
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
"""Nothing is sent, and only the server is started."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def server(folder, port, *options, **variables):
    """Have a server in the block, and give its address."""
    place = f"http://127.0.0.1:{port}"
    command = [MLFLOW, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store = [
        "--backend-store-uri",
        f"sqlite:///{folder / 'server.db'}",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", *KNOWN)}
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            [*command, *store, *options], cwd=folder, env=environment | QUIET | variables,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: _answers(f"{place}/health") or process.poll() is not None, START_S)
        assert process.poll() is None, (folder / "server.log").read_text()
        yield place
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait()


def _answers(address):
    try:
        return urllib.request.urlopen(address, timeout=2).status == 200
    except OSError:
        return False


@pytest.fixture(autouse=True)
def results(without_secrets):
    """Return a folder of results with made runs; the environment and the working folder have no secrets."""
    return made_results(without_secrets)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the address of a server without passwords."""
    with server(tmp_path_factory.mktemp("plain"), free_port()) as place:
        yield place


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Return the address of a server that asks for a user and a password."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = folder / "auth.ini"
    settings.write_text(
        "[mlflow]\ndefault_permission = READ\n"
        f"database_uri = sqlite:///{folder / 'auth.db'}\nadmin_username = {USER}\nadmin_password = {PASSWORD}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    variables = {"MLFLOW_AUTH_CONFIG_PATH": str(settings), "MLFLOW_FLASK_SERVER_SECRET_KEY": "made"}
    with server(folder, free_port(), "--app-name", "basic-auth", **variables) as place:
        yield place


def stamp(results):
    return paths.tracked(results / "compression", BASELINE, "mlflow")


def test_runs_and_models_reach_the_server_once(plain, results):
    from mlflow import MlflowClient

    first = exported(results, "mlflow", plain, ("model",))
    assert first.new == RUNS
    assert exported(results, "mlflow", plain, ("model",)).there == RUNS
    there = MlflowClient(tracking_uri=plain)
    found = there.search_runs([there.get_experiment_by_name(NAME).experiment_id])
    assert len(found) == 3
    run = next(each for each in found if each.info.run_name == BASELINE)
    assert run.data.metrics["energy/train_energy_j"] == 5.0
    assert [file.path for file in there.list_artifacts(run.info.run_id)] == ["model.keras"]
    assert not (results / paths.MLFLOW_STORE).exists()


def test_server_that_is_away_delays_the_export_and_catches_up_when_it_is_there_again(results, tmp_path, monkeypatch):
    port = free_port()
    place, whole, done = f"http://127.0.0.1:{port}", Tracker.export, []
    began_s = time.monotonic()
    outcome = exported(results, "mlflow", place)
    assert time.monotonic() - began_s < 60  # MLflow itself would try for minutes
    assert (outcome.new, outcome.delayed) == ([], RUNS)
    assert outcome.why == f"the MLflow server at {place} is away (connection refused)"
    assert export.is_delayed(stamp(results))

    with contextlib.ExitStack() as stack:
        stack.enter_context(server(tmp_path, port))

        def one_and_then_none(self, content):
            if done:
                stack.close()
            done.append(content.key)
            whole(self, content)

        monkeypatch.setattr(Tracker, "export", one_and_then_none)
        outcome = exported(results, "mlflow", place)
    assert (outcome.new, outcome.delayed) == (RUNS[:1], RUNS[1:])
    assert not export.is_delayed(stamp(results))

    monkeypatch.undo()
    with server(tmp_path, port):
        again = exported(results, "mlflow", place)
        assert (again.there, again.new) == (RUNS[:1], RUNS[1:])


def test_server_that_is_ill_is_away(results):
    with socket.create_server(("127.0.0.1", 0)) as ill:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    one, _ = ill.accept()
                    with one:
                        one.recv(65536)
                        one.sendall(
                            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        )

        threading.Thread(target=answer, daemon=True).start()
        outcome = exported(results, "mlflow", f"http://127.0.0.1:{ill.getsockname()[1]}")
    assert outcome.delayed == RUNS and outcome.why.endswith("is away (HTTP 503)")


def test_server_that_says_nothing_is_away(results, monkeypatch):
    monkeypatch.setattr("frugalnet.tracking.servers.WAIT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = exported(results, "mlflow", f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert outcome.delayed == RUNS and "is away (no answer within" in outcome.why


@pytest.mark.parametrize("password", [None, "wrong-password"])
def test_password_that_is_missing_or_wrong_is_an_error_and_delays_nothing(guarded, results, monkeypatch, password):
    if password:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    with pytest.raises(RefusedByServerError) as error:
        exported(results, "mlflow", guarded)
    assert f"the MLflow server at {guarded} refuses the user, password or key (HTTP 401)" in str(error.value)
    assert "MLFLOW_TRACKING_USERNAME with MLFLOW_TRACKING_PASSWORD" in str(error.value)
    assert "wrong-password" not in str(error.value)
    assert not stamp(results).exists()
    with pytest.raises(FrugalNetError):
        export.check(Where("mlflow", results, guarded))


def test_password_in_a_file_lets_us_in_and_is_nowhere_else(guarded, results, tmp_path, capfd):
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text(f"MLFLOW_TRACKING_USERNAME: {USER}\nMLFLOW_TRACKING_PASSWORD: {PASSWORD}\n")
    secrets.chmod(0o600)
    assert export.check(Where("mlflow", results, guarded)) is None
    assert exported(results, "mlflow", guarded, ("model",)).new == RUNS
    assert PASSWORD not in "".join(capfd.readouterr())
    assert "MLFLOW_TRACKING_PASSWORD" not in os.environ
    found = subprocess.run(["grep", "-rl", PASSWORD, tmp_path], capture_output=True, text=True).stdout.split()
    assert found == [str(secrets)]
