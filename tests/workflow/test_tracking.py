"""Exports beside a study: each finished run once, later where a server is away, and nothing where no tracker is on."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from frugalnet.record import paths
from tests.workflow.conftest import TINY

pytest.importorskip("mlflow", reason="the extra mlflow is not installed")

RUN = "california_housing/baseline/default/seed0"
ONE = TINY | {
    "compression": {
        "datasets": ["california_housing"],
        "methods": ["baseline"],
        "per_dataset": {"california_housing": {"recipe": {"epochs": 1}}},
    }
}
TARGETS = [f"results/tiny/compression/tracked/{RUN}/{tracker}.json" for tracker in ("mlflow", "tensorboard")]
BOTH = ("--config", "tracking={mlflow: true, tensorboard: true}")


@pytest.fixture
def small(probed):
    """Return a workspace whose study is one run, with data and probe."""
    (probed.folder / "tiny.yaml").write_text(yaml.safe_dump(ONE))
    return probed


def stamp(workspace, tracker="mlflow"):
    return json.loads(paths.tracked(workspace.results, RUN, tracker).read_text())


def test_runs_are_exported_once_and_switching_it_off_leaves_no_trace(small):
    status, output = small.snakemake(*TARGETS, *BOTH)
    assert status == 0, output
    results = small.results.parent
    assert (results / paths.MLFLOW_STORE).exists() and len(list((results / paths.TENSORBOARD).rglob("events.*"))) == 1
    assert stamp(small)["state"] == stamp(small, "tensorboard")["state"] == "exported"
    assert small.jobs(*TARGETS, *BOTH) == set()

    record = paths.raw(small.results, RUN)
    with_trackers, without = small.jobs(*BOTH), small.jobs()
    assert not any(job.startswith(("Measured", "Exporting")) for job in with_trackers)
    assert with_trackers == without
    assert "tracking" not in record.read_text()
    assert small.measured() == set()


class Refusing(BaseHTTPRequestHandler):
    """A server that lets nobody in."""

    def do_POST(self):
        self.send_response(401)
        self.end_headers()

    def log_message(self, *given):
        pass


def test_server_that_is_away_delays_the_export_and_the_next_call_catches_up(small):
    away = ("--config", "tracking={mlflow: 'http://127.0.0.1:9'}")
    status, output = small.snakemake(TARGETS[0], *away)
    assert status == 0, output
    assert "the MLflow server at http://127.0.0.1:9 is away (connection refused)" in output
    assert "frugalnet track results/tiny --to mlflow" in output
    assert stamp(small)["state"] == "delayed"
    assert small.jobs(TARGETS[0], *away) == {f"Exporting {RUN} to mlflow."}


def test_server_that_refuses_the_password_stops_the_workflow_before_any_run(small):
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        status, output = small.snakemake(TARGETS[0], "--config", f"tracking={{mlflow: '{place}'}}")
        server.shutdown()
    assert status != 0
    assert f"the MLflow server at {place} refuses the user, password or key (HTTP 401)" in output
    assert "Traceback" not in output
    assert not paths.raw(small.results, RUN).exists()


def test_secrets_that_others_can_read_stop_the_workflow_before_any_run(small):
    secrets = small.folder / "secrets.yaml"
    secrets.write_text("MLFLOW_TRACKING_PASSWORD: hunter2\n")
    secrets.chmod(0o644)
    status, output = small.idle("--dry-run", *BOTH)
    assert status != 0
    assert "`chmod 600 secrets.yaml`" in output and "hunter2" not in output
    assert small.idle("--dry-run")[0] == 0  # no tracker is on
