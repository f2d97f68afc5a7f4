"""Exports to Weights & Biases: folders that its own command sends, each written once."""

import json
import struct
import subprocess

import pytest

pytest.importorskip("wandb", reason="the extra wandb is not installed")
from wandb.proto import wandb_internal_pb2

from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.tracking import wandb as tracker
from frugalnet.tracking.where import Where
from tests.unit.conftest import made_record
from tests.unit.made_exports import BASELINE, LOST, NAME, RUNS, exported, leave_run, made_results

pytestmark = pytest.mark.long
BLOCK, HEADER, FULL, LAST = 32 * 1024, 7, 1, 4
KEY = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def results(without_secrets):
    """Return a folder of results with made runs; the environment and the working folder have no secrets."""
    return made_results(without_secrets)


def folders(results):
    """Return the folders of runs, by what they hold."""
    found = (results / paths.WANDB).glob(f"offline-run-*/{tracker.STAMP}")
    return {json.loads(path.read_text())["run"]: path.parent for path in found}


def records(path):
    """Yield the records in a file of W&B: a log of LevelDB, in blocks of 32 KiB, below a header of 7 bytes."""
    data, at, parts = path.read_bytes(), HEADER, []
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:  # the rest of a block is too short for a header
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + HEADER])
        parts.append(data[at + HEADER : at + HEADER + length])
        at += HEADER + length
        if kind in (FULL, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(b"".join(parts))
            parts = []
            yield record


def read(folder):
    """Return configuration, rows and final numbers that W&B will send."""
    config, rows, summary, run, code = {}, [], {}, None, None
    for record in records(next(folder.glob("run-*.wandb"))):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
            config |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
        if kind == "history":
            rows.append(
                {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            )
        if kind == "summary":
            summary |= {item.key: json.loads(item.value_json) for item in record.summary.update}
        if kind == "exit":
            code = record.exit.exit_code
    return run, config, rows, summary, code


def test_runs_have_configuration_curves_final_numbers_and_how_they_are_known(results):
    assert exported(results, "wandb").new == RUNS
    run, config, rows, summary, code = read(folders(results)[f"compression/{BASELINE}"])
    assert (run.project, run.run_group, run.display_name, code) == (NAME, "compression", BASELINE, 0)
    assert config["recipe.optimizer"] == "adam" and config["energy_source"] == "estimated"
    assert (rows[0]["by_epoch/epoch"], rows[0]["by_epoch/energy_j"]) == (1, 5.0)
    assert summary["quality/test_quality"] == 0.97
    *_, code = read(folders(results)[f"compression/{LOST}"])
    assert code == 1


def times(results):
    """Return when each file was written, but for W&B's own logs, which its process ends some time after."""
    files = [path for path in (results / paths.WANDB).rglob("*") if path.is_file() and path.suffix != ".log"]
    return {path: path.stat().st_mtime_ns for path in files}


def test_exporting_twice_changes_nothing(results):
    exported(results, "wandb")
    before = times(results)
    assert exported(results, "wandb").there == RUNS
    assert times(results) == before


def test_run_that_was_measured_anew_is_another_one_in_place_of_the_old_folder(results):
    exported(results, "wandb")
    old = folders(results)[RUNS[0]]
    leave_run(results, made_record(quality=0.5))
    assert exported(results, "wandb").new == [RUNS[0]]
    assert not old.exists() and len(folders(results)) == 3
    assert old.name.rpartition("-")[2] != folders(results)[RUNS[0]].name.rpartition("-")[2]


def test_export_that_ended_in_the_middle_is_made_anew(results):
    exported(results, "wandb")
    (folders(results)[RUNS[0]] / tracker.STAMP).unlink()  # it is written last
    assert exported(results, "wandb").new == [RUNS[0]]
    assert len(list((results / paths.WANDB).glob("offline-run-*"))) == 3


def test_online_without_a_key_is_an_error_before_anything(results):
    with pytest.raises(FrugalNetError, match=r"W&B online needs WANDB_API_KEY"):
        exported(results, "wandb", "online")
    assert not (results / paths.WANDB).exists()


def test_project_cannot_have_every_name(results):
    with pytest.raises(FrugalNetError, match=r"a/b: no name of a project of W&B"):
        exported(results, "wandb", experiment="a/b")


def test_server_that_is_away_delays_the_export_and_the_key_is_nowhere(results, monkeypatch, capfd):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    outcome = exported(results, "wandb", "online")
    assert outcome.delayed == RUNS
    assert outcome.why == "the W&B server at http://127.0.0.1:9 is away (connection refused)"
    assert KEY not in "".join(capfd.readouterr())
    assert subprocess.run(["grep", "-r", KEY, results], capture_output=True).returncode == 1


def test_what_to_do_next_is_named(results):
    told = tracker.to_open(Where("wandb", results, "offline"))
    assert told == f"wandb sync {results}/wandb/offline-run-*"
