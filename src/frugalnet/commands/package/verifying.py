"""Check a package: every file of its list is there as it was packed, nothing else is, and its parts fit each other."""

import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

from frugalnet.commands.package.archive import CHUNK, changed_entries, is_sealed
from frugalnet.commands.package.contents import listed
from frugalnet.commands.package.crate import METADATA, missing_names
from frugalnet.commands.package.packing import MANIFEST, TAG_MANIFEST
from frugalnet.commands.package.records import Place, bad_archives, bad_records
from frugalnet.errors import FrugalNetError

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What reading a zip with changed bytes raises."""
LINE = re.compile(r"([0-9a-f]{64})  (.+)")
EXPECTED = "expected an archive that `frugalnet package` wrote, or its folder, unpacked"


def verify(archive: Path) -> str:
    """Return what a package holds, all of it checked; raises FrugalNetError that names each file that is not as it was packed."""
    if archive.is_dir():
        names = sorted(path.relative_to(archive).as_posix() for path in archive.rglob("*") if not path.is_dir())
        return _verify(archive, archive, names)
    if not archive.is_file():
        raise FrugalNetError(f"{archive}: no such file or folder; {EXPECTED}")
    try:
        with zipfile.ZipFile(archive) as opened:
            entries, end = opened.infolist(), opened.start_dir
            told = _verify(archive, zipfile.Path(opened), [entry.filename for entry in entries])
    except BROKEN as error:
        raise FrugalNetError(f"{archive}: not a whole zip ({error}); {EXPECTED}") from None
    if changed := changed_entries(archive, entries, end):
        raise FrugalNetError(f"{archive}: not as it was packed:{listed([f'{name}: changed' for name in changed])}")
    if not is_sealed(archive):
        raise FrugalNetError(
            f"{archive}: its files are whole, but the archive around them is not the one that was written: changed, or packed "
            "anew; to check the files alone, unpack it and verify the folder"
        )
    return told


def _verify(archive: Path, root: Place, names: list[str]) -> str:
    unsafe = [name for name in names if not _is_safe(name)]
    twice = [name for name, number in Counter(names).items() if number > 1]
    if unsafe or twice:
        raise FrugalNetError(
            f"{archive}: do not unpack it: names that are no file inside of its folder, or are there twice:"
            f"{listed([repr(name) for name in unsafe + twice])}"
        )
    expected = _manifest(archive, root, names)
    found = {name: _checksum(root, name) for name in names}
    bad = [f"{name}: missing" for name in expected if name not in found]
    bad += [f"{name}: changed" for name, checksum in expected.items() if name in found and found[name] != checksum]
    bad += [f"{name}: not in {MANIFEST}" for name in found if name not in {*expected, MANIFEST, TAG_MANIFEST}]
    bad += [] if bad else [*_bad_description(root, names), *bad_records(root, found), *bad_archives(root, names)]
    if bad:
        raise FrugalNetError(f"{archive}: not as it was packed:{listed(bad)}")
    size = (
        sum(root.joinpath(name).stat().st_size for name in names) if isinstance(root, Path) else archive.stat().st_size
    )
    description = _described(root)
    return (
        f"{archive}: whole: {len(names)} files, {size / 1e6:,.1f} MB, as they were packed\n"
        f"{description['name']}\n{description['description']}"
    )


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0])


def _manifest(archive: Path, root: Place, names: list[str]) -> dict[str, str]:
    """Return the expected checksums of the files; raises FrugalNetError where the list is missing or not the one that was packed."""
    for name in (MANIFEST, TAG_MANIFEST):
        if name not in names:
            raise FrugalNetError(f"{archive}: no package: it has no {name}; {EXPECTED}")
    listing = {}
    for name in (TAG_MANIFEST, MANIFEST):
        try:
            lines = root.joinpath(name).read_text(encoding="utf-8").splitlines()
        except BROKEN as error:
            raise FrugalNetError(f"{archive}: {name}: changed ({error})") from None
        matched = [LINE.fullmatch(line) for line in lines]
        if not all(matched):
            raise FrugalNetError(
                f"{archive}: {name}: changed (line {matched.index(None) + 1} is no checksum with a name)"
            )
        listing[name] = {match[2]: match[1] for match in matched if match}
    if listing[TAG_MANIFEST] != {MANIFEST: _checksum(root, MANIFEST)}:
        raise FrugalNetError(f"{archive}: {MANIFEST}: changed (or {TAG_MANIFEST} is, which has its checksum)")
    return listing[MANIFEST]


def _checksum(root: Place, name: str) -> str | None:
    """Return the checksum of a file; None where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with root.joinpath(name).open("rb") as stream:
            while piece := stream.read(CHUNK):
                digest.update(piece)
    except BROKEN:
        return None
    return digest.hexdigest()


def _described(root: Place) -> dict[str, Any]:
    content = json.loads(root.joinpath(METADATA).read_text(encoding="utf-8"))
    return next(entity for entity in content["@graph"] if entity["@id"] == "./")


def _bad_description(root: Place, names: list[str]) -> list[str]:
    """Return what is wrong with the RO-Crate, whose checksum fits: a package of another maker."""
    if METADATA not in names:
        return [f"{METADATA}: missing"]
    try:
        content = json.loads(root.joinpath(METADATA).read_text(encoding="utf-8"))
        return [f"{name}: missing, but in {METADATA}" for name in missing_names(content, names)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [f"{METADATA}: no RO-Crate ({error})"]
