"""The zip of a package: the same bytes for the same files, with checksums of its own bytes.

Checksums of contents do not cover every bit: some bits of compressed data and headers change nothing that is read. So
the comment of each entry has the checksum of the entry's bytes in the archive, and the comment of the archive, at its
end, has the checksum of all bytes before it.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

MARK = b"sha256:"
LENGTH = len(MARK) + 64
"""Length of the archive's comment, which is at its end: the checksum of all bytes before it."""
CHUNK = 2**20
LARGE = 2**30
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def is_safe(name: str) -> bool:
    """Tell whether a name in a package is that of a file inside its folder, on every system, and on one line."""
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts
    return bool(path.parts) and not outside and name.isprintable() and "\\" not in name and ":" not in path.parts[0]


@dataclass(frozen=True)
class Packed:
    """A file in the package."""

    size: int
    sha256: str


@dataclass
class Zip:
    """A zip that is being written, and what is in it so far."""

    archive: zipfile.ZipFile
    stream: BinaryIO
    """The file that the zip is written to, which is also readable."""
    packed: dict[str, Packed] = field(default_factory=dict)

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """Add the content of a stream without its date and rights, a piece at a time."""
        entry = zipfile.ZipInfo(name, LONG_AGO)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system, entry.external_attr = 3, 0o100644 << 16  # Unix, a file that its owner may write
        digest, length = hashlib.sha256(), 0
        with self.archive.open(entry, "w", force_zip64=size >= LARGE) as target:
            while piece := source.read(CHUNK):
                digest.update(piece)
                length += len(piece)
                target.write(piece)
        entry.comment = MARK + _digest(self.stream, entry.header_offset, self.stream.tell())
        self.packed[name] = Packed(length, digest.hexdigest())


def seal(stream: BinaryIO) -> None:
    """Write the checksum of a zip into its comment of `LENGTH` bytes."""
    end = stream.seek(0, 2) - LENGTH
    checksum = _digest(stream, 0, end)
    stream.seek(end)
    stream.write(MARK + checksum)


def is_sealed(path: Path) -> bool:
    """Tell whether a zip is, to the byte, the one that was sealed."""
    with path.open("rb") as stream:
        end = stream.seek(0, 2) - LENGTH
        if end < 0:
            return False
        checksum = _digest(stream, 0, end)
        return stream.read() == MARK + checksum


def changed_entries(path: Path, entries: Sequence[zipfile.ZipInfo], end: int) -> list[str]:
    """Return the names of the entries, all before `end`, whose bytes in a zip are not those that were written.

    A zip that was packed again by another program has no checksums of entries, and no names are returned.
    """
    ends = [*(entry.header_offset for entry in entries[1:]), end]
    with path.open("rb") as stream:
        return [
            entry.filename
            for entry, end in zip(entries, ends, strict=True)
            if len(entry.comment) == LENGTH and entry.comment != MARK + _digest(stream, entry.header_offset, end)
        ]


def _digest(stream: BinaryIO, begin: int, end: int) -> bytes:
    """Return the checksum of a part of a file, in hexadecimal, and leave the stream at the part's end."""
    digest = hashlib.sha256()
    stream.seek(begin)
    while (left := end - stream.tell()) > 0 and (piece := stream.read(min(CHUNK, left))):
        digest.update(piece)
    return digest.hexdigest().encode()
