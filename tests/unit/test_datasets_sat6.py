"""SAT-6, which the user brings: known by its layout, its range of values and its class counts."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from frugalnet.config.data import Data
from frugalnet.datasets import load, sat6
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import prepare
from frugalnet.errors import FrugalNetError

TRAIN_COUNTS = [3, 2, 2, 2, 2, 4]


@pytest.fixture(autouse=True)
def _small_official_counts(monkeypatch):
    monkeypatch.delenv("FRUGALNET_MIRROR", raising=False)
    monkeypatch.setattr(sat6, "TRAIN_COUNTS", TRAIN_COUNTS)
    monkeypatch.setattr(sat6, "N_TEST", 6)


def content(train_counts: list[int] = TRAIN_COUNTS) -> dict[str, np.ndarray]:
    """Patches whose grey value is their number times ten, training samples in order of class."""
    y = np.repeat(np.arange(6), train_counts)

    def patches(n: int) -> np.ndarray:
        return np.broadcast_to(10 * np.arange(n, dtype=np.uint8), (28, 28, 4, n))

    return {"train_x": patches(len(y)), "train_y": np.eye(6)[:, y], "test_x": patches(6), "test_y": np.eye(6)}


def bring(folder: Path, variables: dict[str, np.ndarray], name: str = "sat-6-full.mat") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    savemat(folder / name, variables, do_compression=True)
    return folder / name


def fetched(tmp_path: Path, **data: object) -> dict:
    folder = tmp_path / "raw" / "sat6"
    fetch("sat6", Data(source="official", **data), folder)
    return json.loads((folder / "manifest.json").read_text())


def test_file_with_the_official_counts_is_official(tmp_path):
    bring(tmp_path / "mirror" / "sat6", content())
    manifest = fetched(tmp_path, mirror=str(tmp_path / "mirror"))
    assert manifest["level"] == "official"
    assert [(file["name"], file["origin"]) for file in manifest["files"]] == [("sat-6-full.mat", "mirror")]


def test_file_may_lie_in_the_raw_folder_under_any_name(tmp_path):
    bring(tmp_path / "raw" / "sat6", content(), "mine.mat")
    assert fetched(tmp_path)["files"][0]["name"] == "mine.mat"


def test_file_is_taken_out_of_the_official_archive(tmp_path):
    path = bring(tmp_path / "unpacked", content())
    (tmp_path / "mirror" / "sat6").mkdir(parents=True)
    with tarfile.open(tmp_path / "mirror" / "sat6" / "SAT-4_and_SAT-6_datasets.tar.gz", "w:gz") as tar:
        tar.add(path, "SAT-4_and_SAT-6_datasets/sat-6-full.mat")
    manifest = fetched(tmp_path, mirror=str(tmp_path / "mirror"))
    assert (manifest["level"], manifest["files"][0]["origin"]) == ("official", "SAT-4_and_SAT-6_datasets.tar.gz")


def test_truncated_archive_is_refused(tmp_path):
    path = bring(tmp_path / "unpacked", content())
    archive = tmp_path / "raw" / "sat6" / "SAT-4_and_SAT-6_datasets.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(path, "sat-6-full.mat")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(FrugalNetError, match=r"SAT-4_and_SAT-6_datasets\.tar\.gz: .*Get it again"):
        fetched(tmp_path)
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_other_counts_are_refused_with_the_key_that_allows_them(tmp_path):
    bring(tmp_path / "raw" / "sat6", content([1, 1, 1, 1, 1, 1]))
    with pytest.raises(FrugalNetError) as caught:
        fetched(tmp_path)
    message = str(caught.value)
    assert "Expected 15 training samples, by class [3, 2, 2, 2, 2, 4]" in message
    assert "got [1, 1, 1, 1, 1, 1] and 6" in message
    assert "data.allow_subset: true" in message


def test_other_number_of_test_samples_is_refused(tmp_path):
    whole = content()
    bring(tmp_path / "raw" / "sat6", whole | {"test_x": whole["test_x"][..., :5], "test_y": np.eye(6)[:, :5]})
    with pytest.raises(FrugalNetError, match=r"and 6 test samples; got \[3, 2, 2, 2, 2, 4\] and 5\."):
        fetched(tmp_path)


def test_other_counts_are_a_subset_where_allowed(tmp_path):
    bring(tmp_path / "raw" / "sat6", content([1, 1, 1, 1, 1, 1]))
    assert fetched(tmp_path, allow_subset=True)["level"] == "subset"


def test_official_file_stays_official_where_subsets_are_allowed(tmp_path):
    bring(tmp_path / "raw" / "sat6", content())
    assert fetched(tmp_path, allow_subset=True)["level"] == "official"


@pytest.mark.parametrize(
    ("changed", "got"),
    [
        ({"train_x": np.zeros((28, 28, 3, 15), np.uint8)}, r"train_x uint8 \(28, 28, 3, 15\)"),
        ({"test_x": np.ones((28, 28, 4, 6))}, r"test_x float64 \(28, 28, 4, 6\)"),
        ({"train_x": np.ones((28, 28, 4, 15), np.uint8)}, "train_x without values above 1"),
        ({"train_x": np.full((28, 28, 4, 15), 77, np.uint8)}, "all equal"),
        ({"train_y": np.ones((6, 15))}, r"train_y .*not one-hot"),
        ({"test_y": np.eye(6)[:, :5]}, r"test_y float64 \(6, 5\) that is not one-hot for 6 samples"),
    ],
    ids=["bands", "type", "scaled", "constant", "labels", "number"],
)
def test_another_layout_is_refused_even_where_subsets_are_allowed(changed, got, tmp_path):
    bring(tmp_path / "raw" / "sat6", content() | changed)
    with pytest.raises(
        FrugalNetError, match=rf"sat-6-full\.mat: not a SAT-6 file\. Expected train_x and test_x uint8 .*{got}"
    ):
        fetched(tmp_path, allow_subset=True)


def test_missing_variable_is_named(tmp_path):
    variables = content()
    del variables["test_y"]
    bring(tmp_path / "raw" / "sat6", variables)
    with pytest.raises(FrugalNetError, match="no variable 'test_y'"):
        fetched(tmp_path)


def test_truncated_file_is_refused(tmp_path):
    path = bring(tmp_path / "raw" / "sat6", content())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FrugalNetError, match=r"sat-6-full\.mat: not a SAT-6 file.*cannot be read"):
        fetched(tmp_path)


def test_two_files_are_one_too_many(tmp_path):
    bring(tmp_path / "raw" / "sat6", content(), "a.mat")
    bring(tmp_path / "raw" / "sat6", content(), "b.mat")
    with pytest.raises(FrugalNetError, match=r"expected one \.mat file, found a\.mat, b\.mat"):
        fetched(tmp_path)


def test_without_a_file_the_message_says_how_to_bring_it(tmp_path):
    with pytest.raises(
        FrugalNetError,
        match=r"^sat-6-full\.mat: not in .*no direct address.*SAT-4_and_SAT-6_datasets\.tar\.gz from https",
    ):
        fetched(tmp_path)


def test_prepared_samples_keep_their_order_and_the_official_test_part(tmp_path):
    variables = content()
    variables["test_x"] = variables["test_x"].copy()
    variables["test_x"][1, 2, 3, 5] = 99  # row, column, band, sample
    bring(tmp_path / "raw" / "sat6", variables)
    fetched(tmp_path)
    prepare("sat6", tmp_path / "raw" / "sat6", tmp_path / "prepared")
    data = load(tmp_path / "prepared")
    assert np.load(tmp_path / "prepared" / "x.npy").shape == (21, 28, 28, 4)
    assert data.test.x[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50]
    assert data.test.x[5, 1, 2, 3] == 99
    assert data.test.y.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.card["samples"] == {"train": 13, "validation": 2, "test": 6}
    assert (data.train.x[-1] == 140).all()
