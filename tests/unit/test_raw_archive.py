"""The raw files of a study in one archive: what is in it, and what is refused, before it does harm."""

import io
import lzma
import tarfile

import pytest

from frugalnet.commands.package import raw_archive
from frugalnet.errors import FrugalNetError
from tests.unit.made_light import packed_raw

NAME = "raw/mnist/baseline/default/seed0/record.json"


def refused(packed, folder, match):
    """Expect one line, and nothing outside of the folder."""
    with pytest.raises(FrugalNetError, match=match) as error:
        raw_archive.unpack(io.BytesIO(packed), "a raw.tar.xz", folder / "study")
    assert str(error.value).startswith("a raw.tar.xz: ") and "\n" not in str(error.value)
    assert {path.name for path in folder.glob("*")} <= {"study"}


def test_files_are_put_where_they_were(tmp_path):
    packed = packed_raw([("light.txt", b"a\n"), (NAME, b"{}"), ("failed/mnist/x/y/seed0/1/record.json", b"")])
    raw_archive.unpack(io.BytesIO(packed), "a raw.tar.xz", tmp_path)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"light.txt": b"a\n", NAME: b"{}", "failed/mnist/x/y/seed0/1/record.json": b""}


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/outside",
        "raw/../../outside",
        "raw\\..\\outside",
        "interim/runs.csv",
        "settings.yaml",
        "raws/a",
        ".",
    ],
)
def test_name_that_is_no_raw_file_is_refused(tmp_path, name):
    refused(packed_raw([(NAME, b"{}"), (name, b"text")]), tmp_path, "do not unpack it: .* is no raw file of a study")


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_LONGNAME,
     tarfile.XHDTYPE, tarfile.GNUTYPE_SPARSE],
)  # fmt: skip
def test_what_is_no_regular_file_is_refused(tmp_path, kind):
    entry = tarfile.TarInfo("raw/link")
    entry.type, entry.linkname = kind, "../../outside"
    refused(lzma.compress(entry.tobuf() + bytes(1024)), tmp_path, "do not unpack it: 'raw/link' is a link, or no file")


def test_file_that_is_there_twice_is_refused(tmp_path):
    refused(packed_raw([(NAME, b"{}"), (NAME, b"[]")]), tmp_path, "do not unpack it: raw/.* is there twice")


def test_file_in_the_place_of_a_folder_is_refused(tmp_path):
    refused(packed_raw([("raw/mnist", b"{}"), (NAME, b"[]")]), tmp_path, "do not unpack it: raw/.* is there twice")


def test_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    entry = tarfile.TarInfo(NAME)
    entry.size = 64 * 2**20 + 1
    refused(lzma.compress(entry.tobuf()), tmp_path, "do not unpack it: .* is larger than 67108864 bytes")


def test_files_that_are_too_large_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_archive, "MOST", 10_000)
    refused(packed_raw([(f"raw/{n}", bytes(3000)) for n in range(4)]), tmp_path, "more than 10000 bytes")


def test_bomb_after_the_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_archive, "MOST", 100_000)
    refused(lzma.compress(bytes(10_000_000)), tmp_path, "more after its end")


def test_archive_that_needs_much_memory_to_be_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_archive, "MEMORY", 2**20)
    refused(packed_raw([(NAME, b"{}")]), tmp_path, "not as `frugalnet package --light` writes it: Memory usage limit")


def test_archive_that_is_cut_off_anywhere_is_refused(tmp_path):
    whole = packed_raw([(NAME, bytes(range(256)) * 20)])
    for length in (0, 1, 20, len(whole) // 2, len(whole) - 1):
        refused(whole[:length], tmp_path / str(length), "not as `frugalnet package --light` writes it")


def test_tar_that_is_cut_off_within_a_whole_compressed_file_is_refused(tmp_path):
    tar = lzma.decompress(packed_raw([(NAME, bytes(2000))]))
    for length in (0, 100, 512, 1500):
        refused(lzma.compress(tar[:length]), tmp_path / str(length), "it ends too early")


def test_every_changed_byte_is_refused(tmp_path):
    whole = packed_raw([(NAME, b"text")])
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        refused(bytes(changed), tmp_path / str(place), "not as `frugalnet package --light` writes it|do not unpack it")


@pytest.mark.parametrize("more", [b"text", packed_raw([("raw/other", b"text")])])
def test_more_after_the_end_is_refused(tmp_path, more):
    refused(packed_raw([(NAME, b"{}")]) + more, tmp_path, "more after its end")


def test_more_in_the_tar_after_its_end_is_refused(tmp_path):
    refused(lzma.compress(lzma.decompress(packed_raw([(NAME, b"{}")])) + b"text"), tmp_path, "more after its end")
