"""Fingerprints that are kept are those of the code as it is, whatever happened to it or to their file."""

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from frugalnet import fingerprint as module
from frugalnet.fingerprint import FingerprintCache, fingerprint
from tests.unit.made_modules import write


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a file of a package in the place of frugalnet, last changed long ago by the clock that the cache looks at."""
    folder = tmp_path / "frugalnet"
    write(folder, start="from frugalnet.near import x\n", near="x = 1\n")
    monkeypatch.setattr(module, "find_spec", lambda name: SimpleNamespace(origin=str(folder / "__init__.py")))
    monkeypatch.setattr(module, "SETTLED_NS", 0)
    return folder / "near.py"


TICK_S = 0.02
"""Longer than a tick of the clock that file systems note times by."""


def cached(file):
    """Return what another process takes from the cache."""
    time.sleep(TICK_S)
    module._parsed.cache_clear()
    return FingerprintCache(file).fingerprint("frugalnet.start", within=["frugalnet"])


def computed():
    module._parsed.cache_clear()
    return fingerprint("frugalnet.start", within=["frugalnet"])


def parses_nothing(monkeypatch):
    monkeypatch.setattr(module, "fingerprint", lambda *modules, within: pytest.fail("parsed again"))


def test_kept_fingerprint_is_that_of_the_code(package, tmp_path, monkeypatch):
    expected = computed()
    assert cached(tmp_path / "kept") == expected
    parses_nothing(monkeypatch)
    assert cached(tmp_path / "kept") == expected


def test_fingerprints_of_other_modules_or_rooms_are_not_mixed_up(package, tmp_path):
    cached(tmp_path / "kept")
    again = FingerprintCache(tmp_path / "kept")
    assert again.fingerprint("frugalnet.near", within=["frugalnet"]) == fingerprint("frugalnet.near")
    assert again.fingerprint("frugalnet.start") == fingerprint("frugalnet.start")


def test_edit_of_the_same_size_with_its_time_set_back_is_seen(package, tmp_path):
    before, times = cached(tmp_path / "kept"), package.stat()
    time.sleep(TICK_S)
    package.write_text("x = 2\n")
    os.utime(package, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert package.stat().st_size == times.st_size
    assert cached(tmp_path / "kept") == computed() != before


def test_file_that_is_replaced_removed_or_added_is_seen(package, tmp_path):
    before, times = cached(tmp_path / "kept"), package.stat()
    time.sleep(TICK_S)
    other = package.with_name("other")
    other.write_text("x = 3\n")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(package)
    replaced = cached(tmp_path / "kept")
    assert replaced == computed() != before
    package.with_suffix("").mkdir()
    package.rename(package.with_suffix("") / "__init__.py")
    (package.with_suffix("") / "x.py").write_text("y = 1\n")
    assert cached(tmp_path / "kept") == computed() != replaced


def test_fingerprints_of_another_copy_of_the_package_are_not_taken(package, tmp_path, monkeypatch):
    before, copy = cached(tmp_path / "kept"), tmp_path / "copy" / "frugalnet"
    shutil.copytree(package.parent, copy)
    (copy / "near.py").write_text("x = 4\n")
    monkeypatch.setattr(module, "find_spec", lambda name: SimpleNamespace(origin=str(copy / "__init__.py")))
    assert cached(tmp_path / "kept") == computed() != before


def test_code_that_was_just_written_is_not_kept(package, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SETTLED_NS", 10**12)
    assert cached(tmp_path / "kept") == computed()
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("text", ["", '{"state": "', "[]", "null", "{}", '{"state": 1, "fingerprints": {}}'])
def test_broken_or_half_written_cache_is_none(package, tmp_path, text):
    (tmp_path / "kept").write_text(text)
    assert cached(tmp_path / "kept") == computed()


def test_cache_of_bytes_that_are_no_text_is_none(package, tmp_path):
    (tmp_path / "kept").write_bytes(b"\xff\xfe")
    assert cached(tmp_path / "kept") == computed()


def test_half_of_a_cache_is_none(package, tmp_path):
    cached(tmp_path / "kept")
    text = (tmp_path / "kept").read_text()
    (tmp_path / "kept").write_text(text[: len(text) // 2])
    assert cached(tmp_path / "kept") == computed()


@pytest.mark.parametrize("place", ["folder/is/a/file/kept", "folder"])
def test_cache_that_cannot_be_written_is_no_error(package, tmp_path, place):
    if place == "folder":
        (tmp_path / "folder").mkdir()
    else:
        (tmp_path / "folder").write_text("")
    assert cached(tmp_path / place) == computed()


def test_read_only_folder_is_no_error(package, tmp_path, monkeypatch):
    def refused(self, *arguments, **named):
        raise PermissionError(13, "read-only", str(self))

    for name in ("write_text", "unlink", "mkdir"):
        monkeypatch.setattr(Path, name, refused)
    assert cached(tmp_path / "kept") == computed()
