"""The prepared form: arrays, index files of the parts, and the card that goes into every record."""

import io
import json
import os
import shutil

import numpy as np
import pytest

from frugalnet.config.data import Data
from frugalnet.datasets import load, prepared
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import CARD, CHECKED, check, prepare, split
from frugalnet.datasets.source import Arrays
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest


@pytest.fixture(scope="module")
def housing(tmp_path_factory):
    """A prepared sample of the housing table."""
    folder = tmp_path_factory.mktemp("housing")
    fetch("california_housing", Data(), folder / "raw")
    prepare("california_housing", folder / "raw", folder / "prepared")
    return folder / "prepared"


def test_folder_holds_arrays_index_files_and_card(housing):
    names = sorted(path.name for path in housing.iterdir())
    arrays = ["test.npy", "train.npy", "validation.npy", "x.npy", "y.npy"]
    assert [name for name in names if name != CHECKED] == ["dataset.json", *arrays]


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


@pytest.fixture
def copied(housing, tmp_path):
    """Return a copy of the prepared table, found right once."""
    folder = tmp_path / "prepared"
    shutil.copytree(housing, folder)
    check(folder)
    return folder


def set_labels_to_zero(folder):
    np.save(folder / "y.npy", np.zeros_like(np.load(folder / "y.npy")))


def train_on_all(folder):
    np.save(folder / "train.npy", np.arange(2010))


def change_in_place(folder):
    """Change a byte, and set the time of the content back."""
    path = folder / "x.npy"
    times = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "file"), [(set_labels_to_zero, "y.npy"), (train_on_all, "train.npy"), (change_in_place, "x.npy")]
)
def test_array_that_was_changed_is_refused_by_its_name(copied, change, file):
    change(copied)
    with pytest.raises(FrugalNetError, match=rf"{file}: was changed: it does not fit its checksum in dataset\.json"):
        load(copied)


def test_array_that_is_missing_is_refused_by_its_name(copied):
    (copied / "test.npy").unlink()
    with pytest.raises(FrugalNetError, match=r"test\.npy: No such file"):
        load(copied)


def test_content_is_read_where_size_or_times_changed_and_else_for_the_whole_alone(copied, monkeypatch):
    read = []
    monkeypatch.setattr(prepared, "digest", lambda path: read.append(path.name) or digest(path))
    load(copied)
    assert read == []
    os.utime(copied / "y.npy")
    load(copied)
    load(copied)
    assert read == ["y.npy"]
    check(copied, whole=True)
    assert sorted(read[1:]) == ["test.npy", "train.npy", "validation.npy", "x.npy", "y.npy"]


def test_note_of_what_was_found_right_that_is_torn_is_made_anew(copied):
    (copied / CHECKED).write_text("{")
    load(copied)
    assert json.loads((copied / CHECKED).read_text()).keys() == {"x", "y", "train", "validation", "test"}


def test_parts_that_share_a_sample_are_refused_even_with_their_checksums(copied):
    train = np.load(copied / "train.npy")
    train[0] = train[1]
    np.save(copied / "train.npy", train)
    renew_card(copied)
    with pytest.raises(FrugalNetError, match="do not have each of the 2010 samples once"):
        load(copied)


def renew_card(folder, **changes):
    """Write a card with checksums that fit, as one would who changes arrays on purpose."""
    card = json.loads((folder / CARD).read_text()) | changes
    card["arrays"] = {name: digest(folder / f"{name}.npy") for name in card["arrays"]}
    (folder / CARD).write_text(json.dumps(card))


ARRAYS = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"no array"),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-8]),
    "archive": lambda path: np.savez(path.open("wb"), x=np.zeros(3)),
    "objects": lambda path: np.save(path, np.array([None, True]), allow_pickle=True),
    "huge": lambda path: path.write_bytes(header_of((10**12,))),
    "no dimension": lambda path: np.save(path, np.zeros((), np.load(path).dtype)),
    "more dimensions": lambda path: np.save(path, np.load(path)[..., None]),
    "fewer samples": lambda path: np.save(path, np.load(path)[:-1]),
    "other type": lambda path: np.save(path, np.load(path).astype("float16")),
}


def header_of(shape):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize("name", ["x", "y", "train"])
@pytest.mark.parametrize("damage", ARRAYS)
def test_array_that_is_not_that_of_the_card_is_refused_even_with_its_checksum(copied, name, damage):
    ARRAYS[damage](copied / f"{name}.npy")
    renew_card(copied)
    for _ in range(2):  # what was found wrong is not noted as right
        with pytest.raises(FrugalNetError, match=rf"{name}\.npy: .*expected (float32|int64) of shape"):
            load(copied)


@pytest.mark.parametrize(
    "changes", [{"samples": {}}, {"samples": "x"}, {"shape": None}, {"n_classes": "ten"}, {"dtype": []}]
)
def test_card_of_other_arrays_is_refused(copied, changes):
    renew_card(copied, **changes)
    (copied / CHECKED).unlink()
    with pytest.raises(FrugalNetError, match=r"(dataset\.json|[xy]\.npy): .*; delete that folder"):
        load(copied)


def test_card_of_another_dataset_is_refused(copied):
    with pytest.raises(FrugalNetError, match=r"dataset\.json: name = 'california_housing'; expected mnist"):
        load(copied, "mnist")


def test_pipe_in_the_place_of_an_array_is_refused(copied):
    (copied / "x.npy").unlink()
    os.mkfifo(copied / "x.npy")
    with pytest.raises(FrugalNetError, match=r"x\.npy: is a folder, a pipe or a device"):
        load(copied)


def test_labels_that_the_card_does_not_count_are_refused_even_with_their_checksum(tmp_path):
    fetch("mnist", Data(), tmp_path / "raw")
    prepare("mnist", tmp_path / "raw", tmp_path)
    for wrong in (0, -1, 10**12):
        np.save(tmp_path / "y.npy", np.full(1797, wrong))
        renew_card(tmp_path)
        with pytest.raises(FrugalNetError, match=r"y\.npy: .*(as many samples of each class|expected the classes)"):
            load(tmp_path, "mnist")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"name": "california_housing"}'])
def test_card_that_is_torn_or_without_checksums_is_refused(copied, text):
    (copied / CARD).write_text(text)
    with pytest.raises(FrugalNetError, match=r"dataset\.json: .*; delete that folder"):
        load(copied)
