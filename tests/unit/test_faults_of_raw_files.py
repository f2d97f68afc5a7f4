"""Raw files that were changed and sealed again, as one would who does so on purpose, are refused by their names."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from frugalnet.analysis import selection
from frugalnet.analysis.interim import read_study
from frugalnet.commands.compare.opened import open_results
from frugalnet.config.checks import Checks
from frugalnet.errors import FrugalNetError
from frugalnet.files import SAID, reading, replacing, scratch
from frugalnet.record import paths
from frugalnet.record.rows import Epoch, Trial, read_csv, write_csv
from frugalnet.record.seal import digest_of
from tests.unit.conftest import made_record, sign
from tests.unit.made_light import made, once

__all__ = ["made", "once"]

RUN = "mnist/baseline/default/seed0"
HEADER = b"window,epoch,loss,quality,validation_loss,validation_quality,sparsity\n"
EPOCHS = {
    "latin-1": HEADER + b"run/train/epoch1,1,0.5,0.8,0.6,0.7,\xe9\n",
    "empty": b"",
    "nul": b"\0" * 100,
    "list": b"[]",
    "digits": b"9" * 5_000,
    "header alone": HEADER,
    "other columns": HEADER.replace(b"loss", b"gain") + b"run/train/epoch1,1,0.5,0.8,0.6,0.7,\n",
    "column that is missing": b"window,epoch\nrun/train/epoch1,1\n",
    "column twice": HEADER.replace(b"sparsity", b"loss") + b"run/train/epoch1,1,0.5,0.8,0.6,0.7,1\n",
    "torn quotes": HEADER + b'"run/train/epoch1,1,0.5,0.8,0.6,0.7,\n',
    "torn row": HEADER + b"run/train/epoch1,1,0.5\n",
    "no number": HEADER + b"run/train/epoch1,one,0.5,0.8,0.6,0.7,\n",
    "number that is missing": HEADER + b"run/train/epoch1,1,,0.8,0.6,0.7,\n",
    "unknown window": HEADER + b"run/train/epoch7,1,0.5,0.8,0.6,0.7,\n",
}


@pytest.mark.parametrize("damage", EPOCHS)
def test_epochs_that_are_none_are_refused_even_with_their_checksum(study, damage):
    folder, records, _ = study(made_record())
    (folder / "raw" / RUN / paths.EPOCHS).write_bytes(EPOCHS[damage])
    sign(made_record(), folder / "raw" / RUN)
    with pytest.raises(FrugalNetError, match=rf"raw/{RUN}/epochs\.csv[:,]") as refused:
        read_study(folder, records, Checks())
    assert len(str(refused.value)) < 800


def test_rows_are_read_as_they_were_written(tmp_path):
    epochs = [Epoch("run/train/epoch1", 1, 0.5, float("nan"), 0.6, 0.7, None)]
    write_csv(epochs, tmp_path / "epochs.csv")
    found = read_csv(tmp_path / "epochs.csv", Epoch)
    assert (found["window"], found["epoch"], found["loss"], found["sparsity"]) == (
        ["run/train/epoch1"],
        [1],
        [0.5],
        [None],
    )
    assert np.isnan(found["quality"]).all()


def test_trials_with_what_is_neither_true_nor_false_are_refused(tmp_path):
    trial = Trial(1, "complete", *[None] * 10, 2.5, 3, None, True, "run/search/trial1", "{}", "{}", None)
    write_csv([trial], tmp_path / "trials.csv")
    assert read_csv(tmp_path / "trials.csv", Trial)["winner"] == [True]
    text = (tmp_path / "trials.csv").read_text()
    (tmp_path / "trials.csv").write_text(text.replace("True", "yes"))
    with pytest.raises(FrugalNetError, match=r"trials\.csv, row 1: winner = 'yes'; expected True or False"):
        read_csv(tmp_path / "trials.csv", Trial)


def test_scores_of_a_header_that_no_memory_holds_are_refused(study):
    folder, records, _ = study(made_record())
    with (folder / "raw" / RUN / paths.TEST_SCORES).open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    sign(made_record(), folder / "raw" / RUN)
    with pytest.raises(FrugalNetError, match=rf"raw/{RUN}/test_scores\.npy is no file of test scores"):
        read_study(folder, records, Checks())


VALUES = [
    ("machine.processor", 1e308),
    ("machine.gpus", [{}]),
    ("machine.cores", "x"),
    ("software.git.dirty", "x"),
    ("software.git.commit", float("inf")),
    ("software.git", []),
    ("software.packages.keras-tuner", {}),
    ("software.packages", []),
    ("data.samples", "x"),
    ("data.level", {}),
    ("data.files", [1]),
    ("model.macs", 10**40),
]


@pytest.mark.parametrize(("key", "value"), VALUES, ids=[key for key, _ in VALUES])
def test_record_with_a_value_of_another_kind_is_refused_by_its_path(study, key, value):
    folder, records, _ = study(made_record(), made_record(seed=1))
    path = folder / "raw" / RUN / paths.RECORD
    values = json.loads(path.read_text())
    del values["sha256"]
    *parts, last = key.split(".")
    part = values
    for name in parts:
        part = part[name]
    part[last] = value
    path.write_text(json.dumps(values | {"sha256": digest_of(values)}))
    with pytest.raises(FrugalNetError, match=rf"raw/{RUN}/record\.json: ") as refused:
        read_study(folder, records, Checks())
    assert len(str(refused.value)) < 800
    assert list(read_study(folder, records, Checks(damaged="warn"))["runs"]["seed"]) == [1]


def test_record_without_what_tables_need_is_refused_by_its_path(study):
    folder, records, _ = study(made_record(machine={}))
    with pytest.raises(FrugalNetError, match=rf"raw/{RUN}/record\.json: torn, or of another kind \(KeyError"):
        read_study(folder, records, Checks())


LIGHT = {
    "binary": b"\xff\xfe\0",
    "latin-1": "mnist/baseline/d\xe9faut/seed0".encode("latin-1"),
    "elsewhere": b"/etc\n",
    "above": b"../../../seed0\n",
    "twice": f"{RUN}\n{RUN}\n".encode(),
    "long line": b"x" * 6_000,
    "empty line": b"\n",
}


@pytest.mark.parametrize("damage", LIGHT)
def test_list_of_runs_that_is_none_is_refused_by_its_name(tmp_path, damage):
    (tmp_path / paths.LIGHT).write_bytes(LIGHT[damage])
    with pytest.raises(
        FrugalNetError, match=r"light\.txt(, line [12])?: .*expected the runs of a light package"
    ) as refused:
        selection.of_study(tmp_path, None)
    assert len(str(refused.value)) < 400


def test_message_lists_the_first_five_of_many_files(study):
    folder, records, _ = study(*(made_record(seed=seed) for seed in range(8)))
    for path in folder.rglob(paths.MODEL):
        path.unlink()
    with pytest.raises(FrugalNetError) as refused:
        read_study(folder, records, Checks())
    assert str(refused.value).count("model.keras is missing") == 5
    assert "and 3 more" in str(refused.value)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
@pytest.mark.parametrize(
    "name",
    ["light.txt", f"raw/{RUN}/record.json", f"raw/{RUN}/epochs.csv", f"raw/{RUN}/model.keras", "../meter_probe.json"],
)
def test_pipe_device_or_folder_in_the_place_of_a_raw_file_is_refused(study, name, make):
    folder = study(made_record())[0]
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    with pytest.raises(FrugalNetError, match=rf"{Path(name).name}:? is (no file|a folder, a pipe or a device)"):
        read_study(folder, selection.of_study(folder, None)[0], Checks())


def test_run_that_is_twice_in_a_table_is_refused_by_compare(made):
    table = made / "compression/interim/runs.csv"
    table.with_suffix(".parquet").unlink()
    header, *rows = table.read_text().splitlines()
    table.write_text("\n".join([header, rows[0], *rows]) + "\n")
    with pytest.raises(FrugalNetError, match=rf"runs\.csv: run = '{RUN}' is there twice; expected each run once"):
        open_results(made)


@pytest.mark.parametrize("name", ["interim/runs", "processed/comparison", "processed/data_dictionary"])
def test_pipe_in_the_place_of_a_table_is_refused_by_compare(made, name):
    for path in (made / "compression").rglob("*.parquet"):
        if path.parent.name in ("interim", "processed"):
            path.unlink()
    path = made / "compression" / f"{name}.csv"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FrugalNetError, match=rf"{path.name}: is a folder, a pipe or a device"):
        open_results(made)


def test_what_a_parser_says_is_told_in_short(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FrugalNetError) as refused, reading(tmp_path / "file", "a table"):
        raise ValueError("a\n" * 1_000)
    told = ("a " * 1_000)[:SAID]
    assert str(refused.value) == f"{tmp_path}/file: torn, or of another kind (ValueError: {told} ...); expected a table"


def test_full_disk_names_the_place_that_is_written_to(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(OSError, match="No space left") as refused,
        scratch(tmp_path),
        replacing(tmp_path / "archive.zip"),
    ):
        raise full
    assert refused.value.filename == str(tmp_path / "archive.zip")
    full.filename = None
    with pytest.raises(OSError, match="No space left") as refused, scratch(tmp_path):
        raise full
    assert refused.value.filename == str(tmp_path)
