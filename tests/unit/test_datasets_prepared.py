"""The prepared form: arrays, index files of the parts, and the card that goes into every record."""

import json

import numpy as np
import pytest

from frugalnet.config.data import Data
from frugalnet.datasets import load, prepared
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import prepare, split
from frugalnet.datasets.source import Arrays
from frugalnet.errors import FrugalNetError


@pytest.fixture(scope="module")
def housing(tmp_path_factory):
    """A prepared sample of the housing table."""
    folder = tmp_path_factory.mktemp("housing")
    fetch("california_housing", Data(), folder / "raw")
    prepare("california_housing", folder / "raw", folder / "prepared")
    return folder / "prepared"


def test_folder_holds_arrays_index_files_and_card(housing):
    names = sorted(path.name for path in housing.iterdir())
    assert names == ["dataset.json", "test.npy", "train.npy", "validation.npy", "x.npy", "y.npy"]


def test_parts_are_sorted_and_hold_every_sample_once(housing):
    parts = [np.load(housing / f"{name}.npy") for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [1447, 161, 402]
    assert all((np.diff(part) > 0).all() and part.dtype == np.int64 for part in parts)
    assert sorted(np.concatenate(parts).tolist()) == list(range(2010))


def test_card_says_that_the_data_is_a_sample(housing):
    card = load(housing).card
    assert (card["source"], card["level"], card["licence"], card["citation"]) == ("sample", "sample", None, None)
    assert card["files"][0]["name"] == "sample.npz"
    assert card["files"][0]["origin"] == "made by frugalnet.datasets.california_housing"


def test_card_describes_a_regression(housing):
    card = load(housing).card
    assert (card["name"], card["task"], card["n_classes"], card["class_counts"]) == (
        "california_housing",
        "regression",
        None,
        None,
    )
    assert (card["shape"], card["dtype"]) == ([8], "float32")
    assert card["samples"] == {"train": 1447, "validation": 161, "test": 402}
    assert card["features"][0] == "MedInc"


def test_card_describes_a_classification(tmp_path):
    fetch("mnist", Data(), tmp_path / "raw")
    prepare("mnist", tmp_path / "raw", tmp_path / "prepared")
    data = load(tmp_path / "prepared")
    assert (data.name, data.task, data.n_classes) == ("mnist", "classification", 10)
    assert data.card["class_counts"]["test"] == [36, 36, 36, 36, 36, 37, 36, 36, 35, 35]


def test_loaded_part_is_in_memory_and_unscaled(housing):
    test = load(housing).test
    positions = np.load(housing / "test.npy")
    assert np.array_equal(test.x, np.load(housing / "x.npy")[positions])
    assert np.array_equal(test.y, np.load(housing / "y.npy")[positions])
    assert not isinstance(test.x, np.memmap)


def test_test_part_is_not_read_before_it_is_asked_for(housing):
    data = load(housing)
    assert len(data.train.y) == 1447
    assert "test" not in vars(data)


def test_drawn_parts_keep_the_proportions_of_the_classes():
    y = np.repeat([0, 1], [100, 900])
    parts = split(Arrays(np.zeros((1000, 1)), y), stratified=True)
    assert {name: np.bincount(y[index]).tolist() for name, index in parts.items()} == {
        "train": [72, 648],
        "validation": [8, 72],
        "test": [20, 180],
    }


def test_official_parts_are_kept():
    arrays = Arrays(np.zeros((10, 1)), np.zeros(10), test=np.array([8, 9]), validation=np.array([0, 5]))
    parts = split(arrays, stratified=False)
    assert {name: index.tolist() for name, index in parts.items()} == {
        "train": [1, 2, 3, 4, 6, 7],
        "validation": [0, 5],
        "test": [8, 9],
    }


def test_split_stays_the_same_from_version_to_version():
    parts = split(Arrays(np.zeros((20, 1)), np.zeros(20)), stratified=False)
    assert (parts["test"].tolist(), parts["validation"].tolist()) == ([5, 11, 17, 18], [1, 12])


def test_killed_prepare_leaves_nothing_that_looks_whole(housing, tmp_path, monkeypatch):
    fetch("california_housing", Data(), tmp_path / "raw")
    prepare("california_housing", tmp_path / "raw", tmp_path / "prepared")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(prepared.np, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        prepare("california_housing", tmp_path / "raw", tmp_path / "prepared")
    with pytest.raises(FrugalNetError, match=r"dataset\.json: not found.*rule `prepare`"):
        load(tmp_path / "prepared")
    assert not list((tmp_path / "prepared").glob("*.new"))


def test_prepare_without_raw_files_says_which_rule_gets_them(tmp_path):
    with pytest.raises(FrugalNetError, match=r"manifest\.json: not found.*rule `download`"):
        prepare("mnist", tmp_path, tmp_path / "prepared")


def test_manifest_knows_the_file_it_describes(tmp_path):
    fetch("california_housing", Data(), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (entry,) = manifest["files"]
    assert (manifest["source"], manifest["level"], entry["level"]) == ("sample", "sample", "sample")
    assert entry["bytes"] == (tmp_path / "sample.npz").stat().st_size
    assert len(entry["sha256"]) == 64
