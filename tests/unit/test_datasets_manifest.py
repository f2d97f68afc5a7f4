"""Raw files and the manifest that describes them: what `prepare` refuses."""

import json

import numpy as np
import pytest

from frugalnet.config.data import Data
from frugalnet.datasets import california_housing, mnist, pneumoniamnist
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import prepare
from frugalnet.datasets.source import MANIFEST
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest


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


@pytest.fixture
def raw(tmp_path):
    """Return the raw files of the made housing table."""
    fetch("california_housing", Data(), tmp_path / "raw")
    return tmp_path / "raw"


def test_raw_file_that_was_changed_after_it_was_got_is_refused(raw):
    with (raw / "sample.npz").open("ab") as stream:
        stream.write(b"0")
    with pytest.raises(FrugalNetError, match=r"sample\.npz: was changed since it was got"):
        prepare("california_housing", raw, raw.parent / "prepared")
    (raw / "sample.npz").unlink()
    with pytest.raises(FrugalNetError, match=r"sample\.npz: is missing"):
        prepare("california_housing", raw, raw.parent / "prepared")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"files": [{}], "source": "sample", "level": "sample"}'])
def test_manifest_that_is_torn_is_refused(raw, text):
    (raw / MANIFEST).write_text(text)
    with pytest.raises(
        FrugalNetError, match=r"manifest\.json: .*delete manifest\.json, and the same command gets the files anew"
    ):
        prepare("california_housing", raw, raw.parent / "prepared")


def write_manifest(folder, source="official", level="official"):
    """Write a manifest whose checksums are those of the files that are there."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST]
    entries = [{"name": path.relative_to(folder).as_posix(), "sha256": digest(path)} for path in files]
    (folder / MANIFEST).write_text(json.dumps({"source": source, "level": level, "files": entries}))


@pytest.mark.parametrize(
    ("source", "level"),
    [("sample", "official"), ("official", "sample"), ("official", "best"), ("made", "sample"), (["sample"], "sample")],
)
def test_manifest_whose_level_is_not_of_its_source_is_refused(raw, source, level):
    write_manifest(raw, source, level)
    with pytest.raises(FrugalNetError, match=r"manifest\.json: source = .*, level = .*; expected sample and sample"):
        prepare("california_housing", raw, raw.parent / "prepared")


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x05\x06" + bytes(18)])
def test_sample_that_is_damaged_is_named_even_with_its_checksum(raw, content):
    (raw / "sample.npz").write_bytes(content)
    write_manifest(raw, "sample", "sample")
    with pytest.raises(FrugalNetError, match=r"sample\.npz: .*expected arrays of NumPy; delete manifest\.json"):
        prepare("california_housing", raw, raw.parent / "prepared")


def test_sample_with_fewer_labels_than_samples_is_refused(raw):
    np.savez(raw / "sample.npz", x=np.zeros((9, 8), "float32"), y=np.zeros(8, "float32"))
    write_manifest(raw, "sample", "sample")
    with pytest.raises(FrugalNetError, match=r"x \(9, 8\), y \(8,\); expected one y for each x"):
        prepare("california_housing", raw, raw.parent / "prepared")


@pytest.mark.parametrize("content", [b"", b"no data", b"1,2\n", bytes(2_000)])
@pytest.mark.parametrize(
    ("dataset", "module"),
    [("mnist", mnist), ("california_housing", california_housing), ("pneumoniamnist", pneumoniamnist)],
)
def test_raw_file_that_is_damaged_is_named_by_its_reader(tmp_path, dataset, module, content):
    for file in module.SOURCE.files:
        (tmp_path / file.name).write_bytes(content)
    with pytest.raises(FrugalNetError, match=f"{module.SOURCE.files[0].name}: .*delete manifest"):
        module.read(tmp_path)


@pytest.mark.parametrize("level", ["official", "equivalent"])
def test_invented_files_are_not_official_by_the_word_of_their_manifest(tmp_path, level):
    (tmp_path / "cal_housing.data").write_text("-122.23,37.88,41,880,129,322,126,8.3252,452600\n" * 10)
    write_manifest(tmp_path, level=level)
    with pytest.raises(FrugalNetError, match=r"cal_housing\.data: wrong checksum. Expected sha256:a2b44"):
        prepare("california_housing", tmp_path, tmp_path / "prepared")
