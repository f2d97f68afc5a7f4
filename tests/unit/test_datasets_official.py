"""Files from a mirror folder: archive or members, their levels, and what is refused."""

import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from frugalnet.config.data import Data
from frugalnet.datasets import california_housing, pneumoniamnist
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.official import level_in
from frugalnet.datasets.source import File, Source
from frugalnet.errors import FrugalNetError

DATASET = "california_housing"


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = tar_of({"Folder/readme": b"not wanted", "Folder/a.data": b"first", "Folder/b.data": b"second"})


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Path:
    """The empty part of a mirror for a dataset of two files in one archive, without network."""
    monkeypatch.delenv("FRUGALNET_MIRROR", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    source = Source(
        licence="",
        citation="",
        archive=File("all.tgz", {sha256(ARCHIVE): "official"}, ("http://127.0.0.1:9/all.tgz",)),
        files=(File("a.data", {sha256(b"first"): "equivalent"}), File("b.data", {sha256(b"second"): "official"})),
    )
    monkeypatch.setattr(california_housing, "SOURCE", source)
    folder = tmp_path / "mirror" / DATASET
    folder.mkdir(parents=True)
    return folder


def fetched(mirror: Path) -> dict:
    """Fetch beside the mirror and return the manifest."""
    folder = mirror.parent.parent / "raw" / DATASET
    fetch(DATASET, Data(source="official", mirror=str(mirror.parent)), folder)
    return json.loads((folder / "manifest.json").read_text())


def raw_names(mirror: Path) -> list[str]:
    return sorted(path.name for path in (mirror.parent.parent / "raw" / DATASET).iterdir())


def test_archive_of_the_mirror_is_unpacked(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    manifest = fetched(mirror)
    assert manifest["level"] == "official"
    assert [(file["name"], file["level"], file["origin"]) for file in manifest["files"]] == [
        ("all.tgz", "official", "mirror"),
        ("a.data", "official", "all.tgz"),
        ("b.data", "official", "all.tgz"),
    ]
    assert raw_names(mirror) == ["a.data", "all.tgz", "b.data", "manifest.json"]


def test_members_in_the_mirror_do_without_the_archive_and_the_worst_level_counts(mirror):
    (mirror / "a.data").write_bytes(b"first")
    (mirror / "b.data").write_bytes(b"second")
    manifest = fetched(mirror)
    assert [file["level"] for file in manifest["files"]] == ["equivalent", "official"]
    assert manifest["level"] == "equivalent"


def test_archive_goes_before_members(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    (mirror / "a.data").write_bytes(b"first")
    (mirror / "b.data").write_bytes(b"second")
    assert fetched(mirror)["level"] == "official"


def test_files_already_there_are_kept_when_the_mirror_is_gone(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    first = fetched(mirror)
    (mirror / "all.tgz").unlink()
    assert fetched(mirror) == first
    assert first["level"] == "official"
    assert first["files"][0]["origin"] == "mirror"


def test_mirror_is_left_as_it_was(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    fetched(mirror)
    assert [path.name for path in mirror.iterdir()] == ["all.tgz"]


def test_some_members_are_not_enough_and_the_message_says_what_would_be(mirror):
    (mirror / "a.data").write_bytes(b"first")
    with pytest.raises(
        FrugalNetError, match=r"(?s)^all\.tgz: none of its official.*/ with all\.tgz or all of a\.data, b\.data"
    ):
        fetched(mirror)


@pytest.mark.parametrize("name", ["all.tgz", "a.data"])
def test_file_with_another_checksum_is_refused(name, mirror):
    (mirror / name).write_bytes(b"something else")
    with pytest.raises(FrugalNetError) as caught:
        fetched(mirror)
    message = str(caught.value)
    assert message.startswith(f"{mirror / name}: wrong checksum. Expected sha256:")
    assert f"got {sha256(b'something else')}, 14 bytes" in message
    assert "replace or delete it and run again" in message
    assert raw_names(mirror) == []


def test_truncated_archive_is_refused_and_a_whole_one_accepted_afterwards(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE[:-20])
    with pytest.raises(FrugalNetError, match=rf"all\.tgz: wrong checksum.*{len(ARCHIVE) - 20} bytes.*truncated"):
        fetched(mirror)
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    assert fetched(mirror)["level"] == "official"


def test_file_that_was_damaged_in_the_raw_folder_is_refused(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    fetched(mirror)
    (mirror.parent.parent / "raw" / DATASET / "all.tgz").write_bytes(b"damaged")
    with pytest.raises(FrugalNetError, match=r"raw/california_housing/all\.tgz: wrong checksum"):
        fetched(mirror)
    assert "manifest.json" not in raw_names(mirror)


def test_mirror_that_does_not_exist_stops_before_anything_is_written(tmp_path):
    with pytest.raises(FrugalNetError, match=r"^data\.mirror: there is no folder"):
        fetch(DATASET, Data(source="official", mirror=str(tmp_path / "typo")), tmp_path / "raw")
    assert list(tmp_path.iterdir()) == []


def test_file_known_by_several_checksums_has_the_level_of_the_one_that_matches(tmp_path, monkeypatch):
    md5 = hashlib.md5(b"official").hexdigest()
    file = File("x.npz", {f"md5:{md5}": "official", sha256(b"other container"): "equivalent"})
    monkeypatch.setattr(pneumoniamnist, "SOURCE", Source(licence="", citation="", files=(file,)))
    levels = []
    for content in (b"official", b"other container"):
        (tmp_path / "pneumoniamnist").mkdir(exist_ok=True)
        (tmp_path / "pneumoniamnist" / "x.npz").write_bytes(content)
        folder = tmp_path / content.decode()
        fetch("pneumoniamnist", Data(source="official", mirror=str(tmp_path)), folder)
        levels.append(json.loads((folder / "manifest.json").read_text())["level"])
    assert levels == ["official", "equivalent"]


def level_found(mirror: Path) -> str:
    return level_in(california_housing.SOURCE, mirror.parent.parent / "raw" / DATASET)


def test_level_of_files_that_are_there_is_told_by_their_checksums_or_by_the_archive_beside_them(mirror):
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    fetched(mirror)
    assert level_found(mirror) == "official"
    (mirror.parent.parent / "raw" / DATASET / "all.tgz").unlink()
    assert level_found(mirror) == "equivalent"


def test_file_that_is_not_the_one_in_the_archive_beside_it_is_refused(mirror, monkeypatch):
    source = replace(california_housing.SOURCE, files=(File("a.data", {sha256(b"of a mirror"): "equivalent"}),))
    monkeypatch.setattr(california_housing, "SOURCE", source)
    (mirror / "all.tgz").write_bytes(ARCHIVE)
    fetched(mirror)
    assert level_found(mirror) == "official"
    (mirror.parent.parent / "raw" / DATASET / "a.data").write_bytes(b"invented")
    with pytest.raises(FrugalNetError, match=r"a\.data: differs from the file in .*all\.tgz"):
        level_found(mirror)
