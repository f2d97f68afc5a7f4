"""Every reader of a file that may be of anybody refuses a damaged one by its name, and runs and writes nothing."""

import json
import os
import pickle
import random
import zipfile
from pathlib import Path

import pytest

from frugalnet.commands.compare.opened import open_results
from frugalnet.commands.package import raw_archive, verify
from frugalnet.commands.script.architecture import read_architecture
from frugalnet.config.hours import read_hours
from frugalnet.config.reading import read_files, read_settings
from frugalnet.datasets.prepared import check, prepare
from frugalnet.energy.trace import read_trace
from frugalnet.errors import FrugalNetError
from frugalnet.record.calibration import read_calibration
from frugalnet.record.probe import read_probe
from frugalnet.record.record import read_record
from tests.unit.made_light import made, once
from tests.unit.made_package import archive, results, unpacked, working

__all__ = ["archive", "made", "once", "results", "unpacked", "working"]


class Runs:
    """An object whose pickle makes a folder."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


DAMAGES = {
    "empty": b"",
    "bytes": random.Random(0).randbytes(3_000),
    "nul": b"\0" * 100,
    "list": b"[]",
    "null": b"null",
    "object": b"{}",
    "text": b"no more than text\n",
    "number": b"9" * 5_000,
    "nested": b"[" * 100_000,
    "nested object": b'{"a":' * 100_000,
    "pickle": pickle.dumps(Runs()),
    "other zip": b"PK\x05\x06" + bytes(18),
}


def unpack_raw(path):
    with path.open("rb") as packed:
        raw_archive.unpack(packed, str(path), path.parent / "study")


READERS = {
    "record.json": read_record,
    "meter_probe.json": read_probe,
    "calibration.json": read_calibration,
    "settings.yaml": lambda path: read_settings(path, Path("nowhere.csv")),
    "mine.yaml": lambda path: read_files([path]),
    "grid.csv": lambda path: read_hours(str(path)),
    "dataset.json": lambda path: check(path.parent),
    "manifest.json": lambda path: prepare("mnist", path.parent, path.parent / "prepared"),
    "model.keras": read_architecture,
    "timeline.parquet": read_trace,
    "timeline.csv": read_trace,
    "raw.tar.xz": unpack_raw,
    "package.zip": verify,
}
SETTINGS_OF_NOTHING = {("settings.yaml", name) for name in ("empty", "null", "object")} | {
    ("mine.yaml", name) for name in ("empty", "null", "object")
}
"""Files of settings that say nothing are files of settings."""


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", READERS)
def test_damaged_file_is_refused_by_its_name(tmp_path, monkeypatch, name, damage):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inside").mkdir()
    path = tmp_path / "inside" / name
    path.write_bytes(DAMAGES[damage])
    if (name, damage) in SETTINGS_OF_NOTHING:
        READERS[name](path)
        return
    with pytest.raises(FrugalNetError) as refused:
        READERS[name](path)
    assert name in str(refused.value)
    assert len(str(refused.value)) < 1_000
    assert not (tmp_path / "executed").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["inside"]


@pytest.mark.parametrize(
    "name", [name for name in READERS if name not in ("dataset.json", "manifest.json", "package.zip")]
)
def test_folder_in_the_place_of_a_file_is_refused(tmp_path, name):
    path = tmp_path / name
    path.mkdir()
    with pytest.raises((FrugalNetError, OSError), match=name):
        READERS[name](path)


TABLES = ("interim/runs", "processed/comparison", "processed/statistics", "processed/data_dictionary")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("table", TABLES)
def test_damaged_table_of_results_is_refused_by_compare(made, table, damage):
    study = made / "compression"
    for kind in ("csv", "parquet"):
        if (study / f"{table}.{kind}").exists():
            (study / f"{table}.{kind}").write_bytes(DAMAGES[damage])
    if table.endswith("data_dictionary"):
        for parquet in study.rglob("*.parquet"):
            if parquet.parent.name in ("interim", "processed"):
                parquet.unlink()
    with pytest.raises(FrugalNetError, match=rf"{Path(table).name}\.(csv|parquet): "):
        open_results(made)


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "object"])
@pytest.mark.parametrize(
    "name",
    ["ro-crate-metadata.json", "manifest-sha256.txt", "tagmanifest-sha256.txt", "CITATION.cff", "datapackage.json"],
)
def test_damaged_part_of_a_package_is_refused_by_verify(unpacked, name, damage):
    (unpacked / name).write_bytes(DAMAGES[damage])
    with pytest.raises(FrugalNetError, match=str(unpacked)):
        verify(unpacked)


def test_manifest_that_would_fill_the_memory_is_not_read(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        with opened.open("manifest-sha256.txt", "w", force_zip64=True) as stream:
            for _ in range(80):
                stream.write(b"0" * 2**20)
        opened.writestr("tagmanifest-sha256.txt", "")
    with pytest.raises(FrugalNetError, match=r"texts of more than 67,108,864 bytes:\s*manifest-sha256\.txt"):
        verify(path)


@pytest.mark.parametrize(
    "name",
    ['x", __import__("os").mkdir("executed"), "', "x\ny", "x'y", "", '"""'],
    ids=["call", "line", "quote", "empty", "end"],
)
def test_layer_whose_name_would_be_code_is_refused(tmp_path, name):
    entry = {"module": "keras.layers", "class_name": "Dense", "config": {}, "name": name, "inbound_nodes": []}
    config = {"name": "m", "layers": [entry], "input_layers": ["x", 0, 0], "output_layers": ["x", 0, 0]}
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("config.json", json.dumps({"class_name": "Functional", "config": config}))
    with pytest.raises(FrugalNetError, match=r"model\.keras"):
        read_architecture(path)
