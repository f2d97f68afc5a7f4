"""Check a package: every listed file is there as it was packed, there are no others, and its parts match each other."""

import hashlib
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from frugalnet.commands.package.archive import CHUNK, changed_entries, is_safe, is_sealed
from frugalnet.commands.package.crate import METADATA, missing_names
from frugalnet.commands.package.packing import MANIFEST, TAG_MANIFEST
from frugalnet.commands.package.records import Place, bad_archives, bad_records, bad_tables
from frugalnet.errors import FrugalNetError, listed
from frugalnet.files import reading, understanding

TEXTS, LARGEST = (".txt", ".json"), 64 * 2**20
"""Files that are read as a whole, by the ends of their names, and the most bytes of one."""
LINE = re.compile(r"([0-9a-f]{64})  (.+)")
EXPECTED = "an archive that `frugalnet package` wrote, or its folder, unpacked"


def verify(archive: Path) -> str:
    """Check all of a package and return what it holds; raises FrugalNetError with each file that is not as it was packed."""
    if not (archive.is_dir() or archive.is_file()):
        raise FrugalNetError(f"{archive}: no such file or folder; expected {EXPECTED}")
    if archive.is_dir():
        with understanding(archive, EXPECTED):
            return _verify(archive, archive, names_in(archive))
    with reading(archive, EXPECTED), zipfile.ZipFile(archive) as opened:
        entries, end = opened.infolist(), opened.start_dir
        told = _verify(archive, zipfile.Path(opened), [entry.filename for entry in entries])
    if changed := changed_entries(archive, entries, end):
        raise FrugalNetError(f"{archive}: not as it was packed:{listed([f'{name}: changed' for name in changed])}")
    if not is_sealed(archive):
        raise FrugalNetError(
            f"{archive}: its files are whole, but the archive around them is not the one that was written: it was changed, or packed "
            "again; to check the files alone, unpack it and verify the folder"
        )
    return told


def names_in(package: Path) -> list[str]:
    """Return the names of the files in an unpacked package; raises FrugalNetError for links, pipes and devices."""
    found = [Path(folder) / name for folder, folders, files in os.walk(package) for name in (*folders, *files)]
    links = [path for path in found if path.is_symlink()]
    strangers = [path for path in found if path not in links and not (path.is_dir() or path.is_file())]
    if wrong := sorted(repr(path.relative_to(package).as_posix()) for path in (*links, *strangers)):
        raise FrugalNetError(
            f"{package}: links, pipes or devices where files are expected:{listed(wrong)}\nexpected {EXPECTED}"
        )
    return sorted(path.relative_to(package).as_posix() for path in found if path.is_file())


def name_of_results(package: Path, names: Iterable[str]) -> str:
    """Return the name of the results in a package; raises FrugalNetError where there are several, or none."""
    tops = sorted({PurePosixPath(name).parts[1] for name in names if is_of_results(name)})
    if len(tops) != 1:
        raise FrugalNetError(f"{package}: has results of {', '.join(tops) or 'nothing'}; expected results of one name")
    return tops[0]


def is_of_results(name: str) -> bool:
    """Tell by its name whether a file of a package is one of its results."""
    return name.startswith("results/") and name.count("/") > 1


def _verify(archive: Path, root: Place, names: list[str]) -> str:
    unsafe = [name for name in names if not is_safe(name)]
    twice = [name for name, number in Counter(names).items() if number > 1]
    if unsafe or twice:
        raise FrugalNetError(
            f"{archive}: do not unpack it: names that are unsafe to unpack, or are there twice:"
            f"{listed([repr(name) for name in unsafe + twice])}"
        )
    if large := [name for name in names if PurePosixPath(name).suffix in TEXTS and _size(root, name) > LARGEST]:
        raise FrugalNetError(f"{archive}: do not unpack it: texts of more than {LARGEST:,} bytes:{listed(large)}")
    expected = _manifest(archive, root, names)
    found = {name: _checksum(root, name) for name in names}
    bad = [f"{name}: missing" for name in expected if name not in found]
    bad += [f"{name}: changed" for name, checksum in expected.items() if name in found and found[name] != checksum]
    bad += [f"{name}: not in {MANIFEST}" for name in found if name not in {*expected, MANIFEST, TAG_MANIFEST}]
    bad += [] if bad else [*_bad_description(root, names), *bad_records(root, found), *bad_tables(root, names)]
    bad += [] if bad else bad_archives(root, names)
    if bad:
        raise FrugalNetError(f"{archive}: not as it was packed:{listed(bad)}")
    name_of_results(archive, names)
    size = sum(_size(root, name) for name in names) if isinstance(root, Path) else archive.stat().st_size
    description = _described(root)
    return (
        f"{archive}: whole: {len(names)} files, {size / 1e6:,.1f} MB, as they were packed\n"
        f"{description['name']}\n{description['description']}"
    )


def _size(root: Place, name: str) -> int:
    """Return the unpacked size of a file."""
    return (root / name).stat().st_size if isinstance(root, Path) else root.root.getinfo(name).file_size


def _manifest(archive: Path, root: Place, names: list[str]) -> dict[str, str]:
    """Return the expected checksums of the files; raises FrugalNetError where the list is missing or was changed."""
    for name in (MANIFEST, TAG_MANIFEST):
        if name not in names:
            raise FrugalNetError(f"{archive}: no package: it has no {name}; expected {EXPECTED}")
    listing = {}
    for name in (TAG_MANIFEST, MANIFEST):
        with reading(root / name, "the checksums of a package"):
            lines = (root / name).read_text(encoding="utf-8").splitlines()
        matched = [LINE.fullmatch(line) for line in lines]
        if not all(matched):
            raise FrugalNetError(
                f"{archive}: {name}: changed (line {matched.index(None) + 1} is no checksum with a name)"
            )
        listing[name] = {match[2]: match[1] for match in matched if match}
    if listing[TAG_MANIFEST] != {MANIFEST: _checksum(root, MANIFEST)}:
        raise FrugalNetError(f"{archive}: {MANIFEST}: changed (or {TAG_MANIFEST}, which has its checksum, was)")
    return listing[MANIFEST]


def _checksum(root: Place, name: str) -> str | None:
    """Return the checksum of a file; None where it cannot be read."""
    digest = hashlib.sha256()
    with suppress(FrugalNetError), reading(root / name, "a file"), root.joinpath(name).open("rb") as stream:
        while piece := stream.read(CHUNK):
            digest.update(piece)
        return digest.hexdigest()
    return None


def _described(root: Place) -> dict[str, str]:
    content = json.loads(root.joinpath(METADATA).read_text(encoding="utf-8"))
    found = [entity for entity in content["@graph"] if entity["@id"] == "./"]
    return {name: str(found[0][name]) for name in ("name", "description")}


def _bad_description(root: Place, names: list[str]) -> list[str]:
    """Return what is wrong with the RO-Crate though its checksum is right, as in a package of another maker."""
    if METADATA not in names:
        return [f"{METADATA}: missing"]
    try:
        with reading(root / METADATA, "an RO-Crate"):
            content = json.loads(root.joinpath(METADATA).read_text(encoding="utf-8"))
            _ = _described(root)
            return [f"{name}: missing, but in {METADATA}" for name in missing_names(content, names)]
    except FrugalNetError as error:
        return [str(error)]
