"""What the check of a package finds: every changed, lost or added byte, by name."""

import os
import subprocess
import zipfile

import pytest

from frugalnet.commands.package import verify
from frugalnet.commands.package.unpacking import unpack
from frugalnet.errors import FrugalNetError
from tests.unit.made_package import archive, renew_manifest, results, unpacked, working

pytestmark = pytest.mark.long

__all__ = ["archive", "results", "unpacked", "working"]


def test_whole_package_is_told_of(archive, unpacked):
    for place in (archive, unpacked):
        told = verify(place)
        assert told.startswith(f"{place}: whole: 40 files")
        assert "compression: 2 measured runs of 1 datasets (mnist), 1 failed tries. Data: official" in told
        assert "Measured with code of commit abc" in told


def test_manifest_is_one_that_sha256sum_reads(unpacked):
    lists = ["manifest-sha256.txt", "tagmanifest-sha256.txt"]
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", *lists], cwd=unpacked, check=True)


def test_byte_changed_in_any_file_of_the_zip_is_named(archive):
    whole = archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
    for entry in entries:
        data = entry.header_offset + 30 + len(entry.filename)
        last = data + entry.compress_size - 1
        for place in (data, (data + last) // 2, last, entry.header_offset + 10):
            changed = bytearray(whole)
            changed[place] ^= 0x80
            archive.write_bytes(changed)
            with pytest.raises(FrugalNetError, match=entry.filename):
                verify(archive)


def test_byte_changed_anywhere_else_in_the_zip_is_noticed(archive):
    whole = archive.read_bytes()
    for place in range(0, len(whole), 97):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        archive.write_bytes(changed)
        with pytest.raises(FrugalNetError, match=r"made\.zip"):
            verify(archive)
    end = len(whole)
    for place in range(end - 100, end):
        changed = bytearray(whole)
        changed[place] ^= 0x40
        archive.write_bytes(changed)
        with pytest.raises(FrugalNetError, match=r"made\.zip"):
            verify(archive)


def test_changed_missing_and_added_files_of_a_folder_are_named(unpacked):
    (unpacked / "results/made/compression/interim/runs.csv").write_text("run\n")
    (unpacked / "LICENSE").unlink()
    (unpacked / "notes.txt").write_text("mine")
    with pytest.raises(FrugalNetError) as error:
        verify(unpacked)
    assert "interim/runs.csv: changed" in str(error.value)
    assert "LICENSE: missing" in str(error.value)
    assert "notes.txt: not in manifest-sha256.txt" in str(error.value)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_changed_list_of_a_folder_is_named(unpacked, name):
    text = (unpacked / name).read_text()
    (unpacked / name).write_text(("0" if text[0] != "0" else "1") + text[1:])
    with pytest.raises(FrugalNetError, match=name):
        verify(unpacked)


def test_raw_file_changed_before_packing_does_not_fit_its_record(unpacked):
    run = unpacked / "results/made/compression/raw/mnist/baseline/default/seed0"
    (run / "epochs.csv").write_text("window,epoch\nrun/train/epoch1,2\n")
    (run / "record.json").write_text((run / "record.json").read_text().replace('"seed": 0', '"seed": 1'))
    renew_manifest(unpacked)
    with pytest.raises(FrugalNetError) as error:
        verify(unpacked)
    assert "seed0/epochs.csv: not as its record says" in str(error.value)
    assert "seed0/record.json: not as it was written" in str(error.value)


def test_file_of_the_description_that_is_not_there_is_named(unpacked):
    (unpacked / "results/made/compression/figures/pay_back.svg").unlink()
    renew_manifest(unpacked)
    with pytest.raises(FrugalNetError, match=r"figures/pay_back\.svg: missing, but in ro-crate-metadata\.json"):
        verify(unpacked)


def test_description_that_is_no_crate_is_refused(unpacked):
    (unpacked / "ro-crate-metadata.json").write_text('{"@graph": []}')
    renew_manifest(unpacked)
    with pytest.raises(
        FrugalNetError, match=r"ro-crate-metadata\.json: torn, or of another kind \(.*; expected an RO-Crate"
    ):
        verify(unpacked)


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/outside.txt", "a/../../outside.txt", "C:/outside.txt", "a\\outside.txt", ".", "./"]
)
def test_name_that_leads_out_of_the_folder_is_refused(archive, name):
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(name, "text")
    with pytest.raises(FrugalNetError, match=r"do not unpack it"):
        verify(archive)


def test_zip_packed_anew_is_told_to_be_unpacked(archive, unpacked):
    with zipfile.ZipFile(archive, "w") as anew:
        for path in unpacked.rglob("*"):
            if path.is_file():
                anew.write(path, path.relative_to(unpacked))
    with pytest.raises(FrugalNetError, match=r"its files are whole.*unpack it and verify the folder"):
        verify(archive)


def test_torn_zip_and_other_files_are_no_packages(archive, tmp_path):
    torn = tmp_path / "torn.zip"
    torn.write_bytes(archive.read_bytes()[:-5000])
    with pytest.raises(FrugalNetError, match=r"torn\.zip: torn, or of another kind"):
        verify(torn)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as opened:
        opened.writestr("a.txt", "text")
    with pytest.raises(FrugalNetError, match=r"no package: it has no manifest-sha256\.txt"):
        verify(other)
    with pytest.raises(FrugalNetError, match="no such file or folder"):
        verify(tmp_path / "none.zip")


STRANGERS = {
    "link": lambda path: path.symlink_to("/etc/hostname"),
    "link to a folder": lambda path: path.symlink_to("/etc"),
    "link to nothing": lambda path: path.symlink_to("/nowhere"),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("name", ["results/made/compression/processed/comparison.csv", "results/made/added.csv"])
def test_link_or_pipe_in_an_unpacked_package_is_refused_by_its_name(unpacked, tmp_path, name, stranger):
    (unpacked / name).unlink(missing_ok=True)
    STRANGERS[stranger](unpacked / name)
    renew_manifest(unpacked)
    for reader in (verify, lambda package: unpack(package, tmp_path / "mine")):
        with pytest.raises(FrugalNetError, match=rf"links, pipes or devices where files are expected:\s+'{name}'"):
            reader(unpacked)
    assert not (tmp_path / "mine").exists()


def test_package_of_two_results_is_refused_by_verify_as_by_unpack(unpacked, tmp_path):
    (unpacked / "results/b").mkdir()
    (unpacked / "results/b/settings.yaml").touch()
    renew_manifest(unpacked)
    for reader in (verify, lambda package: unpack(package, tmp_path / "mine")):
        with pytest.raises(FrugalNetError, match="has results of b, made; expected results of one name"):
            reader(unpacked)


def test_table_of_runs_that_is_no_text_is_named_by_verify(unpacked):
    (unpacked / "results/made/compression/interim/runs.csv").write_bytes(b"run\n\xff\xfe")
    renew_manifest(unpacked)
    with pytest.raises(FrugalNetError, match=r"interim/runs\.csv: not UTF-8 text"):
        verify(unpacked)
