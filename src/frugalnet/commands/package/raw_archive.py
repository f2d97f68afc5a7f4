"""All raw files of a study as one compressed file, in which what records have in common takes hardly any space.

It is a tar of regular files that any tar opens. Here it is read without trusting it: no links, no names outside of the
study, and no more than fits on a disk. Names begin with `raw/` or `failed/`; `light.txt` lists the runs of the tables.
"""

import hashlib
import io
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from frugalnet.commands.package.contents import Study, refuse_damaged, runs_of_tables
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths

PRESET = 6 | lzma.PRESET_EXTREME
MEMORY = 128 * 2**20
"""Most bytes of memory for reading: five times what the preset needs."""
LARGEST, MOST = 64 * 2**20, 2**30
"""Most bytes of one file in the archive, and of all files together."""
CHUNK = 2**16
BLOCK = tarfile.BLOCKSIZE


def write(study: Study, path: Path) -> None:
    """Write the records of a study, without the heavy files; equal records give equal bytes.

    Raises FrugalNetError for files that are not as their record says.
    """
    records = study.records | study.failed
    light = [
        file.with_name(name) for file, record in records.items() for name in record.files if name not in paths.HEAVY
    ]
    files = [file for file in [*records, *light] if file.is_file() and not file.is_symlink()]
    names = {file: file.relative_to(study.folder).as_posix() for file in files}
    checksums = {}
    with (
        lzma.open(path, "wb", preset=PRESET) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        _add(archive, paths.LIGHT, "".join(f"{run}\n" for run in runs_of_tables(study)).encode())
        for file in sorted(names, key=lambda file: (file.name, names[file])):  # files of one kind have most in common
            content = file.read_bytes()
            checksums[file] = hashlib.sha256(content).hexdigest()
            _add(archive, names[file], content)
    refuse_damaged(records, checksums, paths.HEAVY)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def unpack(packed: IO[bytes], name: str, study: Path) -> None:
    """Put the files of an archive into the folder of a study that has none of them yet.

    `name` is that of the archive, for messages. Raises FrugalNetError for what `write` does not write.
    """
    for file, content in _members(packed, name):
        path = study / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as stream:
                stream.write(content)
        except (FileExistsError, NotADirectoryError):
            raise FrugalNetError(f"{name}: do not unpack it: {file} is there twice") from None


def _members(packed: IO[bytes], name: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file."""
    stream = _Bounded(packed)
    try:
        while (header := stream.read(BLOCK)).strip(b"\0"):
            entry = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
            if wrong := _wrong(entry):
                raise FrugalNetError(f"{name}: do not unpack it: {entry.name!r} {wrong}")
            content = stream.read(entry.size)
            stream.read(-entry.size % BLOCK)
            yield entry.name, content
        stream.end()
    except (lzma.LZMAError, EOFError, tarfile.TarError, ValueError) as error:
        raise FrugalNetError(
            f"{name}: not as `frugalnet package --light` writes it: {error or type(error).__name__}"
        ) from None


def _wrong(entry: tarfile.TarInfo) -> str | None:
    """Return in words why a file is refused; None where it is not."""
    path = PurePosixPath(entry.name)
    if entry.type != tarfile.REGTYPE:
        return "is a link, or no file"
    if (
        "\\" in entry.name
        or ".." in path.parts
        or not (path.parts[:1] in ((paths.RAW,), (paths.FAILED,)) or entry.name == paths.LIGHT)
    ):
        return "is no raw file of a study"
    return None if 0 <= entry.size <= LARGEST else f"is larger than {LARGEST} bytes"


class _Bounded:
    """A decompressed stream that is read only as far as asked for, and never beyond `MOST`."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
        self._left = MOST

    def read(self, length: int) -> bytes:
        """Return the next bytes; raises EOFError where there are too few, ValueError where all together are too many."""
        self._left -= length
        if self._left < 0:
            raise ValueError(f"more than {MOST} bytes")
        found = bytearray()
        while len(found) < length:
            if self._xz.eof:
                raise EOFError("it ends too early")
            found += self._next(length - len(found))
        return bytes(found)

    def _next(self, length: int) -> bytes:
        given = self._packed.read(CHUNK) if self._xz.needs_input else b""
        if self._xz.needs_input and not given:
            raise EOFError("it ends too early")
        return self._xz.decompress(given, length)

    def end(self) -> None:
        """Raise ValueError for anything but zeros in what is left."""
        while not self._xz.eof:
            rest = self._next(CHUNK)
            self._left -= len(rest)
            if rest.strip(b"\0") or self._left < 0:
                raise ValueError("more after its end")
        if self._xz.unused_data or self._packed.read(1):
            raise ValueError("more after its end")
